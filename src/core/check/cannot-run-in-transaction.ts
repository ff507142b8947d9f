import type { Finding } from "../failure/failure.ts";
import type { CheckRule } from "./rule.ts";

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
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "CREATE INDEX CONCURRENTLY t_n ON t (n)" },
      { given: "CREATE TYPE e AS ENUM ('a')", sql: "ALTER TYPE e ADD VALUE 'b'" },
      { sql: "CREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE 'b'; CREATE TABLE t (n e DEFAULT 'b')" },
    ],
  },
  // A rejected statement is in no trace: it ends the trial run, or validate refuses its file before.
  *find() {},
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
