import type { Facts } from "../catalog/schema-object.ts";
import { splitName } from "../diff-sides/names.ts";
import { factsOf, isCommon, partsOf, type SchemaSide } from "../diff-sides/side.ts";
import { type Action, PHASE, relationTarget } from "./action.ts";
import { optionChanges } from "./columns.ts";
import { definition, isEqual, type Parts, policies, type Relation, text, triggers } from "./relation-code.ts";
import { withoutEnd } from "./tables.ts";

/** Changes of constraints, indexes, triggers, rules and policies of relations that both schemas have. */
export function partActions(from: SchemaSide, to: SchemaSide): Action[] {
  const of = (kind: string, changes: (relation: Relation) => Action[]) => {
    const [before, after] = [partsOf(from, kind), partsOf(to, kind)];
    return [...to.relations.keys()]
      .filter((name) => isCommon(from, to, name))
      .flatMap((name) => changes({ name, before: before.get(name) ?? new Map(), after: after.get(name) ?? new Map() }));
  };
  return [
    ...of("constraint", (relation) =>
      constraints({
        ...relation,
        before: withStorage(from, relation.name, relation.before),
        after: new Map([...withStorage(to, relation.name, relation.after), ...checksOfParents(from, to, relation)]),
      }),
    ),
    ...of("index", (relation) => indexes({ ...relation, before: notAttached(to, relation) }, isBuiltAlone(to))),
    ...of("trigger", (relation) => triggers(relation, "TRIGGER")),
    ...of("rule", (relation) => triggers(relation, "RULE")),
    ...of("policy", policies),
  ];
}

/** A table that gets a parent must have its checks before. */
function checksOfParents(from: SchemaSide, to: SchemaSide, { name }: Relation): Parts {
  const parentsIn = (side: SchemaSide) => {
    const { parents } = factsOf(side, "table", name) ?? {};
    return Array.isArray(parents) ? parents.map(String) : [];
  };
  const known = parentsIn(from);
  const constraints = partsOf(to, "constraint");
  return new Map(
    parentsIn(to)
      .filter((parent) => !known.includes(parent))
      .flatMap((parent) => [...(constraints.get(parent) ?? [])])
      .filter(([, facts]) => /^CHECK (?!.* NO INHERIT$)/s.test(definition(facts))),
  );
}

/** The indexes without those that become parts of an index of the parent. */
function notAttached(to: SchemaSide, { name, before, after }: Relation): Parts {
  const schema = splitName(name)[0];
  return new Map(
    [...before].filter(([index]) => after.has(index) || !to.entries.has(`INDEX ATTACH ${schema}.${index}`)),
  );
}

/** True for an index of a partitioned table whose parts have names of their own, or are missing. */
function isBuiltAlone(to: SchemaSide): (index: string) => boolean {
  const named = new Set<string>();
  for (const { type, statements } of to.entries.values()) {
    const [, parent = "", part = ""] = type === "INDEX ATTACH" ? (ATTACHED.exec(statements[0] ?? "") ?? []) : [];
    if (part !== "" && !/_idx\d*"?;$/.test(part)) named.add(parent);
  }
  return (index) => named.has(index);
}

const ATTACHED = /^ALTER INDEX (.*) ATTACH PARTITION (.*)$/s;

/** Constraints with the storage parameters of their indexes, which only pg_dump's text has. */
function withStorage({ entries }: SchemaSide, table: string, constraints: Parts): Parts {
  return new Map(
    [...constraints].map(([name, facts]) => {
      const [sql = ""] = entries.get(`CONSTRAINT ${name} on ${table}`)?.statements ?? [];
      const start = ` ADD CONSTRAINT ${name} `;
      const text = withoutEnd(sql.slice(sql.indexOf(start) + start.length));
      return [name, sql.includes(start) && STORAGE.test(text) ? { ...facts, definition: text } : facts];
    }),
  );
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
      { sql: `${at} ADD CONSTRAINT ${name} ${definition(facts)}`, phase, order: 0, ...safely(table, name, facts) },
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
    else if (withoutStorage(old) !== withoutStorage(facts)) {
      if (validated(old) === definition(facts))
        actions.push({ sql: `${at} VALIDATE CONSTRAINT ${name}`, phase: PHASE.validate, order: 0 });
      else {
        drop(name, old);
        add(name, facts);
      }
    } else actions.push(...storageActions(table, name, old, facts), ...marks(table, name, old, facts));
  }
  return actions;
}

function storageActions(table: string, name: string, before: Facts, after: Facts): Action[] {
  return optionChanges(optionList(storage(before)), optionList(storage(after))).map((sql) => ({
    sql: `ALTER INDEX ${splitName(table)[0]}.${name} ${sql}`,
    phase: PHASE.marks,
    order: 0,
  }));
}

/** CHECK and foreign keys can be added without reading the rows, and a plain UNIQUE from an index. */
function safely(table: string, name: string, facts: Facts): Pick<Action, "safe"> {
  if (/^UNIQUE \([^()]*\)$/.test(definition(facts))) return { safe: { kind: "unique", table, name } };
  const isSafe = /^(?:CHECK|FOREIGN KEY) (?!.* NOT (?:VALID|ENFORCED)$)/s.test(definition(facts));
  return isSafe ? { safe: { kind: "constraint", table, name } } : {};
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
/** The storage parameters of an index, as PostgreSQL prints them. */
const STORAGE = / WITH \((\w+='[^'()]*'(?:, \w+='[^'()]*')*)\)/;
const storage = (facts: Facts) => STORAGE.exec(definition(facts))?.[1];
const withoutStorage = (facts: Facts) => definition(facts).replace(STORAGE, "");

function indexes(relation: Relation, isAlone: (index: string) => boolean): Action[] {
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
      {
        sql: facts.invalid === true || isAlone(index(name)) ? definition(facts) : indexSql(facts),
        ...{ phase: PHASE.index, order: 0, safe: { kind: "index", table, name } },
      },
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
      actions.push(...storageActions(table, name, old, facts));
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
