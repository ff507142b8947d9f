import type { CheckRule } from "../check/rule.ts";
import { matchesOf, partWords } from "../check/words.ts";
import { walk } from "../parse-tree/node.ts";
import { changedTables } from "../trace/changed-relations.ts";

/** Words for the constraints that should have a name; a primary key is always <table>_pkey. */
const CONSTRAINTS: Readonly<Record<string, string>> = {
  CONSTR_CHECK: "a CHECK constraint",
  CONSTR_EXCLUSION: "an EXCLUDE constraint",
  CONSTR_FOREIGN: "a foreign key",
  CONSTR_UNIQUE: "a UNIQUE constraint",
};

export const missingName: CheckRule = {
  id: "missing-name",
  group: "style",
  title: "Missing name",
  why: "PostgreSQL makes up the name, depending on the names that are taken. Later migrations that drop the constraint or index, and programs that read the name in an error, have to guess it.",
  recipe: `CREATE TABLE <table> (<column> <type> CONSTRAINT <name> CHECK (<condition>));
ALTER TABLE <table> ADD CONSTRAINT <name> FOREIGN KEY (<column>) REFERENCES <other>;
CREATE INDEX <name> ON <table> (<columns>);`,
  examples: {
    bad: [
      { sql: "CREATE TABLE t (a text CHECK (a <> ''))" },
      { sql: "CREATE TABLE t (a text UNIQUE)" },
      { sql: "CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE t (p bigint REFERENCES p)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD UNIQUE (n)" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE INDEX ON t (n)" },
    ],
    good: [
      { sql: "CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0)" },
      { sql: "CREATE TABLE t (a text CONSTRAINT t_a_not_empty CHECK (a <> ''))" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE INDEX t_n ON t (n)" },
      {
        given: "CREATE TABLE t (n int); CREATE UNIQUE INDEX t_n ON t (n)",
        sql: "ALTER TABLE t ADD UNIQUE USING INDEX t_n",
      },
    ],
  },
  find: (file) =>
    matchesOf(
      changedTables(file).flatMap(({ relation, statements }) =>
        statements.flatMap((statement) => nameless(statement.tree).map((one) => ({ statement, relation, ...one }))),
      ),
      (found) => ({ message: partWords(found, ({ words }) => words, "objects") }),
    ),
};

/** The constraints and indexes of a statement that have no name. */
function nameless(tree: unknown): { readonly words: string; readonly at?: number }[] {
  return [...walk(tree)].flatMap(([kind, { location, ...fields }]) => {
    const place = typeof location === "number" && { at: location };
    if (kind === "IndexStmt") return fields.idxname === undefined ? [{ words: "an index" }] : [];
    const words = kind === "Constraint" ? CONSTRAINTS[String(fields.contype)] : undefined;
    const isNamed = fields.conname !== undefined || fields.indexname !== undefined;
    return words !== undefined && !isNamed ? [{ words, ...place }] : [];
  });
}
