import type { Session } from "../../ports/session.ts";
import type { BackendIdentity } from "../session/reconnect.ts";

/** The right to run migrations, for as long as a run takes. */
export interface RunLock {
  /** Stands first in each transaction and fails it when the right was lost; empty where the lock cannot be. */
  readonly guard: string;
  /** The same for a transaction that may drop the lock's own table. */
  readonly guardBeforeDrop: string;
  /** Fails when the right was lost; to be sent right before a statement that runs outside a transaction. */
  readonly check: string | undefined;
  /** Stands at the start of a statement that runs outside a transaction, so that other runs can see it at work. */
  readonly marker: string;
  /**
   * On another session after ours was lost: waits for what is under way, and keeps what was sent from taking effect
   * later. Absent where the lock ends with the session. @throws ServerFailure when the waiting takes too long
   */
  readonly fence?: (other: Session) => Promise<void>;
  /** The backend that holds it, to be ended when the session is lost; absent behind a pooler and embedded. */
  readonly backend?: BackendIdentity;
  /** Gives the right back; a second call does nothing more. */
  release(): Promise<void>;
}
