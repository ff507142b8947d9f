import type { ServerMessage } from "../failure/failure.ts";
import { cannotRunInTransaction, ruleOfServerError } from "./cannot-run-in-transaction.ts";
import { failsOnExistingRows } from "./fails-on-existing-rows.ts";
import type { CheckRule } from "./rule.ts";

/*
 * A statement that the server rejects in a trial run has no trace. The error shows the harm that it would do: the rows of a
 * trial run are those of earlier migrations, which production has as well.
 */

/** The rule that a rejected statement violates; undefined if the statement is wrong in itself. */
export function ruleOfRejection(server: ServerMessage, statement = ""): CheckRule | undefined {
  if (ruleOfServerError(server.code)) return cannotRunInTransaction;
  return isMisfit(server, statement) ? failsOnExistingRows : undefined;
}

/** The functions of PostgreSQL that check existing rows and nothing else; a DO block or a function may call them. */
const ROW_CHECKS = /^(?:ATRewriteTable|comparetup_index_btree\w*|validateDomain\w+|check_default_partition_contents)$/;

/** SQLSTATE class 22 is about values, class 23 about constraints, and 23505 about duplicates. */
function isMisfit({ code, routine = "" }: ServerMessage, statement: string): boolean {
  if (code === "23505" || ROW_CHECKS.test(routine)) return true;
  const [verb = ""] = statement.split(/\s/, 1);
  if (/^alter$/i.test(verb)) return /^2[23]/.test(code);
  return /^(?:create|update|delete|merge)$/i.test(verb) && code.startsWith("23");
}

/** NOT NULL, UNIQUE and CHECK constraints; events of triggers that wait for the end of the transaction. */
const OF_ROWS = new Set(["23502", "23505", "23514", "55006"]);

/**
 * True if a change of definitions fails on a row that fits its table as it is. Statements on rows are left out, and so are
 * values that cannot be converted: a row that was made up proves nothing there.
 */
export function isMisfitOfRow({ code, routine = "" }: ServerMessage, statement: string): boolean {
  if (!OF_ROWS.has(code)) return false;
  return ROW_CHECKS.test(routine) || code === "55006" || /^(?:alter|create)\s/i.test(statement);
}
