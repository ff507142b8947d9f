import type { CheckRule } from "../check/rule.ts";
import { matchesOf, namedAll } from "../check/words.ts";
import { changedTables, originOf } from "../trace/changed-relations.ts";
import type { Relation } from "../trace/trace.ts";

export const noPrimaryKey: CheckRule = {
  id: "no-primary-key",
  group: "style",
  isStrict: true,
  title: "No primary key",
  why: "No query can change one of two equal rows. Logical replication rejects UPDATE and DELETE, and a change in batches has no key to follow.",
  recipe: "CREATE TABLE <table> (<column> bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);",
  examples: {
    bad: [
      { sql: "CREATE TABLE t (n int UNIQUE)" },
      { given: "CREATE TABLE t (n int PRIMARY KEY)", sql: "CREATE TABLE u AS SELECT * FROM t" },
      { given: "CREATE TABLE t (n int PRIMARY KEY)", sql: "ALTER TABLE t DROP CONSTRAINT t_pkey" },
      { given: "CREATE TABLE t (n int PRIMARY KEY)", sql: "DO $$ BEGIN CREATE TABLE u (n int); END $$" },
    ],
    good: [
      { sql: "CREATE TABLE t (id bigint PRIMARY KEY)" },
      { sql: "CREATE TABLE t (n int); ALTER TABLE t RENAME TO u; ALTER TABLE u ADD PRIMARY KEY (n)" },
      { sql: "CREATE TEMPORARY TABLE t (n int)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int" },
      {
        given: "CREATE TABLE t (n int PRIMARY KEY) PARTITION BY LIST (n)",
        sql: "CREATE TABLE u PARTITION OF t DEFAULT",
      },
    ],
  },
  find: (file) =>
    matchesOf(
      changedTables(file).flatMap((changed) => {
        const { relation, before } = changed;
        if (hasKey(relation) || (before && !hasKey(before))) return [];
        const origin = originOf(
          file,
          changed,
          (one) => !hasKey(one),
          () => false,
        );
        return origin ? [{ ...origin, relation }] : [];
      }),
      (found) => ({ message: namedAll(found.map(({ relation }) => relation)) }),
    ),
};

function hasKey({ constraints }: Relation): boolean {
  return constraints.some(({ kind }) => kind === "p");
}
