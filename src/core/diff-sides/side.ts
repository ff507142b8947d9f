import type { DumpEntry } from "../backup/dump-entries.ts";
import { type Facts, keyOf, type ObjectFacts, type ObjectKey, type SchemaObject } from "../catalog/schema-object.ts";
import { withGrantors } from "./grants.ts";
import { NAME, plainName, QUALIFIED_NAME, splitName } from "./names.ts";

/** The newest major version of PostgreSQL that is supported. */
export const NEWEST_MAJOR = 18;

/** One of the two schemas that are compared, as pg_dump writes it and as the model describes it. */
export interface SchemaSide {
  /** The entries of pg_dump's text by their keys, in the order of the text. */
  readonly entries: ReadonlyMap<string, SideEntry>;
  /** The objects of the model by kind and name. */
  readonly objects: ReadonlyMap<string, SideObject>;
  /** Relations by name, with their kind in the model's words. */
  readonly relations: ReadonlyMap<string, string>;
  /** The major version of the server that it is for, or on. */
  readonly major: number;
  /** The role that the schema was read as. */
  readonly login: string;
}

/** An object of the model, and the name of the object that it is dropped with if that is known. */
export type SideObject = ObjectFacts & Partial<Pick<SchemaObject, "within">>;

export interface SideEntry extends IdentifiedEntry {
  readonly key: string;
  /** The place in the text. */
  readonly order: number;
}

export interface IdentifiedEntry extends DumpEntry {
  /** The object as SQL, as DROP accepts it; absent for entries that belong to another object. */
  readonly identity: string | undefined;
  /** The kind of the object in PostgreSQL's words: "table constraint". */
  readonly kind: string | undefined;
  /** The relation that the object is a part of, as SQL. */
  readonly within: string | undefined;
}

/** What the server says of the object of an entry. */
export interface EntryObject {
  readonly kind: string;
  readonly identity: string;
  readonly within: string | undefined;
}

const RELATIONS: ReadonlySet<string> = new Set([
  "table",
  "view",
  "materialized view",
  "sequence",
  "foreign table",
  "composite type",
]);

/** Returns what the server says of a row of a catalog; undefined if nothing is known. */
export type ObjectOf = (catalog: string, oid: string) => EntryObject | undefined;

export function schemaSide(
  dumped: readonly DumpEntry[],
  objectOf: ObjectOf,
  objects: readonly SideObject[],
  login: string,
): SchemaSide {
  const entries = new Map<string, SideEntry>();
  for (const [order, entry] of withoutPlaceholders(dumped).entries()) {
    if (entry.type === "SET") continue;
    const found = identified({ ...entry, statements: withGrantors(entry.statements) }, objectOf);
    const key = unusedKey(entries, keyOfEntry(entry, found.identity));
    entries.set(key, { ...found, key, order });
  }
  const byKey = new Map(objects.map((object) => [keyOf(object), object]));
  return { entries, objects: byKey, relations: relationsIn(objects), major: NEWEST_MAJOR, login };
}

export function identified(entry: DumpEntry, objectOf: ObjectOf): IdentifiedEntry {
  const object = entry.catalog === "0" ? userMapping(entry) : objectOf(entry.catalog, entry.oid);
  return { ...entry, identity: object?.identity, kind: object?.kind, within: object?.within ?? withinOf(entry) };
}

const USER_MAPPING = new RegExp(`^CREATE USER MAPPING FOR (${NAME}) SERVER (${NAME})`);

/** Of a user mapping pg_dump does not say which row of the catalog it is. */
function userMapping({ type, statements: [statement = ""] }: DumpEntry): EntryObject | undefined {
  const [, user, server] = type === "USER MAPPING" ? (USER_MAPPING.exec(statement) ?? []) : [];
  if (user === undefined) return undefined;
  return { kind: "user mapping", identity: `${user} on server ${server}`, within: undefined };
}

/** The relations among these objects, by name. */
export function relationsIn(objects: Iterable<ObjectKey>): Map<string, string> {
  return new Map([...objects].flatMap(({ kind, name }) => (RELATIONS.has(kind) ? [[name, kind] as const] : [])));
}

const VIEW_QUERY = new RegExp(`^CREATE OR REPLACE (VIEW ${QUALIFIED_NAME} )`);

/**
 * pg_dump creates a view that needs a primary key in two steps: with a query of NULLs, and after the key with its own.
 * Here the view has its own query at once.
 */
function withoutPlaceholders(dumped: readonly DumpEntry[]): DumpEntry[] {
  const queries = new Map<string, readonly string[]>();
  for (const { type, statements } of dumped) {
    const [, view] = type === "RULE" ? (VIEW_QUERY.exec(statements[0] ?? "") ?? []) : [];
    if (view !== undefined) queries.set(view, [(statements[0] ?? "").replace("CREATE OR REPLACE ", "CREATE ")]);
  }
  if (queries.size === 0) return [...dumped];
  return dumped.flatMap((entry) => {
    const { type, statements } = entry;
    if (type === "RULE" && VIEW_QUERY.test(statements[0] ?? "")) return [];
    const [view] = type === "VIEW" ? (PLACEHOLDER.exec(statements[0] ?? "") ?? []).slice(1) : [];
    const query = view === undefined ? undefined : queries.get(view);
    return [query ? { ...entry, statements: query } : entry];
  });
}

const PLACEHOLDER = new RegExp(`^CREATE (VIEW ${QUALIFIED_NAME} )`);

function unusedKey(entries: ReadonlyMap<string, SideEntry>, key: string): string {
  let [unused, number] = [key, 1];
  while (entries.has(unused)) unused = `${key} (${++number})`;
  return unused;
}

function keyOfEntry({ type, schema, name, statements }: DumpEntry, identity: string | undefined): string {
  if (identity !== undefined) return `${type} ${identity}`;
  if (type === "COMMENT") return `COMMENT ${commented(statements[0] ?? "")}`;
  return `${type} ${schema}.${name}`;
}

/** "TABLE public.t" in COMMENT ON TABLE public.t IS 'text' */
export function commented(statement: string): string {
  const [, object = statement] = /^COMMENT ON ((?:"[^"]*"|[^"'])*?) IS (?:'|NULL)/s.exec(statement) ?? [];
  return object;
}

const ATTACH = new RegExp(`^ALTER TABLE ONLY ${QUALIFIED_NAME} ATTACH PARTITION (${QUALIFIED_NAME}) `);
const SECURITY = new RegExp(`^ALTER TABLE (${QUALIFIED_NAME}) ENABLE ROW`);
const OWNED = new RegExp(`^ALTER SEQUENCE (${QUALIFIED_NAME}) OWNED BY`);

/** The relation that an entry without an object of its own belongs to. */
function withinOf({ type, statements: [statement = ""] }: DumpEntry): string | undefined {
  if (type === "TABLE ATTACH") return ATTACH.exec(statement)?.[1];
  if (type === "ROW SECURITY") return SECURITY.exec(statement)?.[1];
  return type === "SEQUENCE OWNED BY" ? OWNED.exec(statement)?.[1] : undefined;
}

/** The sequence of an identity column, which pg_dump writes as a change of its table. */
export function isIdentity({ type, statements: [statement = ""] }: DumpEntry): boolean {
  return type === "SEQUENCE" && statement.startsWith("ALTER TABLE ");
}

/** The sequence of an identity column, as SQL. */
export function identitySequence({ entries }: SchemaSide, table: string, column: string): string | undefined {
  const of = [...entries.values()].find(
    (one) =>
      one.within === table && isIdentity(one) && (one.statements[0] ?? "").includes(` ALTER COLUMN ${column} ADD `),
  );
  return of?.identity;
}

/** The constraint, index, trigger, rule or policy of an entry, as the model names it. */
export function partOf({ type, within, name, identity }: IdentifiedEntry): ObjectKey {
  if (type === "INDEX") return { kind: "index", name: `${within}.${plainName(identity ?? name)}` };
  const plain = identity?.slice(0, identity.length - ` on ${within}`.length) ?? name;
  return { kind: type.endsWith("CONSTRAINT") ? "constraint" : type.toLowerCase(), name: `${within}.${plain}` };
}

/** The facts of an object; undefined if there is none. */
export function factsOf({ objects }: SchemaSide, kind: string, name: string): Facts | undefined {
  return objects.get(`${kind} ${name}`)?.facts;
}

/** The objects of one kind that are parts of a relation, by their plain names. */
export function partsOf({ objects }: SchemaSide, kind: string): Map<string, Map<string, Facts>> {
  const parts = new Map<string, Map<string, Facts>>();
  for (const object of objects.values()) {
    if (object.kind !== kind) continue;
    const [relation, name] = splitName(object.name);
    const of = parts.get(relation) ?? new Map<string, Facts>();
    parts.set(relation, of.set(name, object.facts));
  }
  return parts;
}

/** True if both schemas have a relation of this name and kind. */
export function isCommon(from: SchemaSide, to: SchemaSide, relation: string | undefined): relation is string {
  if (relation === undefined) return false;
  const kind = from.relations.get(relation);
  return kind !== undefined && kind === to.relations.get(relation);
}

const COLUMN = new RegExp(`^(?: {4}|\\t)(${NAME}) `);
/** The name of a NOT NULL constraint; undefined for one that PostgreSQL gave. */
export function chosenName(name: string | undefined): string | undefined {
  return name === undefined || /_not_null\d*"?$/.test(name) ? undefined : name;
}

const NOT_NULL_NAME = new RegExp(` CONSTRAINT (${NAME}) NOT NULL`);

/**
 * The columns of a table, or the fields of a composite type, in their order, each with the name of its NOT NULL constraint if
 * that is not the usual one.
 */
export function columnsInOrder(side: SchemaSide, name: string): Map<string, string | undefined> {
  const entry = side.entries.get(`TABLE ${name}`) ?? side.entries.get(`TYPE ${name}`);
  const [create = ""] = entry?.statements ?? [];
  const columns = new Map<string, string | undefined>();
  for (const line of create.split("\n")) {
    const [, column] = COLUMN.exec(line) ?? [];
    if (column !== undefined && column !== "CONSTRAINT") columns.set(column, NOT_NULL_NAME.exec(line)?.[1]);
  }
  return columns;
}
