import type { CheckRule } from "../check/rule.ts";
import { matchesOf, partWords, sqlName } from "../check/words.ts";
import { columnNames, type Made, madeConstraints } from "../trace/changed-relations.ts";
import type { Constraint } from "../trace/trace.ts";

export const unindexedForeignKey: CheckRule = {
  id: "unindexed-foreign-key",
  group: "style",
  isStrict: true,
  title: "Foreign key without index",
  why: "PostgreSQL indexes the referenced columns, not those that refer to them. Each DELETE of a referenced row, and each change of its key, then reads the whole table.",
  recipe: `CREATE INDEX <index> ON <table> (<columns>);
-- for a table that was there before: CONCURRENTLY, in a file of its own, before the foreign key`,
  examples: {
    bad: [
      {
        given: "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b))",
        sql: "CREATE TABLE t (a int, b int, FOREIGN KEY (a, b) REFERENCES p); CREATE INDEX t_a ON t (a)",
      },
      { given: "CREATE TABLE p (id bigint PRIMARY KEY)", sql: "CREATE TABLE t (p bigint REFERENCES p)" },
      {
        given: "CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE t (p bigint, n int)",
        sql: "CREATE INDEX t_n ON t (n, p); ALTER TABLE t ADD CONSTRAINT t_p FOREIGN KEY (p) REFERENCES p",
      },
    ],
    good: [
      {
        given: "CREATE TABLE p (id bigint PRIMARY KEY)",
        sql: "CREATE TABLE t (p bigint REFERENCES p); CREATE INDEX ON t (p, (p + 1))",
      },
      {
        given: "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b))",
        sql: "CREATE TABLE t (a int, b int, n int, PRIMARY KEY (b, a, n), FOREIGN KEY (a, b) REFERENCES p)",
      },
      { given: "CREATE TABLE p (id bigint PRIMARY KEY)", sql: "CREATE TABLE t (p bigint UNIQUE REFERENCES p)" },
      {
        given: "CREATE TABLE p (id bigint PRIMARY KEY)",
        sql: "CREATE TABLE t (p bigint REFERENCES p); CREATE INDEX ON t (p) WHERE p IS NOT NULL",
      },
    ],
  },
  find: (file) =>
    matchesOf(
      madeConstraints(file, "f").filter((key) => !isIndexed(key)),
      (found) => ({ message: partWords(found, words, "keys") }),
    ),
};

/** True if an index finds the referring rows. The condition of a partial index is not known, so it counts. */
function isIndexed({ relation, part }: Made<Constraint>): boolean {
  const referring = new Set(part.columns);
  return relation.indexes.some(({ method, columns, orders }) => {
    const first = columns.slice(0, Math.min(referring.size, orders.length));
    return (
      ["btree", "hash"].includes(method) &&
      new Set(first).size === referring.size &&
      first.every((one) => referring.has(one))
    );
  });
}

function words({ relation, part }: Made<Constraint>): string {
  const columns = columnNames(relation, part.columns).map(sqlName);
  return columns.length === 1 ? columns.join() : `(${columns.join(", ")})`;
}
