import type { CheckRule } from "../check/rule.ts";
import { matchesOf, typedColumnWords } from "../check/words.ts";
import { madeColumns } from "../trace/changed-relations.ts";

export const limitedText: CheckRule = {
  id: "limited-text",
  group: "style",
  title: "Limited text",
  why: "The limit saves neither space nor time, and a longer value fails. A CHECK constraint can say more, and can change without a new type; char(n) also pads each value with spaces.",
  recipe: "CREATE TABLE <table> (<column> text CONSTRAINT <name> CHECK (length(<column>) <= <limit>));",
  examples: {
    bad: [
      { sql: "CREATE TABLE t (a varchar(20))" },
      { sql: "CREATE TABLE t (a char(2), b char)" },
      { sql: "CREATE TABLE t (a varchar(20)[])" },
      { given: "CREATE TABLE t (a text)", sql: "ALTER TABLE t ALTER COLUMN a TYPE varchar(20)" },
    ],
    good: [
      { sql: "CREATE TABLE t (a text, b varchar)" },
      { sql: "CREATE TABLE t (a text CONSTRAINT t_a CHECK (length(a) <= 20))" },
      { given: "CREATE TABLE t (a varchar(20))", sql: "ALTER TABLE t RENAME COLUMN a TO b" },
      { sql: "CREATE TABLE t (a varchar(20)); DROP TABLE t" },
    ],
  },
  find: (file) =>
    matchesOf(
      madeColumns(file).filter(({ part }) => /^character( varying)?\(/.test(part.type)),
      (found) => ({ message: typedColumnWords(found) }),
    ),
};
