import type { Statement } from "../../core/sql/statement.ts";
import type { Session } from "../../ports/session.ts";

/** How a watch looks at one statement. */
export interface StatementLook {
  /** Sends its queries. Called as soon as the statement was sent, answered or not. */
  begin(): Promise<void>;
  /** True if anything else may be sent before that has ended. */
  readonly overlaps: boolean;
}

/** How a watch looks at the begin of a transaction: its queries are sent. */
export interface BeginLook {
  readonly ended: Promise<void>;
  /** True if the first statement may be sent before that. */
  readonly overlaps: boolean;
}

/**
 * Watches the statements of a trial run from inside their transactions. Each call is awaited before anything else is
 * sent, if nothing else is said; the session is in the transaction that the call is about, and may be read only with `query`.
 */
export interface StatementWatch {
  /** BEGIN was sent for a transaction that runs statements of this file, answered or not. */
  began(session: Session, path: string): BeginLook;
  /**
   * A statement is about to be sent in that transaction.
   * @param isAlone true if it is the only one in its transaction
   */
  sending(session: Session, statement: Statement, isAlone: boolean): Promise<StatementLook>;
  /** True if `ending` has to be called. */
  readonly looksAtEnd?: boolean;
  /** All statements of a file have run in one transaction, which is about to be committed. */
  ending?(session: Session): Promise<void>;
  /**
   * A repeatable migration begins in a transaction in which others may have run; its statements follow by `sending`. Absent
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
