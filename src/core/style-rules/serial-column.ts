import type { CheckRule } from "../check/rule.ts";
import { matchesOf, partWords, sqlName } from "../check/words.ts";
import { at, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import { changedTables } from "../trace/changed-relations.ts";

/** The parser leaves these names as they are, because the server makes more of them than a type. */
const SERIALS = new Set(["serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"]);

export const serialColumn: CheckRule = {
  id: "serial-column",
  group: "style",
  isStrict: true,
  title: "Serial column",
  why: "serial makes a sequence that needs privileges of its own, and any INSERT can give another value, which a later one then repeats. An identity column has neither problem.",
  recipe: "CREATE TABLE <table> (<column> bigint GENERATED ALWAYS AS IDENTITY);",
  examples: {
    bad: [
      { sql: "CREATE TABLE t (id serial)" },
      { sql: "CREATE TABLE t (id bigserial PRIMARY KEY); ALTER TABLE t RENAME TO u" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN id smallserial" },
    ],
    good: [
      { sql: "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY)" },
      { sql: "CREATE TABLE t (id serial); DROP TABLE t" },
      { sql: "CREATE SEQUENCE s; CREATE TABLE t (id bigint DEFAULT nextval('s'))" },
    ],
  },
  find: (file) =>
    matchesOf(
      changedTables(file).flatMap(({ relation, statements }) =>
        statements.flatMap((statement) =>
          serials(statement.tree)
            .filter(({ name }) => relation.columns.some((column) => column.name === name && column.filled))
            .map((column) => ({ statement, relation, ...column })),
        ),
      ),
      (found) => ({ message: partWords(found, ({ name }) => sqlName(name), "columns") }),
    ),
};

/** The columns of a statement that are written as serial, with their places. */
function serials(tree: unknown): { readonly name: string; readonly at?: number }[] {
  return nodesOf(tree, "ColumnDef").flatMap((column) => {
    const type = textAt(listAt(column, "typeName", "names").at(-1), "String", "sval");
    const [name, place] = [textAt(column, "colname"), at(column, "location")];
    if (name === undefined || !SERIALS.has(type ?? "")) return [];
    return [{ name, ...(typeof place === "number" && { at: place }) }];
  });
}
