import type { FailureCode } from "../../core/failure/failure.ts";
import type { HookReport } from "../../core/hooks/hook.ts";
import type { MigrationState } from "../../core/migrations/history.ts";
import type { Direction } from "../../core/migrations/migration.ts";
import type { RepeatableReport } from "../../core/repeatable/repeatable.ts";
import type {
  BundledReport,
  DoctorReport,
  ExplainedValue,
  ProtectionReport,
  RecordReport,
  Rehearsal,
  ResetInventory,
  ResolveReport,
  RunReport,
  StepOutcome,
  WaitReport,
} from "../../core/reports/report.ts";
import type { WrittenFile } from "../../core/types/types-report.ts";
import type { JsonBackupEvent, JsonBackupReport } from "./backup.ts";
import type { JsonConnectionValue, JsonRepeatable, JsonSetting } from "./values.ts";

/*
 * What --json prints, one object a line. The names stay: programs read them. What there is none of is null; lists are
 * empty. Durations are whole milliseconds; positions are 1-based, columns in code points.
 */

/** Raised when something goes or changes its meaning, so that a program that reads the lines has to be changed. */
export const FORMAT_VERSION = 1;

/** Every line is one of these. The last line is a result, and only the last one is the command's. */
export type JsonLine = (JsonEvent | JsonResult) & { readonly format: typeof FORMAT_VERSION };

/** A report, which has the failure of its run in it; or, where there is no report, a failure. */
export type JsonResult = JsonReport | JsonVersion | JsonFailure | JsonBug;

export interface JsonPlace {
  readonly path: string;
  readonly line: number | null;
  readonly column: number | null;
  /** The text of that line. */
  readonly sourceLine: string | null;
}

/** The server's own fields under PostgreSQL's names. */
export interface JsonServerMessage {
  readonly severity: string;
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  readonly where: string | null;
  readonly schema: string | null;
  readonly table: string | null;
  readonly column: string | null;
  readonly constraint: string | null;
}

export interface JsonFinding {
  readonly rule: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly hint: string | null;
  readonly place: JsonPlace | null;
}

export interface JsonFailure {
  readonly type: "failure";
  readonly code: FailureCode;
  readonly message: string;
  readonly hint: string | null;
  readonly place: JsonPlace | null;
  readonly server: JsonServerMessage | null;
  readonly findings: readonly JsonFinding[];
  readonly exitStatus: number;
}

/** Which pgstep this is. */
export interface JsonVersion {
  readonly type: "version";
  readonly version: string;
  readonly commit: string | null;
  readonly runtime: string;
  readonly target: string | null;
}

/** pgstep itself is at fault; standard error has the stack. */
export interface JsonBug {
  readonly type: "bug";
  readonly message: string;
  readonly exitStatus: 1;
}

export interface JsonStep {
  readonly version: string;
  readonly name: string;
  readonly description: string;
  readonly direction: Direction;
}

export interface JsonStepReport extends JsonStep {
  readonly outcome: StepOutcome;
  readonly durationMs: number | null;
  /** For what failed: whether some of its statements have taken effect and stay; null for the others. */
  readonly inPart: boolean | null;
}

export type JsonEvent =
  | {
      readonly type: "planned";
      readonly database: string;
      readonly dryRun: boolean;
      readonly steps: readonly JsonStep[];
    }
  | { readonly type: "step-started"; readonly step: JsonStep; readonly statements: number }
  | {
      readonly type: "statement-finished";
      readonly step: JsonStep;
      readonly statement: number;
      readonly statements: number;
      readonly command: string;
      readonly rowCount: number | null;
      /** Where in its file it starts. */
      readonly place: JsonPlace | null;
      readonly durationMs: number | null;
    }
  | {
      readonly type: "step-finished";
      readonly step: JsonStep;
      readonly outcome: StepOutcome;
      readonly durationMs: number;
    }
  | {
      readonly type: "notice";
      readonly migration: string | null;
      readonly place: JsonPlace | null;
      readonly server: JsonServerMessage;
    }
  | { readonly type: "warning"; readonly finding: JsonFinding }
  | ({ readonly type: "repeatable-finished" } & RepeatableReport)
  | ({ readonly type: "hook-finished" } & HookReport)
  | { readonly type: "hook-output"; readonly hook: string; readonly line: string }
  | {
      readonly type: "checked";
      readonly topic: string;
      readonly state: "good" | "warning" | "fault";
      readonly message: string;
      readonly hint: string | null;
    }
  | { readonly type: "explained"; readonly values: readonly ExplainedValue[] }
  | {
      readonly type: "database-waiting";
      readonly database: string;
      readonly reason: string;
      readonly waitedMs: number;
      readonly limitMs: number;
    }
  | { readonly type: "database-ready"; readonly database: string; readonly waitedMs: number }
  | { readonly type: "lock-waiting"; readonly holder: string | null; readonly waitedMs: number }
  | {
      readonly type: "retrying";
      readonly step: JsonStep;
      readonly attempt: number;
      readonly delayMs: number;
      readonly server: JsonServerMessage;
      /** Who held the lock that was not got, one line each. */
      readonly blockers: readonly string[];
    }
  | { readonly type: "blocked"; readonly blockers: readonly string[] }
  | { readonly type: "index-progress"; readonly progress: string }
  | JsonBackupEvent
  | { readonly type: "reset-planned"; readonly database: string; readonly inventory: ResetInventory };

export interface JsonEntry {
  readonly version: string;
  readonly description: string;
  readonly state: MigrationState;
  /** The up file; null when it is missing. */
  readonly file: string | null;
  readonly downFile: string | null;
  /** Empty for everywhere. */
  readonly environments: readonly string[];
  /** UTC, ISO 8601 without offset; null when not applied. */
  readonly appliedAt: string | null;
  readonly appliedBy: string | null;
  readonly durationMs: number | null;
  /** SHA-256 in hex: of the file when it was applied, and of the file as it is. */
  readonly appliedChecksum: string | null;
  readonly fileChecksum: string | null;
  readonly toolVersion: string | null;
}

export type JsonReport =
  | JsonBackupReport
  | {
      readonly type: "run";
      readonly command: RunReport["command"];
      readonly database: string;
      readonly dryRun: boolean;
      readonly steps: readonly JsonStepReport[];
      readonly alreadyApplied: number;
      readonly repeatable: readonly RepeatableReport[];
      readonly hooks: readonly HookReport[];
      readonly durationMs: number;
      /** Why not all of it came through; null when it did. */
      readonly failure: JsonFailure | null;
    }
  | {
      readonly type: "seed";
      readonly database: string;
      readonly directory: string;
      readonly dryRun: boolean;
      readonly steps: readonly JsonStepReport[];
      readonly alreadyDone: number;
      readonly durationMs: number;
      /** Why not all of it came through; null when it did. */
      readonly failure: JsonFailure | null;
    }
  | {
      readonly type: "status";
      readonly database: string;
      readonly environment: string | null;
      readonly total: number;
      readonly applied: number;
      readonly pending: number;
      readonly resetUnfinished: boolean;
      readonly afterUpUnfinished: boolean;
      readonly isProtected: boolean;
      readonly migrations: readonly JsonEntry[];
      readonly repeatable: readonly JsonRepeatable[];
      readonly warnings: readonly JsonFinding[];
    }
  | {
      readonly type: "validation";
      readonly database: string | null;
      readonly migrations: number;
      readonly rehearsal: Rehearsal | null;
      readonly findings: readonly JsonFinding[];
    }
  | WaitReport
  | DoctorReport
  | ResolveReport
  | RecordReport
  | ProtectionReport
  | { readonly type: "baseline"; readonly database: string; readonly recorded: readonly JsonStep[] }
  | {
      readonly type: "repair";
      readonly database: string;
      readonly version: string | null;
      readonly forgotten: boolean;
      readonly updated: boolean;
      readonly changed: readonly JsonEntry[];
    }
  | {
      readonly type: "reset";
      readonly database: string;
      readonly deleted: ResetInventory;
      readonly durationMs: number;
    }
  | {
      readonly type: "settings";
      readonly projectFile: string | null;
      readonly settings: readonly JsonSetting[];
      /** What the database would be reached with, passwords masked; empty when none is named. */
      readonly connection: readonly JsonConnectionValue[];
      /** What is wrong with them; null when nothing is. */
      readonly failure: JsonFailure | null;
    }
  | {
      readonly type: "types";
      readonly database: string;
      readonly checked: boolean;
      readonly files: readonly WrittenFile[];
      /** The TypeScript itself where no file was named, else null. */
      readonly text: string | null;
    }
  | { readonly type: "created"; readonly paths: readonly string[] }
  | {
      readonly type: "bundled";
      readonly kind: BundledReport["kind"];
      readonly written: BundledReport["written"];
      readonly files: number;
      readonly migrations: number;
      /** How many versions of the target's history it is pinned to; null when it is not. */
      readonly pinned: number | null;
    };
