import type { CheckRule } from "../check/rule.ts";
import { matchesOf, partWords, sqlName } from "../check/words.ts";
import { changedTables, originOfIndex } from "../trace/changed-relations.ts";

/** The columns of an index that no query needs all of. */
const MOST_COLUMNS = 3;

export const wideIndex: CheckRule = {
  id: "wide-index",
  group: "style",
  title: "Wide index",
  why: "The first columns decide which rows an index finds. Each further one makes the index larger and writes slower, and rarely helps: an index on the one to three columns with the most values is as fast for most queries.",
  recipe: `CREATE INDEX CONCURRENTLY <index> ON <table> (<column>, <column>);
-- columns that a query only returns:
CREATE INDEX CONCURRENTLY <index> ON <table> (<column>) INCLUDE (<columns>);`,
  examples: {
    bad: [
      { sql: "CREATE TABLE t (a int, b int, c int, d int); CREATE INDEX t_all ON t (a, b, c, d)" },
      {
        given: "CREATE TABLE t (a int, b int, c int, d int)",
        sql: "CREATE INDEX CONCURRENTLY t_all ON t (a, b, c, (d + 1))",
      },
      {
        given: "CREATE TABLE t (a int, b int, c int, d int)",
        sql: "DO $$ BEGIN CREATE INDEX t_all ON t (d, c, b, a); END $$",
      },
    ],
    good: [
      { sql: "CREATE TABLE t (a int, b int, c int, d int); CREATE INDEX t_three ON t (a, b, c)" },
      { sql: "CREATE TABLE t (a int, b int, c int, d int); CREATE UNIQUE INDEX t_all ON t (a, b, c, d)" },
      { sql: "CREATE TABLE t (a int, b int, c int, d int); CREATE INDEX t_a ON t (a) INCLUDE (b, c, d)" },
      { sql: "CREATE TABLE t (a int, b int, c int, d int, PRIMARY KEY (a, b, c, d))" },
      {
        given: "CREATE TABLE t (a int, b int, c int, d int); CREATE INDEX t_all ON t (a, b, c, d)",
        sql: "ALTER TABLE t ADD COLUMN e int",
      },
    ],
  },
  find: (file) =>
    matchesOf(
      changedTables(file).flatMap((changed) => {
        const { relation, before } = changed;
        const old = new Set(before?.indexes.map(({ name }) => name));
        return relation.indexes
          .filter(({ name, unique, method, orders }) => {
            const isSearched = !unique && method === "btree" && orders.length > MOST_COLUMNS;
            return isSearched && !old.has(name);
          })
          .flatMap((index) => {
            const origin = originOfIndex(file, changed, index);
            return origin ? [{ ...origin, relation, index }] : [];
          });
      }),
      (found) => ({
        message: partWords(found, ({ index }) => `${sqlName(index.name)} (${index.orders.length} columns)`, "indexes"),
      }),
    ),
};
