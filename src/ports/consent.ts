import type { Entry } from "../core/migrations/history.ts";
import type { RecordReport, ResetInventory } from "../core/reports/report.ts";

/** Who is asked before something is done that cannot be taken back. */
export interface Consent {
  /**
   * Whether all of this may be deleted. Must be true only when the database's name was given for this very call:
   * typed at a terminal, or passed on the command line.
   * @throws Failure declined when somebody was asked and did not agree
   */
  mayReset(inventory: ResetInventory): Promise<boolean>;
  /** Whether the checksums of these changed migrations may be taken over from the files. */
  mayRepair(changed: readonly Entry[]): Promise<boolean>;
}

/** Who is asked before the history is corrected by hand. */
export interface RecordConsent {
  /**
   * Returns when somebody has agreed that the history says so of the migration.
   * @throws Failure consent-missing when nobody did
   */
  mayRecord(migration: string, recorded: RecordReport["recorded"]): Promise<void>;
}

/** Who is asked before the history forgets a version whose file is gone. */
export interface ForgetConsent {
  /**
   * Returns when somebody has agreed that the version's row is removed.
   * @throws Failure consent-missing, declined when nobody did
   */
  mayForget(missing: Entry): Promise<void>;
}

/** Who is asked before the mark that protects a database is cleared. */
export interface UnprotectConsent {
  /**
   * Returns when the database's name was given.
   * @throws Failure consent-missing when it was not
   */
  mayUnprotect(databaseName: string): Promise<void>;
}
