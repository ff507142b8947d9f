import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { type CopyFormat, copyFromStdin } from "./copy.ts";
import { outsideTransaction } from "./outside-transaction.ts";
import { type SettingChange, settingChange } from "./set.ts";
import { type TransactionControl, transactionControl } from "./transaction-control.ts";

/** How a statement must be run. A member is absent if it does not apply. */
export interface StatementKind extends Partial<TransactionControl> {
  /** The rule that forbids it in a transaction, e.g. "CREATE INDEX CONCURRENTLY". */
  readonly outsideTransaction?: string;
  /** It is COPY ... FROM STDIN, with rows in this format. */
  readonly copyFromStdin?: CopyFormat;
  /** It is DISCARD ALL, which also drops advisory locks. */
  readonly discardAll?: true;
  /** The encoding it sets, as written; absent if it restores the default. */
  readonly clientEncoding?: string;
  /** The setting it changes, `clientEncoding` included. */
  readonly setting?: SettingChange;
}

/** The first words of statements worth classifying: most of a large file are INSERTs. */
const TELLING =
  /^(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE|CREATE|DROP|ALTER|REINDEX|VACUUM|CLUSTER|COPY|SET|RESET|DISCARD|SELECT)\b/i;

type Source = Pick<Statement, "text" | "standardConformingStrings">;

/**
 * How a statement must be run, from the position of its words in PostgreSQL's grammar: names that look like keywords do
 * not matter. Its text begins with its first token.
 */
export function classify(statement: Source): StatementKind {
  if (!TELLING.test(statement.text)) return {};
  const transaction = transactionControl(new TokenCursor(statement));
  if (transaction) return transaction;
  const outside = outsideTransaction(new TokenCursor(statement));
  if (outside) return { outsideTransaction: outside };
  const format = copyFromStdin(new TokenCursor(statement));
  if (format) return { copyFromStdin: format };
  const setting = settingChange(new TokenCursor(statement));
  if (!setting) return {};
  return {
    setting,
    ...(new TokenCursor(statement).sees("DISCARD", "ALL") && { discardAll: true }),
    ...(setting.name === "client_encoding" && setting.value !== undefined && { clientEncoding: setting.value }),
  };
}
