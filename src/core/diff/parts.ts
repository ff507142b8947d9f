import type { Facts } from "../catalog/schema-object.ts";
import { type Action, PHASE, relationTarget } from "./action.ts";
import { optionChanges } from "./columns.ts";
import { splitName } from "./names.ts";
import { isCommon, partsOf, type SchemaSide } from "./side.ts";

const ENABLED: Readonly<Record<string, string>> = { D: "DISABLE", R: "ENABLE REPLICA", A: "ENABLE ALWAYS" };

type Parts = ReadonlyMap<string, Facts>;

/** The parts of one relation that both schemas have. */
interface Relation {
  readonly name: string;
  readonly before: Parts;
  readonly after: Parts;
}

/** Changes of constraints, indexes, triggers, rules and policies of relations that both schemas have. */
export function partActions(from: SchemaSide, to: SchemaSide): Action[] {
  const of = (kind: string, changes: (relation: Relation) => Action[]) => {
    const [before, after] = [partsOf(from, kind), partsOf(to, kind)];
    return [...to.relations.keys()]
      .filter((name) => isCommon(from, to, name))
      .flatMap((name) => changes({ name, before: before.get(name) ?? new Map(), after: after.get(name) ?? new Map() }));
  };
  return [
    ...of("constraint", constraints),
    ...of("index", indexes),
    ...of("trigger", (relation) => triggers(relation, "TRIGGER")),
    ...of("rule", (relation) => triggers(relation, "RULE")),
    ...of("policy", policies),
  ];
}

/** Parts that only one schema has, with those that only have another name. */
function renamed(
  { before, after }: Relation,
  same: (old: Facts, oldName: string, now: Facts, name: string) => boolean,
) {
  const added = [...after].filter(([name]) => !before.has(name));
  const removed = [...before].filter(([name]) => !after.has(name));
  const renames = new Map<string, string>();
  for (const [name, facts] of added) {
    const former = removed.find(([old, oldFacts]) => !renames.has(old) && same(oldFacts, old, facts, name));
    if (former) renames.set(former[0], name);
  }
  return renames;
}

const text = (facts: Facts) => JSON.stringify(facts, Object.keys(facts).sort());
const isEqual = (one: Facts, other: Facts) => text(one) === text(other);
const definition = (facts: Facts) => String(facts.definition);
const validated = (facts: Facts) => definition(facts).replace(/ NOT VALID$/, "");
const isForeignKey = (facts: Facts) => definition(facts).startsWith("FOREIGN KEY");

function constraints(relation: Relation): Action[] {
  const { name: table, before, after } = relation;
  const at = `ALTER TABLE ${table}`;
  const actions: Action[] = [];
  const renames = renamed(relation, (old, _, now) => isEqual(old, now));
  const drop = (name: string, facts: Facts) =>
    actions.push({
      sql: `${at} DROP CONSTRAINT ${name}`,
      phase: isForeignKey(facts) ? PHASE.dropForeignKey : PHASE.dropConstraint,
      order: 0,
      targets: [constraintTarget(table, name)],
    });
  const add = (name: string, facts: Facts) => {
    const phase = isForeignKey(facts)
      ? PHASE.foreignKey
      : /^(?:CHECK|NOT NULL)/.test(definition(facts))
        ? PHASE.check
        : PHASE.key;
    actions.push(
      { sql: `${at} ADD CONSTRAINT ${name} ${definition(facts)}`, phase, order: 0 },
      ...marks(table, name, {}, facts),
    );
  };
  for (const [old, name] of renames)
    actions.push({ sql: `${at} RENAME CONSTRAINT ${old} TO ${name}`, phase: PHASE.rename, order: 0 });
  const kept = new Set(renames.values());
  for (const [name, facts] of before) if (!after.has(name) && !renames.has(name)) drop(name, facts);
  for (const [name, facts] of after) {
    const old = before.get(name);
    if (kept.has(name)) continue;
    if (!old) add(name, facts);
    else if (definition(old) !== definition(facts)) {
      if (validated(old) === definition(facts))
        actions.push({ sql: `${at} VALIDATE CONSTRAINT ${name}`, phase: PHASE.validate, order: 0 });
      else {
        drop(name, old);
        add(name, facts);
      }
    } else actions.push(...marks(table, name, old, facts));
  }
  return actions;
}

function constraintTarget(table: string, name: string) {
  const plain = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
  const of = `pg_catalog.to_regclass('${table.replaceAll("'", "''")}')`;
  return {
    catalog: "pg_constraint",
    oid: `(SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.conrelid = ${of} AND k.conname = '${plain.replaceAll("'", "''")}')`,
  };
}

/** The marks of an index: the one that CLUSTER uses, and the one that identifies rows of a replica. */
function marks(table: string, name: string, before: Facts, after: Facts): Action[] {
  const actions: Action[] = [];
  const say = (sql: string) => actions.push({ sql: `ALTER TABLE ${table} ${sql}`, phase: PHASE.marks, order: 0 });
  if (before.clustered !== after.clustered)
    say(after.clustered === true ? `CLUSTER ON ${name}` : "SET WITHOUT CLUSTER");
  if (after["replica identity"] === true && before["replica identity"] !== true)
    say(`REPLICA IDENTITY USING INDEX ${name}`);
  if (before.tablespace !== after.tablespace && before.definition !== undefined) {
    const index = `${splitName(table)[0]}.${name}`;
    actions.push({
      sql: `ALTER INDEX ${index} SET TABLESPACE ${after.tablespace ?? "pg_default"}`,
      phase: PHASE.marks,
      order: 0,
    });
  }
  return actions;
}

const INDEX_START = /^CREATE (UNIQUE )?INDEX ((?:"(?:[^"]|"")*"|[^\s"]+)) ON (ONLY )?/;
const indexBody = (facts: Facts) => definition(facts).replace(INDEX_START, "CREATE $1INDEX ON ");
/** An index of a partitioned table is created on all partitions. */
const indexSql = (facts: Facts) => definition(facts).replace(INDEX_START, "CREATE $1INDEX $2 ON ");
const storage = (facts: Facts) => storageIn(definition(facts))?.slice(STORAGE_START.length, -1);
const withoutStorage = (facts: Facts) => definition(facts).replace(storageIn(definition(facts)) ?? "", "");

const STORAGE_START = " WITH (";

/** The storage parameters in the definition of an index, unless a value has quotes. */
function storageIn(text: string): string | undefined {
  const start = text.indexOf(STORAGE_START);
  const end = text.indexOf(")", start) + 1;
  const found = start === -1 ? "'" : text.slice(start, end);
  const isWhole = end === text.length || [" WHERE ", " TABLESPACE "].some((word) => text.startsWith(word, end));
  return isWhole && !found.includes("'") ? found : undefined;
}

function indexes(relation: Relation): Action[] {
  const { name: table, before, after } = relation;
  const schema = splitName(table)[0];
  const actions: Action[] = [];
  const rest = ({ definition: _, ...others }: Facts) => text(others);
  const renames = renamed(relation, (old, _, now) => indexBody(old) === indexBody(now) && rest(old) === rest(now));
  const index = (name: string) => `${schema}.${name}`;
  const drop = (name: string) =>
    actions.push({
      sql: `DROP INDEX ${index(name)}`,
      phase: PHASE.dropConstraint,
      order: 0,
      targets: [relationTarget(index(name))],
    });
  const create = (name: string, facts: Facts) =>
    actions.push(
      { sql: indexSql(facts), phase: PHASE.index, order: 0 },
      ...marks(table, name, {}, facts),
      ...statistics(index(name), {}, facts),
    );
  for (const [old, name] of renames)
    actions.push({ sql: `ALTER INDEX ${index(old)} RENAME TO ${name}`, phase: PHASE.rename, order: 0 });
  const kept = new Set(renames.values());
  for (const name of before.keys()) if (!after.has(name) && !renames.has(name)) drop(name);
  for (const [name, facts] of after) {
    const old = before.get(name);
    if (kept.has(name)) continue;
    if (!old) create(name, facts);
    else if (withoutStorage(old) !== withoutStorage(facts) || (old.invalid === true && facts.invalid !== true)) {
      drop(name);
      create(name, facts);
    } else {
      for (const sql of optionChanges(optionList(storage(old)), optionList(storage(facts))))
        actions.push({ sql: `ALTER INDEX ${index(name)} ${sql}`, phase: PHASE.marks, order: 0 });
      actions.push(...marks(table, name, old, facts), ...statistics(index(name), old, facts));
    }
  }
  return actions;
}

function optionList(storage: string | undefined): string[] {
  return storage === undefined ? [] : storage.split(", ").map((one) => one.replaceAll("'", ""));
}

function statistics(index: string, before: Facts, after: Facts): Action[] {
  const [old, now] = [before.statistics, after.statistics].map((one) => (one ?? {}) as Facts) as [Facts, Facts];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((column) => old[column] !== now[column])
    .map((column) => ({
      sql: `ALTER INDEX ${index} ALTER COLUMN ${column} SET STATISTICS ${now[column] ?? -1}`,
      phase: PHASE.marks,
      order: 0,
    }));
}

function triggers({ name: table, before, after }: Relation, kind: "TRIGGER" | "RULE"): Action[] {
  const actions: Action[] = [];
  const drop = (name: string) =>
    actions.push({ sql: `DROP ${kind} ${name} ON ${table}`, phase: PHASE.dropPart, order: 0 });
  const enable = (name: string, { enabled }: Facts) =>
    actions.push({
      sql: `ALTER TABLE ${table} ${ENABLED[String(enabled)] ?? "ENABLE"} ${kind} ${name}`,
      phase: PHASE.trigger,
      order: 1,
    });
  for (const name of before.keys()) if (!after.has(name)) drop(name);
  for (const [name, facts] of after) {
    const old = before.get(name);
    const isNew = !old || definition(old) !== definition(facts);
    if (old && isNew) drop(name);
    if (isNew) actions.push({ sql: definition(facts).replace(/;$/, ""), phase: PHASE.trigger, order: 0 });
    if (isNew ? facts.enabled !== undefined : old.enabled !== facts.enabled) enable(name, facts);
  }
  return actions;
}

function policies({ name: table, before, after }: Relation): Action[] {
  const actions: Action[] = [];
  const drop = (name: string) =>
    actions.push({ sql: `DROP POLICY ${name} ON ${table}`, phase: PHASE.dropPart, order: 0 });
  for (const name of before.keys()) if (!after.has(name)) drop(name);
  for (const [name, facts] of after) {
    const old = before.get(name);
    if (old && isEqual(old, facts)) continue;
    const altered = old && alteredPolicy(`${name} ON ${table}`, old, facts);
    if (altered !== undefined) {
      actions.push({ sql: altered, phase: PHASE.policy, order: 0 });
      continue;
    }
    if (old) drop(name);
    actions.push({ sql: policySql(`${name} ON ${table}`, facts), phase: PHASE.policy, order: 0 });
  }
  return actions;
}

const roles = ({ roles: all }: Facts) => (Array.isArray(all) ? all.map(String).join(", ") : "PUBLIC");

function policySql(policy: string, facts: Facts): string {
  const parts = [`CREATE POLICY ${policy}`];
  if (facts.restrictive === true) parts.push("AS RESTRICTIVE");
  if (facts.command !== "all") parts.push(`FOR ${String(facts.command).toUpperCase()}`);
  if (roles(facts) !== "PUBLIC") parts.push(`TO ${roles(facts)}`);
  if (facts.using !== undefined) parts.push(`USING (${facts.using})`);
  if (facts.check !== undefined) parts.push(`WITH CHECK (${facts.check})`);
  return parts.join(" ");
}

/** Undefined if the policy has to be created again. */
function alteredPolicy(policy: string, before: Facts, after: Facts): string | undefined {
  const isFixed = before.command === after.command && before.restrictive === after.restrictive;
  const isTaken = (fact: string) => before[fact] !== undefined && after[fact] === undefined;
  if (!isFixed || isTaken("using") || isTaken("check")) return undefined;
  const parts = [`ALTER POLICY ${policy}`];
  if (roles(before) !== roles(after)) parts.push(`TO ${roles(after)}`);
  if (before.using !== after.using) parts.push(`USING (${after.using})`);
  if (before.check !== after.check) parts.push(`WITH CHECK (${after.check})`);
  return parts.join(" ");
}
