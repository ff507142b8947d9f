import type { CheckRule } from "../check/rule.ts";
import { named } from "../check/words.ts";
import { bodyOf, kindOf, listAt, textAt } from "../parse-tree/node.ts";
import { isOpaque } from "../trace/row-work.ts";
import type { NamedThing, TracedFile, TracedStatement } from "../trace/trace.ts";

export const enumType: CheckRule = {
  id: "enum-type",
  group: "style",
  title: "Enum type",
  why: "No statement removes a value from an enum type, or changes the order of its values. A new type has to replace it, which rewrites each table that uses it. Rows of a table can be changed, and can have more columns.",
  recipe: `CREATE TABLE <kinds> (<name> text PRIMARY KEY);
INSERT INTO <kinds> (<name>) VALUES ('<value>'), ('<value>');
CREATE TABLE <table> (<kind> text REFERENCES <kinds>);`,
  examples: {
    bad: [
      { sql: "CREATE TYPE mood AS ENUM ('good', 'bad')" },
      { sql: "CREATE TYPE mood AS ENUM ('good'); ALTER TYPE mood RENAME TO feeling" },
      { sql: "DO $$ BEGIN CREATE TYPE mood AS ENUM ('good'); END $$" },
    ],
    good: [
      { sql: "CREATE TABLE moods (name text PRIMARY KEY)" },
      { sql: "CREATE TYPE mood AS ENUM ('good'); DROP TYPE mood" },
      { sql: "CREATE TYPE pair AS (a int, b int)" },
      { given: "CREATE TYPE mood AS ENUM ('good')", sql: "ALTER TYPE mood ADD VALUE 'bad' AFTER 'good'" },
    ],
  },
  *find(file) {
    const old = new Set(file.thingsBefore.map(({ oid }) => oid));
    const made = new Map(
      file.thingsAfter.filter(({ kind, oid }) => kind === "enum value" && !old.has(oid)).map((one) => [one.oid, one]),
    );
    for (const type of made.values()) {
      const statement = makerOf(file, type);
      if (statement) yield { statement, message: named(type) };
    }
  },
};

/** The statement that makes an enum type; one that was renamed later has another name there. */
function makerOf({ statements }: TracedFile, { name }: NamedThing): TracedStatement | undefined {
  const makers = statements.filter((one) => kindOf(one) === "CreateEnumStmt");
  const isNamed = (one: TracedStatement) => textAt(listAt(bodyOf(one), "typeName").at(-1), "String", "sval") === name;
  const isHidden = (one: TracedStatement) => isOpaque(one) && /\benum\b/i.test(one.statement.text);
  return makers.find(isNamed) ?? statements.find(isHidden) ?? makers[0];
}
