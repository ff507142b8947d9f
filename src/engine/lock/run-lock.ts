import type { Session } from "../../ports/session.ts";
import type { BackendIdentity } from "../session/reconnect.ts";

/** The right to run migrations, for as long as a run takes. */
export interface RunLock {
  /** The first SQL of each transaction; fails if the right was lost. Empty if the lock cannot be lost. */
  readonly guard: string;
  /** The same for a transaction that may drop the lock's own table. */
  readonly guardBeforeDrop: string;
  /** Fails if the right was lost; sent right before a statement that runs outside a transaction. */
  readonly check: string | undefined;
  /** The prefix of a statement that runs outside a transaction, so that other runs can see it running. */
  readonly marker: string;
  /**
   * On another session after ours was lost: waits for a running transaction, and keeps late statements from taking
   * effect. Absent if the lock ends with the session. @throws ServerFailure when the wait takes too long
   */
  readonly fence?: (other: Session) => Promise<void>;
  /** The backend that holds it, to be terminated if the session is lost; absent behind a pooler and embedded. */
  readonly backend?: BackendIdentity;
  /** Releases the lock; a second call does nothing. */
  release(): Promise<void>;
}
