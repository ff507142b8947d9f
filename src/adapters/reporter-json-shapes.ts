import type { FailureCode } from "../core/error.ts";
import type { MigrationState } from "../core/history.ts";
import type { Direction } from "../core/migration.ts";
import type { ResetInventory, ResolveReport, RunReport, StepOutcome } from "../core/report.ts";

/*
 * What --json prints, one object a line. The names stay: programs read them. What there is none of is null; lists are
 * empty. Durations are whole milliseconds; positions are 1-based, columns in code points.
 */

/** Every line is one of these. The last line is a report, or a failure when the command failed. */
export type JsonLine = JsonEvent | JsonReport | JsonFailure | JsonBug;

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
  | {
      readonly type: "run";
      readonly command: RunReport["command"];
      readonly database: string;
      readonly dryRun: boolean;
      readonly steps: readonly JsonStepReport[];
      readonly alreadyApplied: number;
      readonly durationMs: number;
      /** When true, a failure is the next line. */
      readonly failed: boolean;
    }
  | {
      readonly type: "status";
      readonly database: string;
      readonly environment: string | null;
      readonly total: number;
      readonly applied: number;
      readonly pending: number;
      readonly resetUnfinished: boolean;
      readonly migrations: readonly JsonEntry[];
      readonly warnings: readonly JsonFinding[];
    }
  | {
      readonly type: "validation";
      readonly database: string | null;
      readonly migrations: number;
      readonly findings: readonly JsonFinding[];
    }
  | ResolveReport
  | { readonly type: "baseline"; readonly database: string; readonly recorded: readonly JsonStep[] }
  | {
      readonly type: "repair";
      readonly database: string;
      readonly updated: boolean;
      readonly changed: readonly JsonEntry[];
    }
  | {
      readonly type: "reset";
      readonly database: string;
      readonly deleted: ResetInventory;
      readonly durationMs: number;
    }
  | { readonly type: "created"; readonly paths: readonly string[] };
