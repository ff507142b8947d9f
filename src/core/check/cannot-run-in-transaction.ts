import type { Finding } from "../failure/failure.ts";
import { kindOf } from "../parse-tree/node.ts";
import { transactionEndIn } from "../trace/block-work.ts";
import type { CheckRule } from "./rule.ts";

const OUTSIDE = `-- Transaction: none
-- The line above is the first line of a file that has only this statement:
<the DO block or the CALL>;`;

export const cannotRunInTransaction: CheckRule = {
  id: "cannot-run-in-transaction",
  group: "safety",
  title: "Cannot run in transaction",
  why: "PostgreSQL rejects the statement within a transaction, so the file fails whenever it runs.",
  recipe: `-- in a file of its own, without BEGIN, COMMIT or a DO block: pgstep runs it outside a transaction
<the statement>;
-- a procedure or a DO block that commits needs this first line in its file:
-- Transaction: none
-- a new value of an enum type can be used after COMMIT:
ALTER TYPE <type> ADD VALUE '<value>';  -- here
INSERT INTO <table> VALUES ('<value>');  -- in a later file`,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "BEGIN; CREATE INDEX CONCURRENTLY t_n ON t (n); COMMIT" },
      { given: "CREATE TABLE t (n int)", sql: "BEGIN; VACUUM t; COMMIT" },
      {
        given: "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (n e)",
        sql: "ALTER TYPE e ADD VALUE 'b'; INSERT INTO t VALUES ('b')",
      },
      { given: "CREATE TABLE t (n int)", sql: "DO $$ BEGIN EXECUTE 'CREATE INDEX CONCURRENTLY t_n ON t (n)'; END $$" },
      { given: "CREATE TABLE t (n int)", sql: "DO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; END $$" },
      {
        given: "CREATE TABLE t (n int)",
        sql: "DO $$ BEGIN LOOP DELETE FROM t WHERE ctid IN (SELECT ctid FROM t LIMIT 100); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$",
      },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "CREATE INDEX CONCURRENTLY t_n ON t (n)" },
      {
        given: "CREATE TABLE t (n int)",
        sql: "-- Transaction: none\nDO $$ BEGIN LOOP DELETE FROM t WHERE ctid IN (SELECT ctid FROM t LIMIT 100); EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$",
      },
      { given: "CREATE TYPE e AS ENUM ('a')", sql: "ALTER TYPE e ADD VALUE 'b'" },
      { sql: "CREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE 'b'; CREATE TABLE t (n e DEFAULT 'b')" },
    ],
  },
  // A statement that the server rejects in the trial run has no trace: it ends that run, or validate refuses its file
  // before. An empty table does not let a loop reach its COMMIT.
  *find(file) {
    for (const statement of file.statements) {
      const word = statement.transaction > 0 ? transactionEndIn(file, statement) : undefined;
      if (word === undefined) continue;
      const message = `${word} fails when the ${kindOf(statement) === "DoStmt" ? "DO block" : "procedure"} reaches it (invalid transaction termination), because the file runs in a transaction`;
      yield { statement, message, recipe: OUTSIDE };
    }
  },
};

/** SQLSTATEs of statements that PostgreSQL rejects within a transaction. */
const REJECTED: ReadonlySet<string> = new Set(["25001", "2D000", "55P04"]);

/**
 * The rule that a failed trial run violates, by the SQLSTATE of the server's error: active_sql_transaction,
 * invalid_transaction_termination or unsafe_new_enum_value_usage; undefined for any other.
 */
export function ruleOfServerError(code: string): CheckRule["id"] | undefined {
  return REJECTED.has(code) ? cannotRunInTransaction.id : undefined;
}

/** The rule that a finding of validate about a file means as well; undefined for any other. */
export function ruleOfFinding({ rule }: Pick<Finding, "rule">): CheckRule["id"] | undefined {
  return rule === "not-in-transaction" ? cannotRunInTransaction.id : undefined;
}
