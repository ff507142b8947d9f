import type { CheckRule } from "../check/rule.ts";
import { matchesOf, typedColumnWords } from "../check/words.ts";
import { madeColumns } from "../trace/changed-relations.ts";

export const narrowInteger: CheckRule = {
  id: "narrow-integer",
  group: "style",
  title: "Narrow integer",
  why: "Counters and sums outgrow 2,147,483,647, or the 32,767 of smallint. Then each INSERT and UPDATE with a larger value fails, and the change to bigint rewrites the table. narrow-key finds columns of keys.",
  recipe: "CREATE TABLE <table> (<column> bigint);",
  examples: {
    bad: [
      { sql: "CREATE TABLE t (n int)" },
      { sql: "CREATE TABLE t (a smallint, b integer[])" },
      { given: "CREATE TABLE t (n bigint)", sql: "ALTER TABLE t ADD COLUMN m int" },
    ],
    good: [
      { sql: "CREATE TABLE t (n bigint, m numeric, x real)" },
      { sql: "CREATE TABLE t (id int PRIMARY KEY)" },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY)",
        sql: "CREATE TABLE t (p int REFERENCES p)",
      },
      { sql: "CREATE TABLE t (n int); ALTER TABLE t ALTER COLUMN n TYPE bigint" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ALTER COLUMN n SET NOT NULL" },
    ],
  },
  find: (file) =>
    matchesOf(
      madeColumns(file).filter(({ relation, part: { number, type } }) => {
        const isKey = relation.constraints.some(
          ({ kind, columns }) => ["p", "f"].includes(kind) && columns.includes(number),
        );
        return /^(smallint|integer)(\[\])?$/.test(type) && !isKey;
      }),
      (found) => ({ message: typedColumnWords(found) }),
    ),
};
