import type { CheckRule } from "../check/rule.ts";
import { matchesOf, named, several, sqlName } from "../check/words.ts";
import { type Made, madeConstraints } from "../trace/changed-relations.ts";
import type { Column, Constraint, Relation, TracedFile } from "../trace/trace.ts";

/** The types of whole numbers, narrowest first. */
const WIDTHS = ["smallint", "integer", "bigint"];

export const narrowKey: CheckRule = {
  id: "narrow-key",
  group: "style",
  isStrict: true,
  title: "Narrow key",
  why: "An integer key ends at 2,147,483,647, a smallint key at 32,767. Then each INSERT fails, and the change to bigint rewrites the table, while reads and writes wait.",
  recipe: `CREATE TABLE <table> (<column> bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE <other> (<column> bigint REFERENCES <table>);`,
  examples: {
    bad: [
      { sql: "CREATE TABLE t (id int PRIMARY KEY)" },
      { sql: "CREATE TABLE t (id serial PRIMARY KEY)" },
      { sql: "CREATE TABLE t (id smallint GENERATED ALWAYS AS IDENTITY); ALTER TABLE t ADD PRIMARY KEY (id)" },
      { given: "CREATE TABLE p (id bigint PRIMARY KEY)", sql: "CREATE TABLE t (p int REFERENCES p)" },
    ],
    good: [
      { sql: "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)" },
      { sql: "CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t ALTER COLUMN id TYPE bigint" },
      { sql: "CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))" },
      { given: "CREATE TABLE p (id int PRIMARY KEY)", sql: "CREATE TABLE t (p int PRIMARY KEY REFERENCES p)" },
    ],
  },
  find: (file) =>
    matchesOf(
      madeConstraints(file, "p", "f").flatMap((key) => {
        const words = key.part.kind === "p" ? primaryKey(key) : reference(file, key);
        return words === undefined ? [] : [{ ...key, words }];
      }),
      (found) => ({
        message: several(
          found.map(({ words }) => words),
          "keys",
        ),
      }),
    ),
};

/** Only a key of one column numbers the rows. A column that refers to another key has the type of that key. */
function primaryKey({ relation, part }: Made<Constraint>): string | undefined {
  const [column, another] = part.columns.map((number) => columnOf(relation, number));
  if (!column || another || !isNarrower(column.type, "bigint")) return undefined;
  if (relation.constraints.some(({ kind, columns }) => kind === "f" && columns.includes(column.number)))
    return undefined;
  return `${sqlName(column.name)} of ${named(relation)} is ${column.type}`;
}

function reference({ after }: TracedFile, { relation, part }: Made<Constraint>): string | undefined {
  const referred = after.get(part.refersTo?.relation ?? 0);
  for (const [index, number] of part.columns.entries()) {
    const [column, key] = [columnOf(relation, number), referred && columnOf(referred, part.refersTo?.columns[index])];
    if (!referred || !column || !key || !isNarrower(column.type, key.type)) continue;
    return `${sqlName(column.name)} of ${named(relation)} is ${column.type}, ${sqlName(key.name)} of ${named(referred)} is ${key.type}`;
  }
  return undefined;
}

function columnOf({ columns }: Relation, number: number | undefined): Column | undefined {
  return columns.find((one) => one.number === number);
}

function isNarrower(type: string, other: string): boolean {
  return WIDTHS.includes(type) && WIDTHS.indexOf(type) < WIDTHS.indexOf(other);
}
