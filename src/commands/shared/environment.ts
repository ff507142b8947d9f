import type { Confirmation } from "../../core/command-line/consent.ts";
import type { ResolvedSettings } from "../../core/configuration/resolve-settings.ts";
import type { TargetValue } from "../../core/connection/explanation.ts";
import type { Report } from "../../core/reports/report.ts";
import type { BackupMeans } from "../../engine/backup/take-backup.ts";
import type { InShadow } from "../../engine/check/shadow.ts";
import type { Context, DatabaseContext } from "../../engine/session/context.ts";
import type { Patience } from "../../engine/session/wait-for-database.ts";
import type { Consent, ForgetConsent, RecordConsent, UnprotectConsent } from "../../ports/consent.ts";
import type { Probe } from "../../ports/probe.ts";
import type { ProgramFile } from "../../ports/program-file.ts";
import type { Database } from "../../ports/session.ts";

/** What a command is given to work with. */
export interface Environment {
  /** All settings with their origins. */
  readonly settings: ResolvedSettings;
  /** What the database that is named would be reached with, without reaching it; empty when none is. @throws Failure settings */
  explainDatabase(): Promise<readonly TargetValue[]>;
  readonly context: Context;
  /**
   * The context with the database that is named. Its first session is waited for as --wait says.
   * @param patience waits so long instead
   * @throws Failure settings when none is named
   */
  databaseContext(patience?: GivenPatience): Promise<DatabaseContext>;
  /** The database that is named; undefined when none is. @throws Failure settings */
  namedDatabase(): Promise<Database | undefined>;
  /**
   * Works on what the migrations alone make: they are applied to a database in memory, or to the empty one that
   * --shadow-url names, which is emptied again. @throws Failure shadow-not-empty and those of a run
   */
  replayed<Result>(work: (context: DatabaseContext) => Promise<Result>): Promise<Result>;
  /**
   * Works in an empty database: one in memory, or the one that --shadow-url names, which is emptied again.
   * @throws Failure shadow-not-empty and those of connecting
   */
  readonly inShadow: InShadow;
  /** How the server of the database is reached step by step; undefined for the embedded one. @throws Failure settings */
  probe(): Promise<Probe | undefined>;
  readonly programFile: ProgramFile;
  /** What backups are made with. @throws Failure settings */
  backupMeans(): Promise<BackupMeans>;
  consent(given: GivenConsent): Consent & UnprotectConsent & RecordConsent & ForgetConsent;
  report(report: Report): void;
}

/** How long to wait for the database, and how to give more time, as typed. */
export type GivenPatience = Pick<Patience, "limitMs" | "option">;

/** Consent that was typed together with the command. */
export interface GivenConsent extends Confirmation {
  /** Yes to what would be asked. */
  readonly yes?: boolean;
}
