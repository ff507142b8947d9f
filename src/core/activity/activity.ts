import type { Finding } from "../failure/failure.ts";
import type { Blocker } from "../reports/other-sessions.ts";
import type { LockMode } from "../trace/lock-modes.ts";

/* What other sessions of a database, and its replication, do at one moment. */

/**
 * Transactions of this age are long: requests to applications end within seconds, and the timeouts of web servers and
 * poolers are at most a minute.
 */
export const LONG_MS = 60_000;

/** What the sessions of a database do that concern a run. */
export interface SessionActivity {
  /** Those with a lock on a relation of the run, or with a long transaction; prepared transactions as well. */
  readonly sessions: readonly SeenSession[];
  /** The number of all of them: not all are listed. */
  readonly total: number;
  /** The number of sessions of the database whose state the role may not see. */
  readonly hidden: number;
  readonly role: string;
}

export interface SeenSession extends Blocker {
  /** True if it keeps VACUUM from removing rows: it has a snapshot or a transaction id. */
  readonly holdsBack: boolean;
  readonly hasSnapshot: boolean;
  readonly locks: readonly SeenLock[];
}

/** A lock of a session on a relation that the run locks. */
export interface SeenLock {
  readonly schema: string;
  readonly name: string;
  /** The index, from 0, of that relation in `Needs.relations`; a partition has that of its parent. */
  readonly of: number;
  readonly mode: LockMode;
  readonly isGranted: boolean;
}

export interface ReplicationActivity {
  readonly receivers: readonly Receiver[];
  /** Slots without a consumer. */
  readonly slots: readonly IdleSlot[];
  /** The setting synchronous_standby_names. */
  readonly synchronousNames: string;
  /** The setting synchronous_commit. */
  readonly synchronousCommit: string;
}

/** A standby or subscriber. Null where the role may not see it. */
export interface Receiver {
  readonly pid: number;
  readonly name: string | null;
  readonly address: string | null;
  readonly state: string | null;
  /** As in pg_stat_replication: "sync", "quorum", "potential", "async". */
  readonly sync: string | null;
  readonly lagBytes: number | null;
  readonly lagMs: number | null;
}

export interface IdleSlot {
  readonly name: string;
  readonly kind: string;
  readonly keptBytes: number;
}

/** A finding about something that was seen, which later samples may show again. */
export interface Sighting {
  /** Equal in all samples that show the same. */
  readonly key: string;
  readonly finding: Finding;
}
