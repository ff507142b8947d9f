import { at, bodyOf, type Fields, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import { bodyTexts, lockedTables, rowsLockedInBody } from "../trace/block-work.ts";
import { newConstraints, newPlainIndexes } from "../trace/definition-work.ts";
import { blockedBy, type LockMode } from "../trace/lock-modes.ts";
import { emptiedBy } from "../trace/lost-rows.ts";
import { inOrder, isBatch, isBounded, isJoined, namedQueries, type RangeVar, type Resolve } from "../trace/resolve.ts";
import { isEveryRow, isEveryRowOf, isOpaque, isOpenSource, isUnbounded } from "../trace/row-work.ts";
import type { Relation, Touch, TracedFile, TracedStatement } from "../trace/trace.ts";
import { waitsOf } from "../trace/waits.ts";
import { CHECK_LATER } from "./recipes.ts";
import type { CheckRule, RuleMatch } from "./rule.ts";
import { named, namedAll, until } from "./words.ts";

const RECIPES = {
  index: `CREATE INDEX CONCURRENTLY <index> ON <table> (<columns>);  -- in a file of its own`,
  parts: `CREATE INDEX <index> ON ONLY <table> (<columns>);
-- in later files, for each partition:
CREATE INDEX CONCURRENTLY <part> ON <partition> (<columns>);
ALTER INDEX <index> ATTACH PARTITION <part>;`,
  deleted: `-- in batches, each in a transaction of its own:
DELETE FROM <table> WHERE <key> IN (SELECT <key> FROM <table> WHERE <condition> LIMIT 1000);`,
  locked: `-- in batches, each in a transaction of its own:
SELECT <columns> FROM <table> WHERE <condition> ORDER BY <key> LIMIT 1000 FOR UPDATE;`,
  merged: `-- in batches, each in a transaction of its own:
MERGE INTO <table> USING (SELECT * FROM <source> WHERE <key> BETWEEN <first> AND <last>) AS part ON <condition>
  WHEN MATCHED THEN UPDATE SET <column> = <value>;`,
  inserted: `-- in batches, each in a transaction of its own:
INSERT INTO <table> SELECT <columns> FROM <source> WHERE <key> BETWEEN <first> AND <last>
  ON CONFLICT (<key>) DO UPDATE SET <column> = <value>;`,
  rows: `-- in batches, each in a transaction of its own:
UPDATE <table> SET <column> = <value> WHERE <column> IS NULL AND <key> BETWEEN <first> AND <last>;`,
  apart: `-- Move the statement that takes long to a file of its own: locks are held until COMMIT.`,
} as const;

export const blocksWrites: CheckRule = {
  id: "blocks-writes",
  group: "safety",
  title: "Blocks writes",
  dependsOnSize: true,
  why: "All writes to the table wait until the lock is released; on a large table this takes minutes or hours.",
  recipe: RECIPES.index,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "CREATE INDEX ON t (n)" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE UNIQUE INDEX t_n ON t (n)" },
      { given: "CREATE TABLE t (n int)", sql: "DO $$ BEGIN EXECUTE 'CREATE INDEX ON t (n)'; END $$" },
      { given: "CREATE TABLE t (n int PRIMARY KEY)", sql: "REINDEX TABLE t" },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (n int)",
        sql: "ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES p",
      },
      { given: "CREATE TABLE t (n int)", sql: "LOCK TABLE t IN SHARE MODE" },
      { given: "CREATE TABLE t (n int)", sql: "UPDATE t SET n = 0" },
      { given: "CREATE TABLE t (id int PRIMARY KEY, n int)", sql: "UPDATE t SET n = n + 1 WHERE id > 0" },
      {
        given: "CREATE TABLE t (n int); CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'UPDATE t SET n = 0'",
        sql: "SELECT f()",
      },
      { given: "CREATE TABLE t (at timestamptz)", sql: "DELETE FROM t WHERE at < now() - interval '1 year'" },
      { given: "CREATE TABLE t (n int)", sql: "SELECT n FROM t FOR UPDATE" },
      {
        given: "CREATE TABLE t (n int PRIMARY KEY, m int)",
        sql: "INSERT INTO t SELECT n, m FROM t ON CONFLICT (n) DO UPDATE SET m = 0",
      },
      {
        given: "CREATE TABLE t (n int)",
        sql: "DO $$ DECLARE r record; BEGIN FOR r IN SELECT n FROM t LOOP UPDATE t SET n = 0 WHERE n = r.n; END LOOP; END $$",
      },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (n int)",
        sql: "CREATE TABLE c (p int REFERENCES p); INSERT INTO c SELECT n FROM t",
      },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "CREATE INDEX CONCURRENTLY t_n ON t (n)" },
      { given: "CREATE TABLE t (n int); CREATE INDEX t_n ON t (n)", sql: "CREATE INDEX IF NOT EXISTS t_n ON t (n)" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE TABLE u (n int); CREATE INDEX ON u (n)" },
      { given: "CREATE TABLE t (n int PRIMARY KEY)", sql: "REINDEX TABLE CONCURRENTLY t" },
      { given: "CREATE TABLE t (n int PRIMARY KEY)", sql: "UPDATE t SET n = 0 WHERE n BETWEEN 1 AND 1000" },
      { given: "CREATE TABLE t (n int)", sql: "SELECT n FROM t WHERE n = 5 FOR UPDATE" },
      {
        given: "CREATE TABLE t (at timestamptz, n int)",
        sql: "UPDATE t SET n = 0 WHERE at >= '2020-01-01' AND at < '2020-02-01'; DELETE FROM t WHERE at < now() AND n = 5",
      },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY)",
        sql: "CREATE TABLE c (p int REFERENCES p); CREATE INDEX ON c (p)",
      },
    ],
  },
  *find(file) {
    const waits = new Map(waitsOf(file).map((wait) => [wait.statement, wait]));
    for (const { statement, resolve } of inOrder(file)) {
      const found =
        buildsIndex(file, statement) ??
        rebuildsIndexes(file, statement) ??
        checksForeignKey(file, statement) ??
        locksTable(file, statement, resolve) ??
        changesEveryRow(file, statement, resolve);
      if (found) yield { statement, ...found };
      const wait = waits.get(statement);
      const held = wait?.held.filter(({ blocked }) => blocked === "writes") ?? [];
      const [first] = held;
      if (!wait || !first || found) continue;
      const message = `writes to ${namedAll(held.map(({ relation }) => relation))} wait until COMMIT, since statement ${first.by.number}, while this works on ${named(wait.work)}`;
      yield { statement, message, recipe: RECIPES.apart };
    }
  },
};

type Found = Pick<RuleMatch, "message" | "recipe"> | undefined;

function buildsIndex(file: TracedFile, statement: TracedStatement): Found {
  if (kindOf(statement) !== "IndexStmt" && !isOpaque(statement)) return undefined;
  const built = statement.touches.filter((touch) => newPlainIndexes(touch).length > 0 && !touch.rewritten);
  if (!built.some(({ scanned }) => scanned)) return undefined;
  const isDivided = built.some(({ before }) => before.kind === "p");
  const waiting = top(built).kind === "m" ? "REFRESH waits" : "writes wait";
  return {
    message: `builds an index on ${named(top(built))}; ${waiting} ${until(file, statement)}`,
    recipe: isDivided ? RECIPES.parts : RECIPES.index,
  };
}

/** The partitioned table if there is one, else the first. */
function top(touches: readonly Touch[]) {
  const all = touches.map(({ before }) => before);
  return (all.find(({ kind }) => kind === "p") ?? all[0]) as Touch["before"];
}

/** REINDEX SCHEMA and DATABASE run outside a transaction, where nothing is observed. */
function rebuildsIndexes(file: TracedFile, statement: TracedStatement): Found {
  if (kindOf(statement) !== "ReindexStmt") return undefined;
  const body = bodyOf(statement);
  if (listAt(body, "params").some((option) => textAt(option, "DefElem", "defname") === "concurrently"))
    return undefined;
  const rebuilt = statement.touches.map(({ before }) => before);
  const isWide = ["REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_DATABASE"].includes(textAt(body, "kind") ?? "");
  if (isWide && rebuilt.length === 0) {
    const schema = textAt(body, "kind") === "REINDEX_OBJECT_SCHEMA" ? textAt(body, "name") : undefined;
    rebuilt.push(
      ...[...file.before.values()].filter((one) => (schema ?? one.schema) === one.schema && one.indexes.length > 0),
    );
  }
  if (rebuilt.length === 0) return undefined;
  const waits = `writes and most reads wait ${until(file, statement)}, because the planner locks each index of the table`;
  const kind = textAt(body, "kind")?.replace("REINDEX_OBJECT_", "") ?? "TABLE";
  const recipe = `REINDEX ${kind} CONCURRENTLY <${kind.toLowerCase()}>;  -- in a file of its own`;
  return { message: `rebuilds indexes of ${namedAll(rebuilt)}; ${waits}`, recipe };
}

/** Both tables are locked while the rows of one are compared with those of the other. */
function checksForeignKey(file: TracedFile, statement: TracedStatement): Found {
  const checked = statement.touches.filter((touch) => newConstraints(touch).some(({ kind }) => kind === "f"));
  const locked = statement.touches.filter(({ lock }) => blockedBy(lock) === "writes");
  if (!checked.some(({ scanned }) => scanned) || locked.length === 0) return undefined;
  const [table, waiting] = [checked, locked].map((touches) => namedAll(touches.map(({ before }) => before)));
  const message = `compares all rows of ${table} with a foreign key; writes to ${waiting} wait ${until(file, statement)}`;
  return { message, recipe: CHECK_LATER };
}

function locksTable(file: TracedFile, statement: TracedStatement, resolve: Resolve): Found {
  const locked = lockedTables(file, statement, resolve, (mode) => blockedBy(mode) === "writes");
  if (locked.length === 0) return undefined;
  return { message: `writes to ${namedAll(locked)} wait ${until(file, statement)}`, recipe: RECIPES.apart };
}

/** Statements that keep others for later, and frequent ones that contain none. */
const CHANGING_NO_ROW: ReadonlySet<string | undefined> = new Set([
  ...["CreateFunctionStmt", "PrepareStmt", "RuleStmt"],
  ...["AlterTableStmt", "CommentStmt", "CreateStmt", "DropStmt", "IndexStmt", "RenameStmt"],
]);

function changesEveryRow(file: TracedFile, statement: TracedStatement, resolve: Resolve): Found {
  if (CHANGING_NO_ROW.has(kindOf(statement))) return undefined;
  const inBody = rowsLockedInBody(file, statement, resolve);
  const [found] = [
    ...nodesOf(statement.tree, "UpdateStmt").map((one) => updatedRows(one, resolve)),
    ...nodesOf(statement.tree, "DeleteStmt").map((one) => deletedRows(one, resolve)),
    ...nodesOf(statement.tree, "MergeStmt").map((one) => matchedRows(one, resolve)),
    ...nodesOf(statement.tree, "InsertStmt").map((one) => mergedRows(one, resolve)),
    inBody.length > 0
      ? { may: true, tables: inBody, recipe: bodyRecipe(file, statement) }
      : lockedRows(bodyOf(statement), resolve),
  ].filter((one) => one !== undefined);
  if (!found) return undefined;
  const tables = found.tables.map((one) => tableOfView(one, statement));
  const rows = `${found.may ? "may lock" : "locks"} every row of ${namedAll(tables)}`;
  return { message: `${rows}; other updates and deletes wait ${until(file, statement)}`, recipe: found.recipe };
}

function bodyRecipe(file: TracedFile, statement: TracedStatement): string {
  const isOfUpdates = bodyTexts(file, statement).some((text) => /\bupdate\b/i.test(text));
  return isOfUpdates ? RECIPES.rows : RECIPES.deleted;
}

/** Rows that a statement locks. */
interface Locked {
  /** True if a condition may leave rows out. */
  readonly may: boolean;
  readonly tables: readonly Relation[];
  readonly recipe: string;
}

/** The table whose rows a view shows, if the statement has changed only one. */
function tableOfView(target: Relation, { touches }: TracedStatement): Relation {
  if (target.kind !== "v") return target;
  const changed = touches.filter(({ before, lock }) => before.kind !== "v" && !before.isPartition && mayWrite(lock));
  return changed.length === 1 ? (changed[0]?.before ?? target) : target;
}

function mayWrite(lock: LockMode): boolean {
  return lock !== "AccessShare" && lock !== "RowShare";
}

/** The locks of rows for which updates wait; FOR KEY SHARE is not one. */
const ROW_LOCKS: readonly unknown[] = ["LCS_FORSHARE", "LCS_FORNOKEYUPDATE", "LCS_FORUPDATE"];

/** A SELECT ... FOR UPDATE whose rows nothing bounds. */
function lockedRows(select: Fields, resolve: Resolve): Locked | undefined {
  const locks = listAt(select, "lockingClause").map((one) => at(one, "LockingClause", "strength"));
  const [source] = listAt(select, "fromClause");
  const target = resolve(at(source, "RangeVar") as RangeVar);
  if (!target || !locks.some((lock) => ROW_LOCKS.includes(lock)) || at(select, "limitCount")) return undefined;
  return unboundedRows(at(select, "whereClause"), target, resolve, RECIPES.locked);
}

/** An UPDATE whose rows nothing bounds, also one within a WITH. */
function updatedRows(update: Fields, resolve: Resolve): Locked | undefined {
  const target = resolve(at(update, "relation") as RangeVar);
  const condition = at(update, "whereClause");
  const queries = namedQueries(update);
  const joined = listAt(update, "fromClause").filter((item) => isJoined(item, update));
  const isOpen = joined.every((item) => isOpenSource(item, queries, resolve));
  return target && isOpen && !isBatch(update) ? unboundedRows(condition, target, resolve, RECIPES.rows) : undefined;
}

/** A DELETE that leaves no row, or none that refers to another table, or one whose rows nothing bounds. */
function deletedRows(remove: Fields, resolve: Resolve): Locked | undefined {
  if (isBatch(remove)) return undefined;
  const emptied = emptiedBy(remove, resolve);
  if (emptied) return { may: false, tables: [emptied], recipe: RECIPES.deleted };
  const target = resolve(at(remove, "relation") as RangeVar);
  const condition = at(remove, "whereClause");
  // Rows with NULL, or with a value, are often few.
  const isOpen = listAt(remove, "usingClause").length === 0 && at(condition, "NullTest") === undefined;
  return target && isOpen ? unboundedRows(condition, target, resolve, RECIPES.deleted) : undefined;
}

/** A MERGE that updates the rows which match those of a query that nothing bounds. */
function matchedRows(merge: Fields, resolve: Resolve): Locked | undefined {
  const target = resolve(at(merge, "relation") as RangeVar);
  const isOpen = isOpenSource(at(merge, "sourceRelation"), namedQueries(merge), resolve);
  const isUpdate = listAt(merge, "mergeWhenClauses")
    .map((one) => at(one, "MergeWhenClause"))
    .some((one) => at(one, "commandType") === "CMD_UPDATE" && isEveryRow(at(one, "condition")));
  return target && isOpen && isUpdate ? { may: true, tables: [target], recipe: RECIPES.merged } : undefined;
}

/** An INSERT ... ON CONFLICT DO UPDATE of a query whose rows nothing bounds. */
function mergedRows(insert: Fields, resolve: Resolve): Locked | undefined {
  const target = resolve(at(insert, "relation") as RangeVar);
  const isUpdate = textAt(insert, "onConflictClause", "action") === "ONCONFLICT_UPDATE";
  const item = { RangeSubselect: { subquery: at(insert, "selectStmt") } };
  if (!target || !isUpdate || isBounded(at(insert, "selectStmt"), namedQueries(insert))) return undefined;
  const isOpen = isOpenSource(item, namedQueries(insert), resolve);
  return isOpen ? { may: true, tables: [target], recipe: RECIPES.inserted } : undefined;
}

function unboundedRows(condition: unknown, target: Relation, resolve: Resolve, recipe: string): Locked | undefined {
  if (!isUnbounded(condition, target, resolve)) return undefined;
  return { may: !isEveryRowOf(condition, target, resolve), tables: [target], recipe };
}
