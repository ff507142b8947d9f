import type { BackupListReport, BackupReport, RestoreReport } from "../backup/backup-report.ts";
import type { Origin } from "../configuration/origin.ts";
import type { TargetValue } from "../connection/explanation.ts";
import type { DiffReport } from "../diff-words/diff-report.ts";
import type { DriftReport } from "../drift/drift-report.ts";
import type { DumpReport, LoadReport } from "../dump/dump-report.ts";
import type { Failure, Finding } from "../failure/failure.ts";
import type { HookReport } from "../hooks/hook.ts";
import type { Entry } from "../migrations/history.ts";
import type { Direction } from "../migrations/migration.ts";
import type { PlanReport } from "../plan/plan-report.ts";
import type { RepeatableEntry, RepeatableReport } from "../repeatable/repeatable.ts";
import type { StatsReport } from "../statistics/stats-report.ts";
import type { TypesReport } from "../types/types-report.ts";
import type { CheckReport, RuleReport } from "./check-report.ts";
import type { ExportReport } from "./export-report.ts";
import type { ImportReport } from "./import-report.ts";
import type { SyntaxCheck } from "./syntax-check.ts";

/**
 * The state of one step after the run.
 * - applied, undone: committed
 * - failed: its statement failed, and the step was rolled back (statement by statement: the earlier statements stay)
 * - rolled-back: it ran, but the one transaction around all steps was rolled back
 * - not-run: nothing of it took effect
 * - lost: the server confirmed its commit, but after a connection loss it was missing from the history
 * - in-doubt: unknown outcome: the connection was lost, and pgstep could not find out whether the step took effect
 */
export type StepOutcome = "applied" | "undone" | "failed" | "rolled-back" | "not-run" | "lost" | "in-doubt";

export interface StepReport {
  readonly version: string;
  readonly name: string;
  readonly description: string;
  readonly direction: Direction;
  readonly outcome: StepOutcome;
  /** Whole milliseconds, for a step that was applied or undone. */
  readonly durationMs?: number;
  /** For a failed step: true if some of its statements, run outside a transaction, took effect and stay. */
  readonly inPart?: boolean;
}

/** The end of up, down and redo. */
export interface RunReport {
  readonly type: "run";
  readonly command: "up" | "down" | "redo";
  readonly database: string;
  readonly dryRun: boolean;
  /** In the order of the plan. */
  readonly steps: readonly StepReport[];
  /** Migrations applied before this run began, for "nothing to do". */
  readonly alreadyApplied: number;
  /** Outcomes of the repeatable migrations that were to be applied; absent for none. */
  readonly repeatable?: readonly RepeatableReport[];
  /** The hooks that ran, in order; absent for none. */
  readonly hooks?: readonly HookReport[];
  readonly durationMs: number;
  readonly failure?: Failure;
}

/** The end of seed. */
export interface SeedReport {
  readonly type: "seed";
  readonly database: string;
  /** The directory of the seeds, as the user would name it. */
  readonly directory: string;
  readonly dryRun: boolean;
  /** In order; versions and names are those of the seeds. */
  readonly steps: readonly StepReport[];
  /** Seeds that run only once and have already run. */
  readonly alreadyDone: number;
  readonly durationMs: number;
  readonly failure?: Failure;
}

export interface StatusReport {
  readonly type: "status";
  readonly database: string;
  readonly environment: string | undefined;
  /** All versions known from files or history, lowest first. */
  readonly entries: readonly Entry[];
  /** Only migrations that are not settled are to be listed. */
  readonly unsettledOnly?: boolean;
  readonly applied: number;
  readonly pending: number;
  /** Repeatable migrations by name; absent for none. */
  readonly repeatable?: readonly RepeatableEntry[];
  /** A reset was started and did not finish. */
  readonly resetUnfinished: boolean;
  /** A hook after an `up` failed or was interrupted, and has not run since. */
  readonly afterUpUnfinished: boolean;
  readonly isProtected: boolean;
  readonly warnings: readonly Finding[];
}

export interface ValidationReport {
  readonly type: "validation";
  /** Undefined when no database was named: only the files were checked. */
  readonly database: string | undefined;
  readonly migrations: number;
  /** Undefined when this copy of pgstep has no parser. */
  readonly syntax?: SyntaxCheck;
  readonly findings: readonly Finding[];
}

export interface BaselineReport {
  readonly type: "baseline";
  readonly database: string;
  /** The files that were written from the database. */
  readonly written?: readonly string[];
  readonly recorded: readonly StepReport[];
}

export interface ResolveReport {
  readonly type: "resolve";
  readonly database: string;
  readonly version: string;
  readonly direction: Direction;
  /** 1-based, among the file's statements. */
  readonly statement: number;
  readonly resolution: "done" | "not-done";
}

/** The answer of resolve --applied and --not-applied. */
export interface RecordReport {
  readonly type: "recorded";
  readonly database: string;
  readonly version: string;
  /** The migration's state in the history now. */
  readonly recorded: "applied" | "not-applied";
}

export interface RepairReport {
  readonly type: "repair";
  readonly database: string;
  /** The only version to repair, if one was named. */
  readonly version?: string;
  /** The changed files; `updated` is true if the history was updated. */
  readonly changed: readonly Entry[];
  readonly updated: boolean;
  /** True if the row of the named version was removed because its file is missing. */
  readonly forgotten: boolean;
}

/** The objects that a reset deletes, or deleted. */
export interface ResetInventory {
  readonly databaseName: string;
  readonly schemas: readonly string[];
  /** The number of objects of each kind, in PostgreSQL's terms: table, view, function ... */
  readonly objects: Readonly<Record<string, number>>;
  /** The planner's estimate, summed over all tables that have one. */
  readonly estimatedRows: number;
  /** Tables without an estimate: no statistics, and too large to count. */
  readonly uncountedTables: number;
}

export interface ResetReport {
  readonly type: "reset";
  readonly database: string;
  readonly deleted: ResetInventory;
  readonly durationMs: number;
}

/** The answer of protect and unprotect. */
export interface ProtectionReport {
  readonly type: "protection";
  readonly database: string;
  /** The current state. */
  readonly isProtected: boolean;
  /** False if it was already so. */
  readonly hasChanged: boolean;
}

export interface CreatedReport {
  readonly type: "created";
  /** In the order written, the up file first. */
  readonly paths: readonly string[];
  /** The files that they replace, if a migration was renumbered. */
  readonly removed: readonly string[];
}

/** A directory was prepared for migrations. */
export interface InitializedReport {
  readonly type: "initialized";
  readonly files: readonly InitializedFile[];
  /** Where the migrations go. */
  readonly directory: string;
  /** False where a package.json does not have pgstep among its dependencies. */
  readonly isInstalled: boolean;
}

export interface InitializedFile {
  readonly path: string;
  readonly change: "created" | "changed" | "none";
  /** The names of the npm scripts that were added. */
  readonly scripts: readonly string[];
}

/** The bundle was built: a copy of the program with the migrations in it. */
export interface BundledReport {
  readonly type: "bundled";
  /** A script needs a runtime on the machine that runs it. */
  readonly kind: "executable" | "script";
  /** The program first, then the files that must be next to it; SHA-256 in hexadecimal digits. */
  readonly written: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
  /** The number of files in the bundle, and of the migrations that they make. */
  readonly files: number;
  readonly migrations: number;
  /** The number of versions of the target's history that it is pinned to; undefined when it is not pinned. */
  readonly pinned: number | undefined;
}

/** One setting, resolved from all sources. */
export interface SettingReport {
  /** Its name in the project file. */
  readonly name: string;
  readonly flag: string;
  readonly variables: readonly string[];
  /** As a flag takes it, with passwords masked; undefined when it has none. */
  readonly value: string | undefined;
  readonly source: Origin["source"];
  /** The flag, variable or place that set it: "--dir", "PGSTEP_DIR in .env:3", "pgstep.json:2:10", "default". */
  readonly origin: string;
}

export interface SettingsReport {
  readonly type: "settings";
  /** As found or named; undefined when there is none. */
  readonly projectFile: string | undefined;
  readonly settings: readonly SettingReport[];
  /** The values for connecting to the database; empty when none is named. */
  readonly connection: readonly TargetValue[];
  /** The error in the settings, if any. */
  readonly failure?: Failure;
}

/** A value used to connect, or to find files. */
export interface ExplainedValue {
  readonly name: string;
  /** Passwords are masked. */
  readonly value: string;
  /** Its source: a flag, a variable, a file with its line, "default". */
  readonly origin: string;
}

/** All checks are done; events reported the result of each. */
export interface DoctorReport {
  readonly type: "doctor";
  /** Undefined if no database was examined: none is named, or the settings have errors. */
  readonly database: string | undefined;
  /** False if the log-in failed, or no database was examined. */
  readonly isConnected: boolean;
  readonly warnings: number;
  readonly errors: number;
}

/** The database accepts connections. */
export interface WaitReport {
  readonly type: "wait";
  readonly database: string;
  /** Whole milliseconds. */
  readonly waitedMs: number;
}

export type Report =
  | DriftReport
  | StatsReport
  | DiffReport
  | DumpReport
  | LoadReport
  | BackupReport
  | BackupListReport
  | RestoreReport
  | WaitReport
  | DoctorReport
  | RunReport
  | SeedReport
  | StatusReport
  | ValidationReport
  | CheckReport
  | PlanReport
  | RuleReport
  | BaselineReport
  | ImportReport
  | ExportReport
  | RepairReport
  | ResolveReport
  | RecordReport
  | ResetReport
  | ProtectionReport
  | CreatedReport
  | InitializedReport
  | BundledReport
  | SettingsReport
  | TypesReport;
