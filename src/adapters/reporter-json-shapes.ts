import type { Failure, FailureCode, FilePlace, Finding, ServerMessage } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { Entry, MigrationState } from "../core/history.ts";
import type { Direction } from "../core/migration.ts";
import type { Step } from "../core/plan.ts";
import type { Report, ResetInventory, RunReport, StepOutcome, StepReport } from "../core/report.ts";

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
    }
  | { readonly type: "reset-planned"; readonly inventory: ResetInventory };

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

export function jsonEvent(event: Event): JsonEvent {
  switch (event.type) {
    case "planned": {
      const { type, database, dryRun, plan } = event;
      return { type, database, dryRun, steps: plan.steps.map(jsonStep) };
    }
    case "step-started":
    case "statement-finished":
    case "step-finished":
      return { ...event, step: jsonStep(event.step) };
    case "notice": {
      const { type, migration, place, message } = event;
      return { type, migration: migration ?? null, place: jsonPlace(place), server: jsonServerMessage(message) };
    }
    case "warning":
      return { type: event.type, finding: jsonFinding(event.finding) };
    case "lock-waiting":
      return { type: event.type, holder: event.holder ?? null, waitedMs: Math.round(event.waitedMs) };
    case "retrying": {
      const { type, step, attempt, delayMs, reason } = event;
      return { type, step: jsonStep(step), attempt, delayMs, server: jsonServerMessage(reason) };
    }
    case "reset-planned":
      return event;
  }
}

export function jsonReport(report: Report): JsonReport {
  switch (report.type) {
    case "run": {
      const { failure, steps, ...rest } = report;
      return { ...rest, steps: steps.map(jsonStepReport), failed: failure !== undefined };
    }
    case "status": {
      const { type, database, environment, entries, applied, pending, resetUnfinished, warnings } = report;
      return {
        type,
        database,
        environment: environment ?? null,
        total: entries.length,
        applied,
        pending,
        resetUnfinished,
        migrations: entries.map(jsonEntry),
        warnings: warnings.map(jsonFinding),
      };
    }
    case "validation":
      return { ...report, database: report.database ?? null, findings: report.findings.map(jsonFinding) };
    case "baseline":
      return { ...report, recorded: report.recorded.map(jsonStep) };
    case "repair":
      return { ...report, changed: report.changed.map(jsonEntry) };
    case "reset":
    case "created":
      return report;
  }
}

export function jsonFailure(failure: Failure): JsonFailure {
  const { code, message, hint, place, server, findings, exitStatus } = failure;
  return {
    type: "failure",
    code,
    message,
    hint: hint ?? null,
    place: jsonPlace(place),
    server: server ? jsonServerMessage(server) : null,
    findings: findings.map(jsonFinding),
    exitStatus,
  };
}

function jsonStep({ version, name, description, direction }: Step | StepReport): JsonStep {
  return { version, name, description, direction };
}

function jsonStepReport(step: StepReport): JsonStepReport {
  return { ...step, durationMs: step.durationMs ?? null };
}

function jsonEntry({ version, description, state, migration, applied }: Entry): JsonEntry {
  return {
    version,
    description,
    state,
    file: migration?.up.path ?? null,
    downFile: migration?.down?.path ?? null,
    environments: migration?.up.header.environments ?? [],
    appliedAt: applied?.appliedAt ?? null,
    appliedBy: applied?.appliedBy ?? null,
    durationMs: applied?.durationMs ?? null,
    appliedChecksum: applied?.checksum ?? null,
    fileChecksum: migration?.up.checksum ?? null,
    toolVersion: applied?.toolVersion ?? null,
  };
}

function jsonFinding({ rule, severity, message, hint, place }: Finding): JsonFinding {
  return { rule, severity, message, hint: hint ?? null, place: jsonPlace(place) };
}

function jsonPlace(place: FilePlace | undefined): JsonPlace | null {
  if (!place) return null;
  const { path, line, column, sourceLine } = place;
  return { path, line: line ?? null, column: column ?? null, sourceLine: sourceLine ?? null };
}

function jsonServerMessage(server: ServerMessage): JsonServerMessage {
  const { severity, code, message, detail, hint, where, schema, table, column, constraint } = server;
  return {
    severity,
    code,
    message,
    detail: detail ?? null,
    hint: hint ?? null,
    where: where ?? null,
    schema: schema ?? null,
    table: table ?? null,
    column: column ?? null,
    constraint: constraint ?? null,
  };
}
