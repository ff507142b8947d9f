import type { Failure, Finding } from "./error.ts";
import type { Entry } from "./history.ts";
import type { Direction } from "./migration.ts";

/**
 * What is true of one step when the run is over.
 * - applied, undone: committed
 * - failed: its statement was refused, and the step rolled back (statement by statement: as far as it got)
 * - rolled-back: it had run, and the one transaction around all was rolled back
 * - not-run: nothing of it took effect
 * - in-doubt: the connection was lost while it committed, and the history could not be read again
 */
export type StepOutcome = "applied" | "undone" | "failed" | "rolled-back" | "not-run" | "in-doubt";

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
  /** A reset was begun and did not end. */
  readonly resetUnfinished: boolean;
  readonly warnings: readonly Finding[];
}

export interface ValidationReport {
  readonly type: "validation";
  /** Undefined when no database was named: only the files were looked at. */
  readonly database: string | undefined;
  readonly migrations: number;
  readonly findings: readonly Finding[];
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

export interface RepairReport {
  readonly type: "repair";
  readonly database: string;
  /** The changed files; `updated` tells whether their checksums were brought up to date. */
  readonly changed: readonly Entry[];
  readonly updated: boolean;
}

/** What a reset deletes, or deleted. */
export interface ResetInventory {
  readonly databaseName: string;
  readonly schemas: readonly string[];
  /** How many there are of each kind, by PostgreSQL's words: table, view, function ... */
  readonly objects: Readonly<Record<string, number>>;
  /** The planner's estimate over all tables. */
  readonly estimatedRows: number;
}

export interface ResetReport {
  readonly type: "reset";
  readonly database: string;
  readonly deleted: ResetInventory;
  readonly durationMs: number;
}

export interface CreatedReport {
  readonly type: "created";
  /** As written, the up file first. */
  readonly paths: readonly string[];
}

export type Report =
  | RunReport
  | StatusReport
  | ValidationReport
  | BaselineReport
  | RepairReport
  | ResolveReport
  | ResetReport
  | CreatedReport;
