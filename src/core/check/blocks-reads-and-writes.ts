import { alterCommands, at, bodyOf, kindOf, textAt } from "../parse-tree/node.ts";
import { lockedTables } from "../trace/block-work.ts";
import { newConstraints, newIndexes, newPlainIndexes } from "../trace/definition-work.ts";
import { inOrder, type RangeVar, type Resolve } from "../trace/resolve.ts";
import { isOpaque } from "../trace/row-work.ts";
import type { Touch, TracedFile, TracedStatement } from "../trace/trace.ts";
import { waitsOf } from "../trace/waits.ts";
import { EXCLUSION, FOR_CLIENTS, INDEX_FIRST } from "./recipes.ts";
import type { CheckRule, RuleMatch } from "./rule.ts";
import { named, namedAll, until } from "./words.ts";

const RECIPES = {
  apart: `-- in a file of its own, so that the lock of the other statements is released before:
<the statement that takes long>;`,
  drop: `DROP INDEX CONCURRENTLY <index>;  -- in a file of its own`,
  refresh: `CREATE UNIQUE INDEX <index> ON <view> (<key>);  -- once
REFRESH MATERIALIZED VIEW CONCURRENTLY <view>;`,
  attach: `CREATE INDEX CONCURRENTLY <index> ON <partition> (<columns>);  -- in a file of its own, for each index of <table>
-- in a later file; the partition's index becomes a part of the table's, and none is built:
ALTER TABLE <table> ATTACH PARTITION <partition> FOR VALUES <bounds>;`,
  detach: `ALTER TABLE <table> DETACH PARTITION <partition> CONCURRENTLY;  -- in a file of its own`,
} as const;

export const blocksReadsAndWrites: CheckRule = {
  id: "blocks-reads-and-writes",
  group: "safety",
  title: "Blocks reads and writes",
  dependsOnSize: true,
  why: "Not even a SELECT can use the table until the lock is released, so every request that needs it waits or fails.",
  recipe: RECIPES.apart,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int; UPDATE t SET m = n WHERE m IS NULL" },
      {
        given: "CREATE TABLE t (n int); CREATE TABLE u (n int)",
        sql: "ALTER TABLE t ADD COLUMN m int; CREATE INDEX ON u (n)",
      },
      {
        given: "CREATE TABLE t (n int); CREATE TABLE u (n int)",
        sql: "ALTER TABLE t ADD COLUMN m int; SELECT count(*) FROM u",
      },
      {
        given: "CREATE TABLE t (n int); CREATE TABLE u (n int)",
        sql: "ALTER TABLE t ADD COLUMN m int; DO $$ DECLARE r record; BEGIN FOR r IN SELECT n FROM u LOOP PERFORM r.n; END LOOP; END $$",
      },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD UNIQUE (n)" },
      { given: "CREATE TABLE t (n int); CREATE INDEX t_n ON t (n)", sql: "DROP INDEX t_n" },
      { given: "CREATE TABLE t (n int)", sql: "LOCK TABLE t" },
      { given: "CREATE TABLE t (n int)", sql: "DO $$ BEGIN LOCK TABLE t; END $$" },
      { given: "CREATE MATERIALIZED VIEW m AS SELECT 1 AS n", sql: "REFRESH MATERIALIZED VIEW m" },
      {
        given: "CREATE MATERIALIZED VIEW m AS SELECT 1 AS n",
        sql: "DO $$ BEGIN REFRESH MATERIALIZED VIEW m; END $$",
      },
      {
        given: "CREATE TABLE t (n int) PARTITION BY LIST (n); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)",
        sql: "ALTER TABLE t DETACH PARTITION t1",
      },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int; ALTER TABLE t ALTER m SET DEFAULT 1" },
      {
        given: "CREATE TABLE t (n int PRIMARY KEY)",
        sql: "ALTER TABLE t ADD COLUMN m int; UPDATE t SET m = 1 WHERE n = 5",
      },
      {
        given: "CREATE TABLE t (id serial PRIMARY KEY)",
        sql: "ALTER TABLE t ADD COLUMN m int; SELECT setval('t_id_seq', max(id)) FROM t",
      },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int; SELECT n FROM t WHERE n = 5" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int; INSERT INTO t VALUES (1, 2)" },
      { given: "CREATE TABLE t (n int); CREATE INDEX t_n ON t (n)", sql: "DROP INDEX CONCURRENTLY t_n" },
      { given: "CREATE TABLE t (n int)", sql: "DROP INDEX IF EXISTS t_n" },
      { given: "CREATE TABLE t (n int UNIQUE)", sql: "ALTER TABLE t DROP CONSTRAINT t_n_key" },
    ],
  },
  *find(file) {
    const waits = new Map(waitsOf(file).map((wait) => [wait.statement, wait]));
    for (const { statement, resolve } of inOrder(file)) {
      for (const found of [buildsIndex, dropsIndex, locksTable, refreshesView, detaches]) {
        const match = found(file, statement, resolve);
        if (match) yield { statement, ...match };
      }
      const wait = waits.get(statement);
      const held = wait?.held.filter(({ blocked }) => blocked === "reads and writes") ?? [];
      const [first] = held;
      if (!wait || !first) continue;
      const relations = held.map(({ relation }) => relation);
      const message = `reads and writes of ${namedAll(relations)} wait until COMMIT, since statement ${first.by.number}, while this works on ${named(wait.work)}`;
      yield { statement, message };
    }
  },
};

type Found = Pick<RuleMatch, "message" | "recipe"> | undefined;

/** An index that is built for a constraint or a changed collation; CREATE INDEX blocks only writes. */
function buildsIndex(file: TracedFile, statement: TracedStatement): Found {
  const isAlter = kindOf(statement) === "AlterTableStmt";
  const isOwn = (touch: Touch) => newIndexes(touch).length > (isAlter ? 0 : newPlainIndexes(touch).length);
  if (kindOf(statement) === "IndexStmt") return undefined;
  const built = statement.touches.filter(
    (touch) => touch.lock === "AccessExclusive" && touch.scanned && !touch.rewritten && isOwn(touch),
  );
  if (built.length === 0) return undefined;
  const message = `builds an index on ${namedAll(built.map(({ before }) => before))}; reads and writes wait ${until(file, statement)}`;
  const subtypes = new Set(alterCommands(statement).map((command) => textAt(command, "subtype")));
  if (subtypes.has("AT_AlterColumnType") && !subtypes.has("AT_AddConstraint")) {
    return { message, recipe: FOR_CLIENTS.type };
  }
  const kinds = built.flatMap((touch) => newConstraints(touch).map(({ kind }) => kind));
  const other = subtypes.has("AT_AttachPartition") ? RECIPES.attach : RECIPES.apart;
  return { message, recipe: kinds.includes("x") ? EXCLUSION : kinds.length > 0 ? INDEX_FIRST : other };
}

/** An index of a constraint or a column is dropped with it; nothing is faster. */
function dropsIndex(_file: TracedFile, statement: TracedStatement): Found {
  const isDrop = textAt(bodyOf(statement), "removeType") === "OBJECT_INDEX";
  if (!isDrop && !(isOpaque(statement) && /\bdrop\s+index\b/i.test(statement.statement.text))) return undefined;
  const touch = statement.touches.find(
    ({ before, after, held }) => held !== "AccessExclusive" && after && after.indexes.length < before.indexes.length,
  );
  if (!touch) return undefined;
  const message = `to drop an index of ${named(touch.before)}, waits for all its queries, and new ones wait meanwhile`;
  return { message, recipe: RECIPES.drop };
}

function locksTable(file: TracedFile, statement: TracedStatement, resolve: Resolve): Found {
  const locked = lockedTables(file, statement, resolve, (mode) => mode === "AccessExclusive");
  if (locked.length === 0) return undefined;
  const recipe = "LOCK TABLE <table> IN SHARE ROW EXCLUSIVE MODE;  -- lets others read";
  return { message: `reads and writes of ${namedAll(locked)} wait ${until(file, statement)}`, recipe };
}

function refreshesView(file: TracedFile, statement: TracedStatement): Found {
  if (kindOf(statement) !== "RefreshMatViewStmt" && !isOpaque(statement)) return undefined;
  const view = statement.touches.find(({ before, rewritten }) => before.kind === "m" && rewritten)?.before;
  return view && { message: `reads of ${named(view)} wait ${until(file, statement)}`, recipe: RECIPES.refresh };
}

function detaches(file: TracedFile, statement: TracedStatement, resolve: Resolve): Found {
  const isDetach = alterCommands(statement).some(
    (command) =>
      textAt(command, "subtype") === "AT_DetachPartition" && !at(command, "def", "PartitionCmd", "concurrent"),
  );
  const table = isDetach ? resolve(at(bodyOf(statement), "relation") as RangeVar) : undefined;
  if (!table) return undefined;
  const message = `to detach a partition, waits for all queries of ${named(table)}, and new ones wait ${until(file, statement)}`;
  return { message, recipe: RECIPES.detach };
}
