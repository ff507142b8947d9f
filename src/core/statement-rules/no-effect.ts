import type { CheckRule } from "../check/rule.ts";
import { named, several, sqlName } from "../check/words.ts";
import { alterCommands, at, bodyOf, kindOf, textAt } from "../parse-tree/node.ts";
import { inOrder, type RangeVar, type Resolve } from "../trace/resolve.ts";
import type { Relation, TracedFile, TracedStatement } from "../trace/trace.ts";

export const noEffect: CheckRule = {
  id: "no-effect",
  group: "style",
  isStrict: true,
  title: "No effect",
  why: "An earlier migration has made an object of this name, so IF NOT EXISTS skips the statement, even if the two differ. What the file says is not what the database has.",
  recipe: `ALTER TABLE <table> ADD COLUMN <column> <type>;  -- change the object that exists
-- or leave the statement out`,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "CREATE TABLE IF NOT EXISTS t (n int, m int)" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS m" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN IF NOT EXISTS n text" },
      { given: "CREATE TABLE t (n int, m int); CREATE INDEX i ON t (n)", sql: "CREATE INDEX IF NOT EXISTS i ON t (m)" },
    ],
    good: [
      { sql: "CREATE TABLE IF NOT EXISTS t (n int)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN IF NOT EXISTS m int" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (n)" },
      { given: "CREATE TABLE t (n int)", sql: "DROP TABLE t; CREATE TABLE IF NOT EXISTS t (n int, m int)" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE SCHEMA s; CREATE TABLE IF NOT EXISTS s.t (n int)" },
      {
        given: "CREATE TABLE t (n int)",
        sql: "CREATE SCHEMA s; SET LOCAL search_path = s; CREATE TABLE IF NOT EXISTS t (n int)",
      },
    ],
  },
  *find(file) {
    for (const { statement, resolve } of inOrder(file)) {
      const found = existing(file, statement, resolve);
      const verb = found.length === 1 ? "exists" : "exist";
      if (found.length > 0) yield { statement, message: `${several(found, "objects")} ${verb} already` };
    }
  },
};

/** The object that a statement with IF NOT EXISTS found, in words. */
function existing(file: TracedFile, statement: TracedStatement, resolve: Resolve): string[] {
  const body = bodyOf(statement);
  const isConditional = body.if_not_exists === true;
  switch (kindOf(statement)) {
    case "CreateStmt":
      return isConditional ? existingTable(file, resolve(at(body, "relation") as RangeVar)) : [];
    case "CreateTableAsStmt":
      return isConditional ? existingTable(file, resolve(at(body, "into", "rel") as RangeVar)) : [];
    case "IndexStmt": {
      const index = resolve(at(body, "relation") as RangeVar)?.indexes.find(({ name }) => name === body.idxname);
      return isConditional && index ? [`the index ${sqlName(index.name)}`] : [];
    }
    case "AlterTableStmt": {
      const table = resolve(at(body, "relation") as RangeVar);
      return alterCommands(statement).flatMap((command) => {
        const name = command.subtype === "AT_AddColumn" && textAt(command, "def", "ColumnDef", "colname");
        const column = command.missing_ok === true && table?.columns.find((one) => one.name === name);
        return table && column ? [`${sqlName(column.name)} of ${named(table)}`] : [];
      });
    }
    default:
      return [];
  }
}

/** A name without a schema may mean one of several: if the file has made a table of that name, it was not this one. */
function existingTable({ before, after }: TracedFile, table: Relation | undefined): string[] {
  const isMade = [...after.values()].some(({ oid, name }) => name === table?.name && !before.has(oid));
  return table && !isMade ? [named(table)] : [];
}
