import type { CheckRule } from "../check/rule.ts";
import { named } from "../check/words.ts";
import { alterCommands, type Fields, kindOf, textAt } from "../parse-tree/node.ts";
import { relationNames } from "../trace/names.ts";
import { isOpaque } from "../trace/row-work.ts";
import type { Touch, TracedStatement } from "../trace/trace.ts";

export const repeatedScan: CheckRule = {
  id: "repeated-scan",
  group: "style",
  isStrict: true,
  title: "Repeated scan",
  why: "Each of these ALTER TABLE statements goes through all rows, while the lock of the first one is held. One statement with all changes goes through them once.",
  recipe: `ALTER TABLE <table>
  ALTER COLUMN <column> TYPE <type>,
  ALTER COLUMN <column> SET NOT NULL;`,
  examples: {
    bad: [
      {
        given: "CREATE TABLE t (a int, b int)",
        sql: "ALTER TABLE t ALTER COLUMN a TYPE bigint; ALTER TABLE t ALTER COLUMN b TYPE bigint",
      },
      {
        given: "CREATE TABLE t (a int, b int)",
        sql: "ALTER TABLE t ALTER COLUMN a SET NOT NULL; ALTER TABLE t ADD CONSTRAINT t_b CHECK (b > 0)",
      },
    ],
    good: [
      {
        given: "CREATE TABLE t (a int, b int)",
        sql: "ALTER TABLE t ALTER COLUMN a TYPE bigint, ALTER COLUMN b TYPE bigint",
      },
      { given: "CREATE TABLE t (a int)", sql: "ALTER TABLE t ADD COLUMN b int; ALTER TABLE t ADD COLUMN c int" },
      {
        given: "CREATE TABLE t (a int); CREATE TABLE u (a int)",
        sql: "ALTER TABLE t ALTER COLUMN a TYPE bigint; ALTER TABLE u ALTER COLUMN a TYPE bigint",
      },
      {
        given: "CREATE TABLE t (a int)",
        sql: "ALTER TABLE t ALTER COLUMN a TYPE bigint; UPDATE t SET a = 0 WHERE a IS NULL; ALTER TABLE t ALTER COLUMN a SET NOT NULL",
      },
      {
        given: "CREATE TABLE t (a int, b int NOT NULL)",
        sql: "ALTER TABLE t ALTER COLUMN a TYPE bigint; UPDATE t SET b = 0 WHERE b IS NULL; ALTER TABLE t ALTER COLUMN a SET NOT NULL",
      },
      {
        given: "CREATE TABLE t (a int)",
        sql: "ALTER TABLE t ADD CONSTRAINT t_a CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT t_a",
      },
      {
        sql: "CREATE TABLE t (a int); ALTER TABLE t ALTER COLUMN a TYPE bigint; ALTER TABLE t ALTER COLUMN a TYPE text",
      },
    ],
  },
  *find({ statements }) {
    /** The names of the tables that were scanned, by their oids. */
    const scanned = new Map<number, string>();
    for (const statement of statements) {
      // A change of rows in between may need the first statement, and the second one may need the changed rows.
      if (changesRows(statement)) {
        const names = relationNames(statement);
        for (const [oid, name] of scanned) if (isOpaque(statement) || names.has(name)) scanned.delete(oid);
      }
      const isJoinable = kindOf(statement) === "AlterTableStmt" && alterCommands(statement).every(canBeJoined);
      for (const touch of statement.touches) {
        const { oid, name, isPartition } = touch.before;
        if (!isJoinable || isPartition || !(touch.rewritten || touch.scanned)) continue;
        if (scanned.has(oid)) yield { statement, message: words(touch) };
        scanned.set(oid, name);
      }
    }
  },
};

function words({ before, rewritten }: Touch): string {
  return `${rewritten ? "rewrites" : "reads"} all rows of ${named(before)} once more`;
}

/** Changes that PostgreSQL makes or checks in one pass over the rows, if they are in one statement. */
const JOINABLE = new Set(["AT_AddColumn", "AT_AlterColumnType", "AT_SetNotNull", "AT_SetExpression"]);

function canBeJoined(command: Fields): boolean {
  const subtype = textAt(command, "subtype") ?? "";
  if (subtype !== "AT_AddConstraint") return JOINABLE.has(subtype);
  const type = textAt(command, "def", "Constraint", "contype");
  return type === "CONSTR_CHECK" || type === "CONSTR_NOTNULL";
}

/** True for a statement that is no definition, or whose effects only the server knows. */
function changesRows(statement: TracedStatement): boolean {
  return !/^(Alter|Comment|Create|Index|Rename|Grant|VariableSet)/.test(kindOf(statement) ?? "");
}
