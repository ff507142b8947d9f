import type { Statement } from "../../core/sql/statement.ts";
import type { Session } from "../../ports/session.ts";

/**
 * Watches the statements of a trial run from inside their transactions. Each call is awaited before anything else is
 * sent; the session is in the transaction that the call is about, and may be read only with `query`.
 */
export interface StatementWatch {
  /** A transaction has begun that runs statements of this file; none of them has run yet. */
  began(session: Session, path: string): Promise<void>;
  /** A statement has run in that transaction. @param isAlone true if it is the only one in its transaction */
  ran(session: Session, statement: Statement, isAlone: boolean): Promise<void>;
  /** All statements of a file have run in one transaction, which is about to be committed. */
  ending?(session: Session): Promise<void>;
  /**
   * A repeatable migration begins in a transaction in which others may have run; its statements follow by `ran`. Absent
   * if they are not watched.
   */
  beganRepeatable?(session: Session, path: string): Promise<void>;
  /** Everything since it began was rolled back; it may begin again. */
  rolledBack?(): void;
  /** A statement of this file will run outside any transaction. */
  willRunOutside(session: Session, path: string): Promise<void>;
  /** That statement has run. */
  ranOutside(session: Session, path: string, statement: Statement): Promise<void>;
}
