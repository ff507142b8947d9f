import { definitionScans, newlyRequired, retypedColumns } from "../trace/definition-work.ts";
import type { Column, NamedThing, Relation, Touch, TracedFile, TracedStatement } from "../trace/trace.ts";
import { typeChange } from "../trace/type-change.ts";
import type { CheckRule } from "./rule.ts";
import { named, several, sqlName } from "./words.ts";

const RECIPES = {
  rename: `-- Add the new name, and let the old one work until no client uses it:
ALTER TABLE <table> ADD COLUMN <new> <type>;  -- kept equal by a trigger, filled in batches
-- for a table:
ALTER TABLE <old> RENAME TO <new>;
CREATE VIEW <old> AS SELECT * FROM <new>;`,
  type: `ALTER TABLE <table> ADD COLUMN <new> <type>;
-- keep it current with a trigger, fill it in batches, let the clients use it, then drop the old column`,
  policy: `CREATE POLICY <policy> ON <table> USING (<condition>);  -- in the same file
ALTER TABLE <table> ENABLE ROW LEVEL SECURITY;`,
  required: `ALTER TABLE <table> ADD COLUMN <column> <type> NOT NULL DEFAULT <value>;
-- drop the default in a later migration, when all clients give a value`,
} as const;

export const breaksRunningClients: CheckRule = {
  id: "breaks-running-clients",
  group: "safety",
  title: "Breaks running clients",
  why: "The programs that run during the deployment still use the old schema: their queries fail from COMMIT until they are replaced.",
  recipe: RECIPES.rename,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t RENAME TO u" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t RENAME COLUMN n TO m" },
      { given: "CREATE TABLE t (n int, m int)", sql: "ALTER TABLE t DROP COLUMN m" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ALTER COLUMN n TYPE text" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int NOT NULL" },
      { given: "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (n e)", sql: "ALTER TYPE e RENAME VALUE 'a' TO 'b'" },
      { given: "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", sql: "DROP FUNCTION f(int)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ENABLE ROW LEVEL SECURITY" },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t RENAME TO u; CREATE VIEW t AS SELECT * FROM u" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ALTER COLUMN n TYPE bigint" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int NOT NULL DEFAULT 0" },
      { given: "CREATE VIEW v AS SELECT 1 AS n", sql: "DROP VIEW v; CREATE VIEW v AS SELECT 1 AS n, 2 AS m" },
      {
        given: "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        sql: "DROP FUNCTION f(int); CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
      },
      { given: "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (n e)", sql: "ALTER TYPE e ADD VALUE 'b'" },
    ],
  },
  *find(file) {
    const broken = new Map<TracedStatement, Break[]>();
    for (const one of [...brokenRelations(file), ...brokenThings(file)]) {
      broken.set(one.by, [...(broken.get(one.by) ?? []), one]);
    }
    for (const statement of file.statements) {
      const breaks = broken.get(statement) ?? [];
      const [first] = breaks;
      const message = several(
        breaks.map(({ words }) => words),
        "changes",
      );
      if (first) yield { statement, message, recipe: first.recipe };
    }
  },
};

interface Break {
  readonly by: TracedStatement;
  readonly words: string;
  readonly recipe: string;
}

function* brokenRelations(file: TracedFile): Iterable<Break> {
  const changed = [...file.before.values()].filter((one) => file.after.get(one.oid) !== one && !one.isPartition);
  if (changed.length === 0) return;
  const byName = new Map([...file.after.values()].map((relation) => [named(relation), relation]));
  for (const before of changed) {
    const name = named(before);
    const after = byName.get(name);
    if (!after) {
      const [by, touch] = firstTouch(file, before, ({ after: now }) => !now || named(now) !== name) ?? [];
      const words = touch?.after ? `${name} is now ${named(touch.after)}` : `${name} is dropped`;
      if (by) yield { by, words, recipe: RECIPES.rename };
      continue;
    }
    for (const column of before.columns) {
      const one = brokenColumn(file, before, column, after);
      if (one) yield one;
    }
    if (after.hidesRows && !before.hidesRows) {
      const [by] = firstTouch(file, before, (touch) => touch.after?.hidesRows === true) ?? [];
      const words = `row security of ${name} has no policy, so that clients find no rows`;
      if (by) yield { by, words, recipe: RECIPES.policy };
    }
    yield* newDemands(file, before, after);
  }
}

/** The first statement that changed the relation in a certain way. */
function firstTouch(
  { statements }: TracedFile,
  { oid }: Relation,
  isChanged: (touch: Touch) => boolean,
): readonly [by: TracedStatement, touch: Touch] | undefined {
  for (const by of statements) {
    const touch = by.touches.find((one) => one.before.oid === oid && isChanged(one));
    if (touch) return [by, touch];
  }
  return undefined;
}

/** True if a statement took the relation's name from it. */
function isDropped({ before, after }: Touch): boolean {
  return !after || named(after) !== named(before);
}

function brokenColumn(file: TracedFile, before: Relation, column: Column, after: Relation): Break | undefined {
  const now = after.columns.find(({ name }) => name === column.name);
  const title = `${named(before)}.${sqlName(column.name)}`;
  if (!now) {
    const found =
      firstTouch(file, before, (touch) => !touch.after?.columns.some(({ name }) => name === column.name)) ??
      firstTouch(file, before, isDropped);
    if (!found) return undefined;
    const [by, touch] = found;
    const renamed = touch.after?.columns.find(({ number }) => number === column.number);
    const words = renamed && renamed.name !== column.name ? `is now ${sqlName(renamed.name)}` : "is dropped";
    return { by, words: `${title} ${words}`, recipe: RECIPES.rename };
  }
  if (now.type === column.type || !typeChange(column.type, now.type).breaks) return undefined;
  const found =
    firstTouch(file, before, (touch) => retypedColumns(touch).some(([old]) => old.number === column.number)) ??
    firstTouch(file, before, ({ after: left }) => !left?.columns.some(({ number }) => number === column.number)) ??
    firstTouch(file, before, isDropped);
  return found && { by: found[0], words: `${title} is no longer ${column.type} but ${now.type}`, recipe: RECIPES.type };
}

/** The columns that an INSERT has to give now, and had not to before. */
function* newDemands(file: TracedFile, before: Relation, after: Relation): Iterable<Break> {
  if (after.kind !== "r" && after.kind !== "p") return;
  for (const { name, number, required, filled } of after.columns) {
    const old =
      before.columns.find((column) => column.name === name) ??
      (before.oid === after.oid ? before.columns.find((column) => column.number === number) : undefined);
    if (!required || filled || (old?.required && !old.filled)) continue;
    const isNowDemanded = (touch: Touch) => isDemanded(touch.after, number) && !isDemanded(touch.before, number);
    const found = firstTouch(file, after, isNowDemanded) ?? firstTouch(file, before, isDropped);
    if (!found) continue;
    const [by, touch] = found;
    if (old && !old.required && isProved(by, touch, number)) continue;
    const words = `an INSERT into ${named(before)} must now give a value for ${sqlName(name)}`;
    yield { by, words, recipe: RECIPES.required };
  }
}

function isDemanded(relation: Relation | undefined, number: number): boolean {
  return relation?.columns.some((one) => one.number === number && one.required && !one.filled) ?? false;
}

/** True if a constraint has kept NULL out of the column before: no row was read. */
function isProved(statement: TracedStatement, touch: Touch, number: number): boolean {
  return newlyRequired(touch).some((column) => column.number === number) && definitionScans(statement).length === 0;
}

function* brokenThings(file: TracedFile): Iterable<Break> {
  const lost = file.statements.filter((statement) => statement.lost.length > 0);
  for (const thing of lost.length > 0 ? file.thingsBefore : []) {
    const by = lost.find((statement) => statement.lost.some((one) => isSame(one, thing)));
    if (!by || file.thingsAfter.some((one) => replaces(one, thing))) continue;
    const name = named(thing);
    if (thing.kind === "type" || thing.kind === "enum value") {
      if (!isUsed(file, thing)) continue;
      const types = file.thingsAfter.filter(({ kind }) => kind === "type");
      const renamed = types.find(({ oid, ...type }) => oid === thing.oid && named(type) !== name);
      const sameName = types.some((type) => named(type) === name);
      if (thing.kind === "type" && renamed && !sameName)
        yield { by, words: `${name} is now ${named(renamed)}`, recipe: RECIPES.type };
      if (thing.kind === "enum value" && sameName) {
        yield { by, words: `${name} no longer has the value '${thing.detail}'`, recipe: RECIPES.type };
      }
      continue;
    }
    const signature = thing.kind === "sequence" ? "" : `(${thing.detail})`;
    const isThere = file.thingsAfter.some((one) => isSame(one, thing));
    const change = isThere ? "returns another type" : "is dropped or renamed";
    yield { by, words: `the ${thing.kind} ${name}${signature} ${change}`, recipe: RECIPES.rename };
  }
}

/** True if a column had the type before the file. */
function isUsed({ before }: TracedFile, { oid }: NamedThing): boolean {
  return [...before.values()].some(({ columns }) => columns.some(({ typeOid }) => typeOid === oid));
}

function isSame(one: NamedThing, other: NamedThing): boolean {
  return one.kind === other.kind && named(one) === named(other) && one.detail === other.detail;
}

/** True if queries that use a thing work with the other one as well. */
function replaces(one: NamedThing, thing: NamedThing): boolean {
  if (isSame(one, thing)) return isResultOf(one, thing);
  const [least, most] = one.arguments;
  const isCallable = least <= thing.arguments[1] && thing.arguments[1] <= most;
  const areFunctions = one.kind === "function" && thing.kind === "function";
  return areFunctions && named(one) === named(thing) && isCallable && isResultOf(one, thing);
}

/** True if a function returns what the other one did; a table may have more columns. */
function isResultOf({ result }: NamedThing, { result: old }: NamedThing): boolean {
  return result === old || (old.endsWith(")") && result.startsWith(`${old.slice(0, -1)}, `));
}
