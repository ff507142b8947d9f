import type { CheckRule } from "../check/rule.ts";
import { alterCommands, at, bodyOf, kindOf, textAt } from "../parse-tree/node.ts";
import type { TracedStatement } from "../trace/trace.ts";

const IF_NOT_EXISTS = "IF NOT EXISTS";
const IF_EXISTS = "IF EXISTS";

export const cannotRunTwice: CheckRule = {
  id: "cannot-run-twice",
  group: "style",
  isStrict: true,
  title: "Cannot run twice",
  why: "A file that runs outside a transaction can end halfway. pgstep continues where it stopped, but psql and other tools begin again, and fail at what is there already.",
  recipe: `DROP INDEX CONCURRENTLY IF EXISTS <index>;  -- a failed build leaves an INVALID index
CREATE INDEX CONCURRENTLY IF NOT EXISTS <index> ON <table> (<columns>);`,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "CREATE INDEX CONCURRENTLY t_n ON t (n)" },
      { given: "CREATE TABLE t (n int); CREATE INDEX t_n ON t (n)", sql: "DROP INDEX CONCURRENTLY t_n" },
      { sql: "-- Transaction: none\nCREATE TABLE t (n int)" },
      { given: "CREATE TABLE t (n int)", sql: "-- Transaction: none\nALTER TABLE t ADD COLUMN m int" },
    ],
    good: [
      { sql: "CREATE TABLE t (n int); CREATE INDEX t_n ON t (n)" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n)" },
      { given: "CREATE TABLE t (n int)", sql: "-- Transaction: none\nALTER TABLE t ADD COLUMN IF NOT EXISTS m int" },
      { sql: "-- Transaction: none\nSELECT 1" },
    ],
  },
  *find({ statements }) {
    for (const statement of statements) {
      const missing = statement.alone ? missingWords(statement) : undefined;
      if (missing !== undefined) yield { statement, message: `${missing} is missing` };
    }
  },
};

/** Statements that can have IF NOT EXISTS, and the field that says so. */
const CREATING: Readonly<Record<string, string>> = {
  AlterEnumStmt: "skipIfNewValExists",
  CreateExtensionStmt: "if_not_exists",
  CreateSchemaStmt: "if_not_exists",
  CreateSeqStmt: "if_not_exists",
  CreateStmt: "if_not_exists",
  CreateTableAsStmt: "if_not_exists",
  IndexStmt: "if_not_exists",
};

/** The words without which a statement fails the second time; undefined if it needs none, or there are none. */
function missingWords(statement: TracedStatement): string | undefined {
  const [kind = "", body] = [kindOf(statement), bodyOf(statement)];
  // A renamed value of an enum type is another kind of change, in the same statement.
  if (kind === "AlterEnumStmt" && body.oldVal !== undefined) return undefined;
  const field = CREATING[kind];
  if (field !== undefined) return body[field] === true ? undefined : IF_NOT_EXISTS;
  if (kind === "DropStmt") return body.missing_ok === true ? undefined : IF_EXISTS;
  for (const command of alterCommands(statement)) {
    const subtype = textAt(command, "subtype");
    if (at(command, "missing_ok") === true) continue;
    if (subtype === "AT_AddColumn") return IF_NOT_EXISTS;
    if (subtype === "AT_DropColumn" || subtype === "AT_DropConstraint") return IF_EXISTS;
  }
  return undefined;
}
