import type { Confirmation } from "../../core/command-line/consent.ts";
import type { ResolvedSettings } from "../../core/configuration/resolve-settings.ts";
import type { TargetValue } from "../../core/connection/explanation.ts";
import type { Failure } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { Report } from "../../core/reports/report.ts";
import type { BackupMeans } from "../../engine/backup/take-backup.ts";
import type { Context, DatabaseContext } from "../../engine/session/context.ts";
import type { WaitLimit } from "../../engine/session/wait-for-database.ts";
import type { InShadow } from "../../engine/shadow/shadow.ts";
import type { TrialNote } from "../../engine/shadow/trial-start.ts";
import type { AnyConsent } from "../../ports/consent.ts";
import type { Probe } from "../../ports/probe.ts";
import type { ProgramFile } from "../../ports/program-file.ts";
import type { Database } from "../../ports/session.ts";
import type { VersionControl } from "../../ports/version-control.ts";

/** The services that a command runs with. */
export interface Environment {
  /** All settings with their origins. */
  readonly settings: ResolvedSettings;
  /**
   * Connection parameters of the named database, without connecting; empty if none is named. @throws Failure settings
   */
  explainDatabase(): Promise<readonly TargetValue[]>;
  readonly context: Context;
  /**
   * The context in which standard input is the text of a file, which need not exist.
   * @returns also the path as reading its directory gives it; undefined for a file that is no migration of the project
   */
  buffered(path: string): Promise<{ readonly context: Context; readonly path: string | undefined }>;
  /**
   * The context with the named database; waits for its first session as --wait says.
   * @throws Failure settings if no database is named
   */
  databaseContext(wishes?: DatabaseWishes): Promise<DatabaseContext>;
  /** The named database; undefined if none is. @throws Failure settings */
  namedDatabase(): Promise<Database | undefined>;
  /** Another database, by its URL. @throws Failure settings */
  databaseAt(url: string): Promise<Database>;
  /** The failure of `databaseContext` if no database is named; its hint says how to name one. */
  noDatabaseNamed(): Failure;
  /**
   * Runs `work` on a database that has only the migrations: they are applied in memory, or to the empty database of
   * --shadow-url, which is emptied again. @throws Failure shadow-not-empty and those of a run
   */
  replayed<Result>(work: (context: DatabaseContext) => Promise<Result>): Promise<Result>;
  /**
   * Runs work in an empty database: in memory, or that of --shadow-url, which is emptied again.
   * @throws Failure shadow-not-empty and those of connecting
   */
  readonly inShadow: InShadow;
  /** The same for a trial run: settings of the server that change the effect of DDL are as --shadow-timezone says. */
  readonly inTrial: InShadow;
  /** The same for the migrations that a database has. */
  readonly inDriftTrial: InShadow;
  /** A note about what such a trial ends with; undefined if none can be kept. */
  noteOf(migrations: readonly Migration[], more: unknown): Promise<TrialNote | undefined>;
  /** Connects to the server step by step; undefined for the embedded database. @throws Failure settings */
  probe(): Promise<Probe | undefined>;
  readonly programFile: ProgramFile;
  readonly versionControl: VersionControl;
  /** The tools for backups. @throws Failure settings */
  backupMeans(): Promise<BackupMeans>;
  consent(given: GivenConsent): AnyConsent;
  report(report: Report): void;
  /** Prints a text that the user asked for, in every format. */
  print(text: string): void;
}

export interface DatabaseWishes {
  /** Replaces the timeout of --wait. */
  readonly waitLimit?: GivenWaitLimit;
  /** Create the database if the server does not have it. */
  readonly createMissing?: boolean;
}

/** The timeout for the database, and the option that extends it, as typed. */
export type GivenWaitLimit = Pick<WaitLimit, "limitMs" | "option">;

/** Confirmation that was typed with the command. */
export interface GivenConsent extends Confirmation {
  /** Answers every prompt with yes. */
  readonly yes?: boolean;
}
