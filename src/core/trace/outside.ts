import type { Statement } from "../sql/statement.ts";
import { classify } from "../statements/classify.ts";
import { type LockMode, lockWords } from "./lock-modes.ts";

/*
 * The statements that PostgreSQL rejects in a transaction. Their locks come and go in several transactions of their own,
 * so a trial run cannot observe them; this table says what they take. A test samples the locks on a server.
 */

export interface OutsideForm {
  /** The strongest lock on a table that it works on; undefined if it works on none. */
  readonly lock: LockMode | undefined;
  /** The transactions that it waits for besides those in the way of its lock; undefined for none. */
  readonly waits: Waits | undefined;
  /** What it leaves behind if it fails or is cancelled, in words. */
  readonly leaves?: string;
}

/** The older transactions that a statement waits for, while others may use the table. */
export interface Waits {
  /** Those with a lock on the table that conflicts with this one. */
  readonly lock: LockMode;
  /** True if it also waits for every older snapshot in the database. */
  readonly snapshots: boolean;
}

const ALL_USERS: Waits = { lock: "AccessExclusive", snapshots: false };

const NO_TABLE: OutsideForm = { lock: undefined, waits: undefined };
const REINDEX: OutsideForm = { lock: "Share", waits: undefined };
const REINDEX_CONCURRENTLY: OutsideForm = {
  lock: "ShareUpdateExclusive",
  waits: { lock: "AccessExclusive", snapshots: true },
  leaves: "an INVALID index",
};

/** By the names that `classify` gives them; a name that is missing here stands for a statement without a table. */
export const OUTSIDE_FORMS: Readonly<Record<string, OutsideForm>> = {
  "CREATE INDEX CONCURRENTLY": {
    lock: "ShareUpdateExclusive",
    waits: { lock: "Share", snapshots: true },
    leaves: "an INVALID index",
  },
  "DROP INDEX CONCURRENTLY": { lock: "ShareUpdateExclusive", waits: ALL_USERS, leaves: "an INVALID index" },
  "REINDEX CONCURRENTLY": REINDEX_CONCURRENTLY,
  "REINDEX SCHEMA": REINDEX,
  "REINDEX DATABASE": REINDEX,
  "REINDEX SYSTEM": REINDEX,
  "ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY": {
    lock: "ShareUpdateExclusive",
    waits: ALL_USERS,
    leaves: "a partition that only ALTER TABLE ... DETACH PARTITION ... FINALIZE detaches",
  },
  VACUUM: { lock: "ShareUpdateExclusive", waits: undefined },
  "CLUSTER without a table": { lock: "AccessExclusive", waits: undefined },
};

/** What a statement does that must run outside a transaction; undefined for every other statement. */
export function outsideForm(statement: Statement): OutsideForm | undefined {
  const { outsideTransaction: name } = classify(statement);
  if (name === undefined) return undefined;
  if (name === "VACUUM" && isFullVacuum(statement)) return { lock: "AccessExclusive", waits: undefined };
  if (OUTSIDE_FORMS[name] === REINDEX && /\bconcurrently\b/i.test(statement.text)) return REINDEX_CONCURRENTLY;
  return OUTSIDE_FORMS[name] ?? NO_TABLE;
}

/** VACUUM FULL, VACUUM (FULL), VACUUM (ANALYZE, FULL on). */
function isFullVacuum({ text }: Statement): boolean {
  return /^vacuum\s+(?:full\b|\((?:[^()]*,)?\s*full\b(?!\s+(?:off|false|0)\b))/i.test(text);
}

/** What such a statement does to others, for a table of statements: "SHARE UPDATE EXCLUSIVE, waits for older transactions". */
export function outsideWords({ lock, waits, leaves }: OutsideForm): string {
  const words = [
    lock && lockWords(lock),
    waits && "waits for older transactions",
    leaves !== undefined && `leaves ${leaves} if it fails`,
  ].filter(Boolean);
  return words.length > 0 ? words.join(", ") : "no lock on a table";
}
