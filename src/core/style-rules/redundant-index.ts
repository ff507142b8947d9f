import type { CheckRule } from "../check/rule.ts";
import { matchesOf, named, several, sqlName } from "../check/words.ts";
import { type ChangedRelation, changedTables, originOfIndex } from "../trace/changed-relations.ts";
import type { Index, TracedFile } from "../trace/trace.ts";

export const redundantIndex: CheckRule = {
  id: "redundant-index",
  group: "style",
  isStrict: true,
  title: "Redundant index",
  why: "Another index begins with the same columns, so each query can use that one. This one only makes writes slower, and takes space on disk and in memory.",
  recipe: "DROP INDEX CONCURRENTLY <index>;  -- in a file of its own; or do not create it",
  examples: {
    bad: [
      { sql: "CREATE TABLE t (a int, b int); CREATE INDEX t_a ON t (a); CREATE INDEX t_a_b ON t (a, b)" },
      { given: "CREATE TABLE t (a int PRIMARY KEY)", sql: "CREATE INDEX t_a ON t (a)" },
      { given: "CREATE TABLE t (a int UNIQUE)", sql: "CREATE UNIQUE INDEX t_a ON t (a)" },
      {
        given: "CREATE TABLE t (a int, b int); CREATE INDEX t_a ON t (a)",
        sql: "CREATE INDEX CONCURRENTLY t_a_b ON t (a, b)",
      },
    ],
    good: [
      { sql: "CREATE TABLE t (a int, b int); CREATE INDEX t_b ON t (b); CREATE INDEX t_a_b ON t (a, b)" },
      { sql: "CREATE TABLE t (a int, b int); CREATE UNIQUE INDEX t_a ON t (a); CREATE INDEX t_a_b ON t (a, b)" },
      { sql: "CREATE TABLE t (a int, b int); CREATE INDEX t_a ON t (a); CREATE INDEX t_part ON t (a) WHERE b > 0" },
      { sql: "CREATE TABLE t (a text); CREATE INDEX t_a ON t (a); CREATE INDEX t_like ON t (a text_pattern_ops)" },
      { sql: "CREATE TABLE t (a text, b text); CREATE INDEX t_a ON t (lower(a)); CREATE INDEX t_b ON t (lower(b))" },
      {
        sql: "CREATE TABLE t (a int, b int); CREATE INDEX t_a ON t (a) INCLUDE (b); CREATE UNIQUE INDEX t_one ON t (a)",
      },
      { sql: "CREATE TABLE t (a int[]); CREATE INDEX t_a ON t (a); CREATE INDEX t_in ON t USING gin (a)" },
      {
        given: "CREATE TABLE t (a int, b int); CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (a, b)",
        sql: "CREATE INDEX t_c ON t (b)",
      },
    ],
  },
  find: (file) =>
    matchesOf(
      changedTables(file).flatMap((table) => redundancies(file, table)),
      (found) => ({
        message: several(
          found.map(({ words }) => words),
          "indexes",
        ),
      }),
    ),
};

/** The pairs of indexes of which the file has made at least one. */
function redundancies(file: TracedFile, changed: ChangedRelation) {
  const { relation, before } = changed;
  const old = new Set(before?.indexes.map(({ name }) => name));
  const owned = new Set(relation.constraints.map(({ index }) => index));
  return relation.indexes.flatMap((index) => {
    const better = relation.indexes.find((other) => !owned.has(index.oid) && covers(other, index, owned));
    const made = [index, better].find((one) => one && !old.has(one.name));
    const origin = better && made && originOfIndex(file, changed, made);
    if (!origin) return [];
    return [{ ...origin, words: `${sqlName(index.name)} of ${named(relation)}, beside ${sqlName(better.name)}` }];
  });
}

/**
 * True if an index does everything that the other one does. Of two equal ones, that of a constraint or the older one
 * does. Equal operator classes mean equal access methods.
 */
function covers(index: Index, other: Index, owned: ReadonlySet<number>): boolean {
  const length = other.orders.length;
  const isPlain = other.columns.length === length && !other.columns.includes(0);
  if (index.oid === other.oid || index.partial || other.partial || !isPlain) return false;
  const isPrefix = other.orders.every(
    (order, key) => order === index.orders[key] && other.columns[key] === index.columns[key],
  );
  if (!isPrefix) return false;
  const isEqual = index.columns.length === length && index.unique === other.unique;
  if (isEqual) return owned.has(index.oid) || index.oid < other.oid;
  return index.method === "btree" && (!other.unique || (index.unique && index.orders.length === length));
}
