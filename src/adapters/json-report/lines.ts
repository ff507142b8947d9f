import type { Failure, FilePlace, Finding, ServerMessage } from "../../core/failure/failure.ts";
import type { Entry } from "../../core/migrations/history.ts";
import type { Step } from "../../core/migrations/plan.ts";
import type { RepeatableEntry } from "../../core/repeatable/repeatable.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Report, StepReport } from "../../core/reports/report.ts";
import type { Note } from "../output/notes.ts";
import { jsonBackup } from "./backup.ts";
import type {
  JsonEntry,
  JsonEvent,
  JsonFailure,
  JsonFinding,
  JsonPlace,
  JsonReport,
  JsonServerMessage,
  JsonStep,
  JsonStepReport,
} from "./shapes.ts";
import type { JsonRepeatable } from "./values.ts";

export function jsonEvent(event: Exclude<Event, Note>): JsonEvent {
  switch (event.type) {
    case "planned": {
      const { type, database, dryRun, plan } = event;
      return { type, database, dryRun, steps: plan.steps.map(jsonStep) };
    }
    case "step-started":
    case "step-finished":
      return { ...event, step: jsonStep(event.step) };
    case "statement-finished": {
      const { type, step, place, durationMs, ...rest } = event;
      const time = durationMs === undefined ? null : Math.round(durationMs);
      return { type, step: jsonStep(step), ...rest, place: jsonPlace(place), durationMs: time };
    }
    case "notice": {
      const { type, migration, place, message } = event;
      return { type, migration: migration ?? null, place: jsonPlace(place), server: jsonServerMessage(message) };
    }
    case "repeatable-finished":
      return { type: event.type, ...event.repeatable };
    case "hook-finished":
      return { type: event.type, ...event.hook };
    case "hook-output":
      return event;
    case "warning":
      return { type: event.type, finding: jsonFinding(event.finding) };
    case "lock-waiting":
      return { type: event.type, holder: event.holder ?? null, waitedMs: Math.round(event.waitedMs) };
    case "retrying": {
      const { type, step, attempt, delayMs, reason, blockers } = event;
      return { type, step: jsonStep(step), attempt, delayMs, server: jsonServerMessage(reason), blockers };
    }
    case "checked":
      return { type: event.type, ...event.check, hint: event.check.hint ?? null };
    case "explained":
      return event;
    case "database-waiting":
    case "database-ready":
      return { ...event, waitedMs: Math.round(event.waitedMs) };
    case "backed-up":
      return { type: event.type, backup: jsonBackup(event.backup) };
    case "blocked":
    case "index-progress":
    case "backup-progress":
    case "restore-planned":
    case "reset-planned":
      return event;
  }
}

export function jsonReport(report: Report): JsonReport {
  switch (report.type) {
    case "seed": {
      const { failure, steps, ...rest } = report;
      return { ...rest, steps: steps.map(jsonStepReport), failure: failure ? jsonFailure(failure) : null };
    }
    case "run": {
      const { failure, steps, repeatable = [], hooks = [], ...rest } = report;
      return {
        ...rest,
        steps: steps.map(jsonStepReport),
        repeatable,
        hooks,
        failure: failure ? jsonFailure(failure) : null,
      };
    }
    case "status": {
      const { type, database, environment, entries, applied, pending, resetUnfinished, warnings } = report;
      const { repeatable = [], afterUpUnfinished } = report;
      return {
        type,
        database,
        environment: environment ?? null,
        total: entries.length,
        applied,
        pending,
        resetUnfinished,
        afterUpUnfinished,
        isProtected: report.isProtected,
        migrations: entries.map(jsonEntry),
        repeatable: repeatable.map(jsonRepeatable),
        warnings: warnings.map(jsonFinding),
      };
    }
    case "validation":
      return {
        ...report,
        database: report.database ?? null,
        rehearsal: report.rehearsal ?? null,
        findings: report.findings.map(jsonFinding),
      };
    case "backup":
      return { ...report, ...jsonBackup(report) };
    case "backups":
    case "restore":
      return report;
    case "baseline":
      return { ...report, recorded: report.recorded.map(jsonStep) };
    case "repair":
      return { ...report, version: report.version ?? null, changed: report.changed.map(jsonEntry) };
    case "settings": {
      const { projectFile, settings, failure, ...rest } = report;
      return {
        ...rest,
        projectFile: projectFile ?? null,
        settings: settings.map((setting) => ({ ...setting, value: setting.value ?? null })),
        failure: failure ? jsonFailure(failure) : null,
      };
    }
    case "types":
      return { ...report, text: report.text ?? null };
    case "bundled":
      return { ...report, pinned: report.pinned ?? null };
    case "doctor":
    case "wait":
    case "resolve":
    case "recorded":
    case "reset":
    case "protection":
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
  return { ...step, durationMs: step.durationMs ?? null, inPart: step.inPart ?? null };
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

function jsonRepeatable({ name, state, repeatable, recorded }: RepeatableEntry): JsonRepeatable {
  return { name, state, file: repeatable?.file.path ?? null, appliedAt: recorded?.appliedAt ?? null };
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
