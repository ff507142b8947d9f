import { keyOf } from "../catalog/schema-object.ts";
import { comparable } from "../diff-sides/comparison.ts";
import { isReferenced, parentsOf } from "../diff-sides/heirs.ts";
import { factsOf, isCommon, isIdentity, partOf, type SchemaSide, type SideEntry } from "../diff-sides/side.ts";
import { type Action, PHASE, relationTarget, typeTarget } from "./action.ts";
import { dropSql } from "./drops.ts";
import { type NewTable, newTable } from "./new-tables.ts";
import { otherGrants } from "./privileges.ts";
import { withoutEnd } from "./tables.ts";
import { isReplaced, recollated } from "./types.ts";

/** When entries of pg_dump are created; all others with the routines. */
const CREATED: Readonly<Record<string, number>> = {
  SCHEMA: PHASE.schema,
  EXTENSION: PHASE.extension,
  "PROCEDURAL LANGUAGE": PHASE.language,
  "ACCESS METHOD": PHASE.language,
  COLLATION: PHASE.language,
  "SHELL TYPE": PHASE.type,
  TYPE: PHASE.type,
  DOMAIN: PHASE.type,
  SEQUENCE: PHASE.sequence,
  TABLE: PHASE.table,
  "FOREIGN TABLE": PHASE.table,
  "SEQUENCE OWNED BY": PHASE.owned,
  DEFAULT: PHASE.setDefault,
  CONSTRAINT: PHASE.key,
  "CHECK CONSTRAINT": PHASE.check,
  INDEX: PHASE.index,
  "TABLE ATTACH": PHASE.attach,
  "INDEX ATTACH": PHASE.attachIndex,
  VIEW: PHASE.view,
  "MATERIALIZED VIEW": PHASE.view,
  STATISTICS: PHASE.view,
  "FK CONSTRAINT": PHASE.foreignKey,
  TRIGGER: PHASE.trigger,
  RULE: PHASE.trigger,
  "ROW SECURITY": PHASE.rowSecurity,
  POLICY: PHASE.policy,
  PUBLICATION: PHASE.publication,
  "PUBLICATION TABLE": PHASE.publication,
  "PUBLICATION TABLES IN SCHEMA": PHASE.publication,
  COMMENT: PHASE.comment,
  "EVENT TRIGGER": PHASE.eventTrigger,
};

const DROPPED: Readonly<Record<string, number>> = {
  VIEW: PHASE.dropView,
  "MATERIALIZED VIEW": PHASE.dropView,
  INDEX: PHASE.dropConstraint,
  STATISTICS: PHASE.dropConstraint,
  PUBLICATION: PHASE.dropPart,
  "PUBLICATION TABLE": PHASE.dropPart,
  "PUBLICATION TABLES IN SCHEMA": PHASE.dropPart,
  "EVENT TRIGGER": PHASE.dropPart,
  TABLE: PHASE.dropTable,
  "FOREIGN TABLE": PHASE.dropTable,
  FUNCTION: PHASE.dropRoutine,
  PROCEDURE: PHASE.dropRoutine,
  AGGREGATE: PHASE.dropRoutine,
  SEQUENCE: PHASE.dropSequence,
  TYPE: PHASE.dropType,
  DOMAIN: PHASE.dropType,
  "SHELL TYPE": PHASE.dropType,
  EXTENSION: PHASE.dropExtension,
  SCHEMA: PHASE.dropSchema,
};

/** Parts of relations that the facts of the model change where both schemas have the relation. */
const BY_FACTS: ReadonlySet<string> = new Set([
  "DEFAULT",
  "CONSTRAINT",
  "CHECK CONSTRAINT",
  "FK CONSTRAINT",
  "INDEX",
  "TRIGGER",
  "RULE",
  "POLICY",
  "ROW SECURITY",
  "TABLE ATTACH",
]);
const NEVER: ReadonlySet<string> = new Set(["ACL", "DEFAULT ACL"]);
/** Changed in place, by the facts of the model. */
const ALTERED: ReadonlySet<string> = new Set(["TABLE", "SEQUENCE", "SEQUENCE OWNED BY", "SCHEMA"]);

export interface Comparison {
  readonly from: SchemaSide;
  readonly to: SchemaSide;
  /** True after a first round: then what the facts have not brought about is taken from pg_dump's text. */
  readonly isAgain: boolean;
  /** True after a second round: then privileges are taken from pg_dump's text as well. */
  readonly isLate?: boolean;
  /** True if all statements are for one transaction. */
  readonly isOneTransaction?: boolean;
}

/** What creates, replaces and deletes whole objects. */
export function entryActions(comparison: Comparison): Action[] {
  const { from, to } = comparison;
  const actions: Action[] = comparison.isLate ? otherGrants(from, to) : [];
  const tables = newTables(comparison);
  const covered = new Set(tables.flatMap(({ covers }) => [...covers]));
  actions.push(...tables.map(({ action }) => action));
  for (const entry of to.entries.values()) {
    const before = from.entries.get(entry.key);
    if (NEVER.has(entry.type) || (!before && covered.has(entry.key))) continue;
    if (!before) actions.push(...created(comparison, entry));
    else if (comparable(before) !== comparable(entry)) actions.push(...changed(comparison, before, entry));
  }
  for (const entry of from.entries.values()) {
    if (!to.entries.has(entry.key) && !NEVER.has(entry.type)) actions.push(...dropped(comparison, entry));
  }
  return actions;
}

/** The tables that only the second schema has, as a person would create them. */
function newTables({ from, to, isAgain }: Comparison): NewTable[] {
  if (isAgain) return [];
  return [...to.entries.values()].flatMap((entry) => {
    const isNew = entry.type === "TABLE" && !from.entries.has(entry.key) && !from.relations.has(entry.identity ?? "");
    const table = isNew ? newTable(to, entry) : undefined;
    return table ? [{ ...table, covers: new Set([...table.covers, entry.key]) }] : [];
  });
}

function isByFacts({ from, to, isAgain }: Comparison, entry: SideEntry): boolean {
  if (isIdentity(entry)) return isCommon(from, to, entry.within);
  if (entry.type === "SEQUENCE OWNED BY") return isCommon(from, to, entry.within);
  if (!BY_FACTS.has(entry.type) || !isCommon(from, to, entry.within)) return false;
  if (entry.type === "DEFAULT" && to.relations.get(entry.within) !== "table") return false;
  // The model leaves out what a partition has from its parent.
  const isKnown =
    !isAgain || entry.type === "DEFAULT" || entry.type === "ROW SECURITY" || entry.type === "TABLE ATTACH";
  return isKnown || [from, to].some(({ objects }) => objects.has(keyOf(partOf(entry))));
}

function created(comparison: Comparison, entry: SideEntry): Action[] {
  const { from, to, isAgain } = comparison;
  const { type, statements, order, within } = entry;
  if (isReplacedType(comparison, entry)) return [];
  if (isByFacts(comparison, entry)) return [];
  if (type === "INDEX ATTACH" && !isAgain && !hasNewParent(comparison, entry)) return [];
  if (type === "COMMENT" && !isAgain && entry.key.startsWith("COMMENT EXTENSION ")) {
    // CREATE EXTENSION has the comment.
    const extension = entry.key.slice("COMMENT ".length);
    if (!from.entries.has(extension) && to.entries.has(extension)) return [];
  }
  const phase = isIdentity(entry) ? PHASE.table + 1 : (CREATED[type] ?? PHASE.routine);
  const isOfNew = within !== undefined && !isCommon(from, to, within);
  return statements.map((sql, index) => ({
    sql: createSql(type, sql),
    phase,
    order: order + index / 1000 + (isOfNew ? 0 : 0.5),
  }));
}

const NO_DATA = "WITH NO DATA";

function createSql(type: string, sql: string): string {
  const statement = withoutEnd(sql);
  if (type === "EXTENSION") return statement.replace("CREATE EXTENSION IF NOT EXISTS ", "CREATE EXTENSION ");
  // pg_dump fills it later.
  if (type === "MATERIALIZED VIEW" && statement.endsWith(NO_DATA)) return statement.slice(0, -NO_DATA.length).trimEnd();
  return statement;
}

function isReplacedType({ from, to }: Comparison, { type, identity }: SideEntry): boolean {
  return (type === "TYPE" || type === "DOMAIN") && identity !== undefined && isReplaced(from, to, identity);
}

const PARENT_INDEX = /^ALTER INDEX (\S+) ATTACH/;

/** True if the index of the parent is new with the parent: other ones have their partitions already. */
function hasNewParent({ from, to }: Comparison, { statements: [statement = ""] }: SideEntry): boolean {
  const [, index = ""] = PARENT_INDEX.exec(statement) ?? [];
  const of = [...to.entries.values()].find(
    ({ type, identity, within, schema, name }) =>
      (type === "INDEX" && identity === index) ||
      (type === "CONSTRAINT" && index === `${schema}.${name.slice(name.lastIndexOf(" ") + 1)}` && within !== undefined),
  );
  return of?.within !== undefined && !isCommon(from, to, of.within);
}

function changed(comparison: Comparison, before: SideEntry, after: SideEntry): Action[] {
  const { type, statements, order } = after;
  const { from, to } = comparison;
  if (type === "SEQUENCE" && isIdentity(before) !== isIdentity(after)) {
    // The name is taken until the former sequence is gone.
    if (isIdentity(before)) return statements.map((sql) => ({ sql: withoutEnd(sql), phase: PHASE.sequence, order }));
    return dropOf(before).map((one) => ({ ...one, phase: PHASE.dropDefault, order: 1 }));
  }
  if (ALTERED.has(type) || isIdentity(after) || isByFacts(comparison, after)) return [];
  const isAltered = ["enum", "domain", "composite type"].some((kind) =>
    [from, to].every(({ objects }) => objects.has(`${kind} ${after.identity}`)),
  );
  if (isAltered || isReplacedType(comparison, after)) return [];
  const phase = CREATED[type] ?? PHASE.routine;
  const create: Action[] = statements.map((sql, index) => ({
    sql: createSql(type, sql),
    phase,
    order: order + index / 1000,
  }));
  if (type === "COMMENT") return create;
  const set = type === "PUBLICATION" ? publicationOptions(before, after) : undefined;
  if (set !== undefined) return [{ sql: `ALTER PUBLICATION ${after.identity} SET (${set})`, phase, order }];
  if (type === "EXTENSION")
    return [
      {
        sql: `ALTER EXTENSION ${after.identity} SET SCHEMA ${statements[0]?.split(" WITH SCHEMA ").at(-1)?.slice(0, -1)}`,
        phase,
        order,
      },
    ];
  const drop = dropOf(before).map((one) => {
    const [old] = one.targets ?? [];
    const isUsed = type === "COLLATION" && old && after.identity !== undefined;
    return isUsed ? { ...one, otherwise: [recollated(from, to, after.identity, old)] } : one;
  });
  const again = [...drop.map((one) => ({ ...one, phase: Math.min(one.phase, phase) })), ...create];
  const replace = replaced(type, create);
  if (!replace) return again;
  return replace.map((one, index) => (index === 0 ? { ...one, otherwise: [again] } : one));
}

const WITH = " WITH (";
/** The options that pg_dump leaves out otherwise. */
const USUAL = { publish_via_partition_root: "false", publish_generated_columns: "none" };

/** The options of a publication: its subscribers would lose another one. Undefined if more is different. */
function publicationOptions({ statements: [before = ""] }: SideEntry, { statements: [after = ""] }: SideEntry) {
  const [start, newStart] = [before.lastIndexOf(WITH), after.lastIndexOf(WITH)];
  if (start === -1 || before.slice(0, start) !== after.slice(0, newStart)) return undefined;
  const [old, now] = [before.slice(start + WITH.length, -2), after.slice(newStart + WITH.length, -2)];
  const back = Object.entries(USUAL).filter(([name]) => old.includes(`${name} =`) && !now.includes(`${name} =`));
  return [now, ...back.map(([name, value]) => `${name} = ${value}`)].join(", ");
}

const REPLACEABLE = /^CREATE (FUNCTION|PROCEDURE|AGGREGATE|VIEW|LANGUAGE|TRUSTED LANGUAGE) /;

/** The statements that change an object without dropping it; undefined if there are none. */
function replaced(type: string, create: readonly Action[]): Action[] | undefined {
  if (!["FUNCTION", "PROCEDURE", "AGGREGATE", "VIEW"].includes(type)) return undefined;
  return create.map((one) => ({ ...one, sql: one.sql.replace(REPLACEABLE, "CREATE OR REPLACE $1 ") }));
}

function dropped(comparison: Comparison, entry: SideEntry): Action[] {
  const { from, to } = comparison;
  const { type, within, key, order } = entry;
  if (isByFacts(comparison, entry) || type === "INDEX ATTACH" || isReplacedType(comparison, entry)) return [];
  if (type === "COMMENT") {
    const object = key.slice("COMMENT ".length);
    // A new database has this comment.
    const text = object === "SCHEMA public" ? "'standard public schema'" : "NULL";
    return [{ sql: `COMMENT ON ${object} IS ${text}`, phase: PHASE.uncomment, order }];
  }
  if (isIdentity(entry) || type === "SEQUENCE OWNED BY" || type === "ROW SECURITY") return [];
  // It goes with its relation.
  if (within !== undefined && !to.relations.has(within)) return [];
  if (within !== undefined && !isCommon(from, to, within)) return [];
  // A type and its own functions need each other. CASCADE would drop columns too, with their values.
  const isFree = from.objects.has(`type ${entry.identity}`) && !isTypeOfKept(comparison, entry.identity ?? "");
  const drops = dropOf(entry).map((drop) =>
    isFree ? { ...drop, otherwise: [[{ ...drop, sql: `${drop.sql} CASCADE` }]] } : drop,
  );
  return [...detached(comparison, entry), ...drops];
}

/** A partition of a table that foreign keys refer to cannot be dropped before it is detached. */
function detached({ from, to }: Comparison, { type, identity, order }: SideEntry): Action[] {
  if (type !== "TABLE" || identity === undefined || factsOf(from, "table", identity)?.bound === undefined) return [];
  const [parent] = parentsOf(from, identity);
  if (!isCommon(from, to, parent) || !isReferenced(from, parent)) return [];
  return [{ sql: `ALTER TABLE ${parent} DETACH PARTITION ${identity}`, phase: PHASE.detach, order: -order }];
}

/** True if a domain, or a column that both schemas have, is of a type. */
function isTypeOfKept({ from, to }: Comparison, type: string): boolean {
  return [...from.objects].some(
    ([key, { kind, facts }]) =>
      (kind === "domain" || (kind === "column" && to.objects.has(key))) &&
      (facts.type === type || facts.type === `${type}[]`),
  );
}

const TARGETED = ["TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "SEQUENCE", "INDEX"];

function dropOf({ type, identity, kind, within, catalog, oid, order, statements }: SideEntry): Action[] {
  const phase = DROPPED[type] ?? (within === undefined ? PHASE.dropOther : PHASE.dropPart);
  const sql = dropSql(kind, identity, statements[0] ?? "");
  if (sql === undefined || identity === undefined) return [];
  const ofRow = { catalog: `#${catalog}`, oid };
  const targets = TARGETED.includes(type)
    ? [relationTarget(identity)]
    : type === "TYPE" || type === "DOMAIN"
      ? [typeTarget(identity)]
      : [ofRow];
  return [{ sql, phase, order: -order, targets, ...(type === "TABLE" && { loses: [`table ${identity}`] }) }];
}
