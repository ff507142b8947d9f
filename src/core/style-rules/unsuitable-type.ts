import type { CheckRule } from "../check/rule.ts";
import { matchesOf, typedColumnWords } from "../check/words.ts";
import { madeColumns } from "../trace/changed-relations.ts";

const JSONB = "CREATE TABLE <table> (<column> jsonb);";

/** The types that columns should not have, as format_type spells them, with the better one. */
const TYPES: readonly { readonly type: RegExp; readonly recipe: string }[] = [
  { type: /^json(\[\])?$/, recipe: JSONB },
  {
    type: /^money(\[\])?$/,
    recipe: "CREATE TABLE <table> (<column> numeric(<digits>, 2));  -- and the currency in another column",
  },
  { type: /^time(\(\d\))? with time zone/, recipe: "CREATE TABLE <table> (<column> timestamptz);" },
];

export const unsuitableType: CheckRule = {
  id: "unsuitable-type",
  group: "style",
  isStrict: true,
  title: "Unsuitable type",
  why: "json has no equality, so DISTINCT, GROUP BY and UNION fail, and no index finds its contents. money depends on the server's locale. timetz has an offset, but no date that it is valid for.",
  recipe: JSONB,
  examples: {
    bad: [
      { sql: "CREATE TABLE t (a json)" },
      { sql: "CREATE TABLE t (a money)" },
      { sql: "CREATE TABLE t (a timetz)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN a json[]" },
    ],
    good: [
      { sql: "CREATE TABLE t (a jsonb, b numeric(12, 2), c timestamptz, d time)" },
      { sql: "CREATE TABLE t (a json); ALTER TABLE t ALTER COLUMN a TYPE jsonb" },
      { sql: "CREATE TYPE money_kind AS ENUM ('a'); CREATE TABLE t (a money_kind)" },
    ],
  },
  find: (file) =>
    TYPES.flatMap(({ type, recipe }) =>
      matchesOf(
        madeColumns(file).filter(({ part }) => type.test(part.type)),
        (found) => ({ message: typedColumnWords(found), recipe }),
      ),
    ),
};
