import type { RenameCandidate } from "../core/diff-words/renames.ts";
import type { Entry } from "../core/migrations/history.ts";
import type { ImportReport } from "../core/reports/import-report.ts";
import type { RecordReport, ResetInventory } from "../core/reports/report.ts";

/** Asks for confirmation before something irreversible. */
export interface Consent {
  /**
   * True if all of this may be deleted. Must be true only if the database's name was given for this very call: typed at
   * a terminal, or passed on the command line.
   * @throws Failure declined if somebody was asked and refused
   */
  mayReset(inventory: ResetInventory): Promise<boolean>;
  /** True if the new checksums of these changed migrations may be recorded. */
  mayRepair(changed: readonly Entry[]): Promise<boolean>;
}

/** Asks for confirmation before the history is corrected by hand. */
export interface RecordConsent {
  /**
   * Returns once somebody has confirmed the correction.
   * @throws Failure consent-missing if nobody did
   */
  mayRecord(migration: string, recorded: RecordReport["recorded"]): Promise<void>;
}

/** Asks for confirmation before a version whose file is missing is removed from the history. */
export interface ForgetConsent {
  /**
   * Returns once somebody has confirmed that the version's row is removed.
   * @throws Failure consent-missing, declined if nobody did
   */
  mayForget(missing: Entry): Promise<void>;
}

/** Asks for confirmation before the mark that protects a database is cleared. */
export interface UnprotectConsent {
  /**
   * Returns once the database's name was given.
   * @throws Failure consent-missing if it was not
   */
  mayUnprotect(databaseName: string): Promise<void>;
}

/** Asks for confirmation before another tool's history is taken over. */
export interface ImportConsent {
  /**
   * Returns once somebody has confirmed what would be written.
   * @throws Failure consent-missing, declined if nobody did
   */
  mayImport(planned: ImportReport): Promise<void>;
}

/** Asks which objects only have another name. */
export interface RenameConsent {
  /** True if somebody has said that the new object is the old one; false without a terminal. */
  isRenamed(candidate: RenameCandidate): Promise<boolean>;
}

/** All that a command may ask. */
export type AnyConsent = Consent & RecordConsent & ForgetConsent & UnprotectConsent & ImportConsent & RenameConsent;
