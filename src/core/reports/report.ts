import type { BackupListReport, BackupReport, RestoreReport } from "../backup/backup-report.ts";
import type { Origin } from "../configuration/origin.ts";
import type { TargetValue } from "../connection/explanation.ts";
import type { Failure, Finding } from "../failure/failure.ts";
import type { HookReport } from "../hooks/hook.ts";
import type { Entry } from "../migrations/history.ts";
import type { Direction } from "../migrations/migration.ts";
import type { RepeatableEntry, RepeatableReport } from "../repeatable/repeatable.ts";
import type { TypesReport } from "../types/types-report.ts";

/**
 * What is true of one step when the run is over.
 * - applied, undone: committed
 * - failed: its statement was refused, and the step rolled back (statement by statement: as far as it got)
 * - rolled-back: it had run, and the one transaction around all was rolled back
 * - not-run: nothing of it took effect
 * - lost: the server confirmed its commit, and after the loss of the connection it was gone from the history
 * - in-doubt: the connection was lost, and nothing could be looked up that tells whether it took effect
 */
export type StepOutcome = "applied" | "undone" | "failed" | "rolled-back" | "not-run" | "lost" | "in-doubt";

export interface StepReport {
  readonly version: string;
  readonly name: string;
  readonly description: string;
  readonly direction: Direction;
  readonly outcome: StepOutcome;
  /** Whole milliseconds, for what was applied or undone. */
  readonly durationMs?: number;
  /** For what failed: whether some of its statements, run outside a transaction, have taken effect and stay. */
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
  /** Applied before this run began, for "nothing to do". */
  readonly alreadyApplied: number;
  /** What became of the repeatable objects that were to be applied; absent for none. */
  readonly repeatable?: readonly RepeatableReport[];
  /** The hooks that ran, in that order; absent for none. */
  readonly hooks?: readonly HookReport[];
  readonly durationMs: number;
  readonly failure?: Failure;
}

/** The end of seed. */
export interface SeedReport {
  readonly type: "seed";
  readonly database: string;
  /** Where the seeds are, as the user would name it. */
  readonly directory: string;
  readonly dryRun: boolean;
  /** In their order; versions and names are those of the seeds. */
  readonly steps: readonly StepReport[];
  /** Seeds that run only once and had run. */
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
  readonly applied: number;
  readonly pending: number;
  /** Repeatable objects by name; absent for none. */
  readonly repeatable?: readonly RepeatableEntry[];
  /** A reset was begun and did not end. */
  readonly resetUnfinished: boolean;
  /** A hook after an `up` failed, or was cut off, and has not run since. */
  readonly afterUpUnfinished: boolean;
  readonly isProtected: boolean;
  readonly warnings: readonly Finding[];
}

export interface ValidationReport {
  readonly type: "validation";
  /** Undefined when no database was named: only the files were looked at. */
  readonly database: string | undefined;
  readonly migrations: number;
  /** Undefined when nothing was run. */
  readonly rehearsal?: Rehearsal;
  readonly findings: readonly Finding[];
}

/** Migrations that were run to see whether they can be. */
export interface Rehearsal {
  /** The empty one that they were run on. */
  readonly database: string;
  readonly applied: number;
  /** How many of them went their way back and were applied again. */
  readonly undone: number;
}

export interface BaselineReport {
  readonly type: "baseline";
  readonly database: string;
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
  /** What the history says of the migration now. */
  readonly recorded: "applied" | "not-applied";
}

export interface RepairReport {
  readonly type: "repair";
  readonly database: string;
  /** The only version that was to be repaired, where one was named. */
  readonly version?: string;
  /** The changed files; `updated` tells whether the history was brought up to date. */
  readonly changed: readonly Entry[];
  readonly updated: boolean;
  /** Whether the row of the named version was removed because its file is gone. */
  readonly forgotten: boolean;
}

/** What a reset deletes, or deleted. */
export interface ResetInventory {
  readonly databaseName: string;
  readonly schemas: readonly string[];
  /** How many there are of each kind, by PostgreSQL's words: table, view, function ... */
  readonly objects: Readonly<Record<string, number>>;
  /** The planner's estimate over all tables that it has one for. */
  readonly estimatedRows: number;
  /** Tables whose rows are in no estimate: too large to be counted, without statistics. */
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
  /** As it is now. */
  readonly isProtected: boolean;
  /** False where it was so before. */
  readonly hasChanged: boolean;
}

export interface CreatedReport {
  readonly type: "created";
  /** As written, the up file first. */
  readonly paths: readonly string[];
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

/** The migrations were sealed into a copy of the program. */
export interface BundledReport {
  readonly type: "bundled";
  /** A script needs a runtime where it is run. */
  readonly kind: "executable" | "script";
  /** The program first, then what has to lie beside it; SHA-256 in hexadecimal digits. */
  readonly written: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
  /** How many files are sealed, and how many migrations they make. */
  readonly files: number;
  readonly migrations: number;
  /** How many versions of the target's history it is pinned to; undefined when it is not. */
  readonly pinned: number | undefined;
}

/** One setting as all sources together make it. */
export interface SettingReport {
  /** As the project file calls it. */
  readonly name: string;
  readonly flag: string;
  readonly variables: readonly string[];
  /** As a flag takes it, without passwords; undefined when it has none. */
  readonly value: string | undefined;
  readonly source: Origin["source"];
  /** The flag, variable or place that said it: "--dir", "PGSTEP_DIR in .env:3", "pgstep.json:2:10", "default". */
  readonly origin: string;
}

export interface SettingsReport {
  readonly type: "settings";
  /** As found or named; undefined when there is none. */
  readonly projectFile: string | undefined;
  readonly settings: readonly SettingReport[];
  /** What the database would be reached with; empty when none is named. */
  readonly connection: readonly TargetValue[];
  /** What is wrong with them. */
  readonly failure?: Failure;
}

/** A value that something is reached or found with. */
export interface ExplainedValue {
  readonly name: string;
  /** Passwords are masked. */
  readonly value: string;
  /** Where it was said: a flag, a variable, a file with its line, "default". */
  readonly origin: string;
}

/** Everything was looked at; events told of each thing. */
export interface DoctorReport {
  readonly type: "doctor";
  readonly database: string;
  /** False when there was no log-in. */
  readonly isConnected: boolean;
  readonly warnings: number;
  readonly faults: number;
}

/** The database accepts connections. */
export interface WaitReport {
  readonly type: "wait";
  readonly database: string;
  /** Whole milliseconds. */
  readonly waitedMs: number;
}

export type Report =
  | BackupReport
  | BackupListReport
  | RestoreReport
  | WaitReport
  | DoctorReport
  | RunReport
  | SeedReport
  | StatusReport
  | ValidationReport
  | BaselineReport
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
