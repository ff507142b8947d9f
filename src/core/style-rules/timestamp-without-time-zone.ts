import type { CheckRule } from "../check/rule.ts";
import { columnWords, matchesOf } from "../check/words.ts";
import { madeColumns } from "../trace/changed-relations.ts";

export const timestampWithoutTimeZone: CheckRule = {
  id: "timestamp-without-time-zone",
  group: "style",
  isStrict: true,
  title: "Timestamp without time zone",
  why: "The value is no point in time: readers in another time zone take it for another one, and the hour in which daylight saving time ends is ambiguous. timestamptz needs no more space.",
  recipe: "CREATE TABLE <table> (<column> timestamptz);",
  examples: {
    bad: [
      { sql: "CREATE TABLE t (at timestamp)" },
      { sql: "CREATE TABLE t (at timestamp(3) without time zone)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN at timestamp" },
      { given: "CREATE TABLE t (n int)", sql: "DO $$ BEGIN CREATE TABLE u AS SELECT localtimestamp AS at; END $$" },
    ],
    good: [
      { sql: "CREATE TABLE t (at timestamptz)" },
      { sql: "CREATE TABLE t (day date, at time)" },
      { sql: "CREATE TABLE t (at timestamp); ALTER TABLE t ALTER COLUMN at TYPE timestamptz" },
      { given: "CREATE TABLE t (at timestamp)", sql: "ALTER TABLE t ADD COLUMN n int" },
      {
        given: "CREATE TABLE t (at timestamp)",
        sql: "ALTER TABLE t ADD COLUMN IF NOT EXISTS at timestamp, ALTER COLUMN at SET NOT NULL",
      },
    ],
  },
  find: (file) =>
    matchesOf(
      madeColumns(file).filter(({ part }) => /^timestamp(\(\d\))? without/.test(part.type)),
      (found) => ({ message: columnWords(found) }),
    ),
};
