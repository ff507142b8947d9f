import { type DumpEntry, dumpEntries, localSettings } from "../../core/backup/dump-entries.ts";
import { dispensable, sectionText } from "../../core/backup/schema-statements.ts";
import type { SchemaDump, SchemaDumpRequest, SchemaSection } from "../../ports/schema-dump.ts";
import type { Session } from "../../ports/session.ts";
import {
  block,
  CLASS,
  inString,
  type ObjectStatements,
  unlessGone,
  unlessThere,
} from "../catalog/table-dependents-sql.ts";
import { tableObjectQueries } from "../catalog/table-objects-sql.ts";
import { FIRST_USER_OID } from "../catalog/user-objects.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { TableInScope } from "./scope.ts";
import { readAlike } from "./snapshot.ts";

/** The SQL before and after the rows of a backup. */
export interface SchemaParts {
  readonly before: string;
  readonly after: string;
  /** The oids of the sequences that only move forward, and of those that get the value of the backup. */
  readonly sequences: { readonly forward: readonly string[]; readonly exact: readonly string[] };
}

type Sections = Record<"before" | "after", string>;

/** The whole schema, for an empty database. */
export async function wholeSchema(context: DatabaseContext, session: Session, dump: SchemaDump): Promise<SchemaParts> {
  const texts = await sections(context, session, dump, {});
  const { allFilledViews } = tableObjectQueries([]);
  const views = await session.query(allFilledViews);
  const sequences = await session.query(`SELECT c.oid::text AS oid FROM pg_catalog.pg_class c
 WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND c.oid >= ${FIRST_USER_OID}
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = ${CLASS("pg_class")} AND d.objid = c.oid AND d.deptype = 'e')`);
  return {
    before: sectionText(texts.before),
    after: sectionText(texts.after) + lines(views.map(({ name }) => `REFRESH MATERIALIZED VIEW ${name};`)),
    sequences: { exact: sequences.map(({ oid }) => String(oid)), forward: [] },
  };
}

/**
 * What replaces these tables in a database that has everything else: removes them and what depends on them, creates
 * what they need if it is missing, then the tables with their parts, and what depends on them as far as that is
 * possible.
 */
export async function schemaOfTables(
  context: DatabaseContext,
  session: Session,
  dump: SchemaDump,
  tables: readonly TableInScope[],
): Promise<SchemaParts> {
  const queries = tableObjectQueries(tables.map(({ oid }) => oid));
  const objects = (await session.query(queries.objects)).map((row) => row as unknown as ObjectRow);
  const others = await session.query(queries.otherRelations);
  const except = others.map(({ schema, name }) => ({ schema: String(schema), name: String(name) }));
  const removals: string[] = [];
  for (const query of queries.removals) removals.push(...(await statements(session, query)));
  const foreignKeys = (await session.query(queries.foreignKeys)).map(({ sql, name }) =>
    block(unlessGone(String(name), { made: String(sql), dispensable: [] })),
  );
  const views = (await session.query(queries.filledViews)).map(({ name }) =>
    block(
      `BEGIN IF pg_catalog.to_regclass(${inString(String(name))}) IS NOT NULL THEN REFRESH MATERIALIZED VIEW ${name}; END IF; END`,
    ),
  );
  const texts = await sections(context, session, dump, { except, identified: true });
  const choice = new Choice(objects);
  const before = choice.statements(dumpEntries(texts.before));
  const after = choice.statements(dumpEntries(texts.after));
  const sequences = objects.filter(({ kind }) => kind === "S");
  return {
    before: lines([...removals, ...before]),
    after: lines([...after, ...foreignKeys, ...views]),
    sequences: {
      exact: sequences.filter(({ role }) => role === "table").map(({ oid }) => oid),
      // Others may have taken values since: never set such a sequence back.
      forward: sequences.filter(({ role }) => role === "needed").map(({ oid }) => oid),
    },
  };
}

async function statements(session: Session, query: string): Promise<string[]> {
  return (await session.query(query)).map(({ sql }) => String(sql));
}

function lines(all: readonly string[]): string {
  return all.map((one) => `${one}\n`).join("");
}

async function sections(
  { settings, signal }: DatabaseContext,
  session: Session,
  dump: SchemaDump,
  request: Pick<SchemaDumpRequest, "except" | "identified">,
): Promise<Sections> {
  const write = (section: SchemaSection) => {
    const common = { owners: true, privileges: true, lockTimeoutMs: settings.lockTimeoutMs };
    return dump.write(session, { ...common, ...request, section }, signal);
  };
  const texts = { before: await write("pre-data"), after: await write("post-data") };
  await readAlike(session);
  return texts;
}

/** Of a table in the backup, of a view or function that depends on one, or of something that these need. */
type Role = "table" | "dependent" | "needed";

interface ObjectRow {
  readonly role: Role;
  readonly class: string;
  readonly oid: string;
  /** The names of a relation. */
  readonly schema: string | null;
  readonly name: string | null;
  readonly kind: string | null;
}

/** The entries of pg_dump that belong to a backup of some tables. */
class Choice {
  readonly #roles: ReadonlyMap<string, Role>;
  /** Relations and indexes of the tables, by name. */
  readonly #attached: ReadonlySet<string>;
  readonly #tables: ReadonlySet<string>;

  constructor(objects: readonly ObjectRow[]) {
    this.#roles = new Map(objects.map((one) => [`${one.class} ${one.oid}`, one.role]));
    const own = objects.filter(({ role, name }) => role === "table" && name !== null);
    this.#attached = new Set(own.map(({ schema, name }) => `${schema}.${name}`));
    this.#tables = new Set(own.map(({ oid }) => oid));
  }

  /** The statements of the chosen entries; what may exist already, or may lack something, is in a block. */
  statements(entries: readonly DumpEntry[]): string[] {
    const belonging = new Map<number, string[]>();
    for (const { needs, statements } of entries.filter(isAbout)) {
      for (const id of needs.slice(0, 1)) belonging.set(id, [...(belonging.get(id) ?? []), ...statements]);
    }
    const known = new Set(entries.map(({ id }) => id));
    return entries.flatMap((entry) => {
      if (entry.type === "SET") return entry.statements.map(localSettings);
      if (isAbout(entry) && entry.needs.some((id) => known.has(id))) return [];
      const role = this.#roleOf(entry);
      if (!role) return [];
      const all = [...entry.statements, ...(belonging.get(entry.id) ?? [])];
      const mayLack = role === "dependent" || LACKING.includes(entry.type);
      if (mayLack) return [block(unlessGone(`${entry.schema}.${entry.name}`, divided(all)))];
      return role === "needed" ? [block(unlessThere(divided(all)))] : all;
    });
  }

  #roleOf({ catalog, oid, type, schema, name }: DumpEntry): Role | undefined {
    if (type.endsWith(" ATTACH")) return this.#attached.has(`${schema}.${name}`) ? "table" : undefined;
    if (catalog === "0") return this.#tables.has(oid) ? "table" : undefined;
    return this.#roles.get(`${catalog} ${oid}`);
  }
}

function divided(all: readonly string[]): ObjectStatements {
  const made: string[] = [];
  const others: { setting: string; sql: string }[] = [];
  for (const sql of all) {
    const kind = dispensable(sql);
    if (kind === undefined) made.push(sql);
    else others.push({ setting: `pgstep.${kind}s`, sql });
  }
  return { made: made.join("\n"), dispensable: others };
}

/** Entries of tables that need something outside of the backup, which may be missing when it is restored. */
const LACKING = ["FK CONSTRAINT", "PUBLICATION TABLE"];

/** True for an entry about the object of another entry: its comment, its privileges, the owner of a sequence. */
function isAbout({ catalog, oid, needs }: DumpEntry): boolean {
  return catalog === "0" && oid === "0" && needs.length > 0;
}
