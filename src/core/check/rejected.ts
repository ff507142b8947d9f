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
