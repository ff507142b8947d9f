import type { Backup } from "../../core/backup/backup-report.ts";
import type { Example } from "../../core/check/rule.ts";
import type { DriftReport } from "../../core/drift/drift-report.ts";
import type { Failure, ServerMessage } from "../../core/failure/failure.ts";
import { messageOf } from "../../core/failure/system-error.ts";
import { type Entry, isSettled } from "../../core/migrations/history.ts";
import type { Step } from "../../core/migrations/plan.ts";
import type { RepeatableEntry } from "../../core/repeatable/repeatable.ts";
import type { CheckReport, RuleReport } from "../../core/reports/check-report.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Report, SettingsReport, StepReport } from "../../core/reports/report.ts";
import type { Note } from "../output/notes.ts";
import { fields, jsonCheckFinding, jsonFinding, jsonPlace, jsonStandIn, orNull } from "./parts.ts";
import { jsonPlan } from "./plan-line.ts";
import type { Exactly, JsonLine, JsonResult, JsonValue } from "./shapes.ts";
import { FORMAT_VERSION, versionLine } from "./version.ts";

/*
 * Events and reports as lines; fields keep the order of the events and reports. Most result types are inferred: a
 * declared one would hide a field that is printed but not described. `Line` compares the two.
 */

/** A line without its format. Does not compile if the printed fields differ from the described ones. */
export type Line = Exactly<
  Exclude<JsonLine, JsonVersion>,
  ReturnType<typeof jsonEvent | typeof jsonReport | typeof jsonFailure | typeof jsonBug>
>;

type JsonVersion = Extract<JsonResult, { type: "version" }>;

export function jsonEvent(event: Exclude<Event, Note>) {
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
      return {
        type,
        step: jsonStep(step),
        ...rest,
        place: orNull(place, jsonPlace),
        durationMs: orNull(durationMs, Math.round),
      };
    }
    case "notice": {
      const { type, migration, place, message } = event;
      return {
        type,
        migration: migration ?? null,
        place: orNull(place, jsonPlace),
        server: jsonServerMessage(message),
      };
    }
    case "repeatable-finished":
      return { type: event.type, ...event.repeatable };
    case "hook-finished":
      return { type: event.type, ...event.hook };
    case "warning":
      return { type: event.type, finding: jsonFinding(event.finding) };
    case "lock-waiting":
      return {
        ...{ type: event.type, holder: event.holder ?? null, activity: event.activity ?? null },
        waitedMs: Math.round(event.waitedMs),
      };
    case "retrying": {
      const { type, step, attempt, delayMs, reason, blockers, total } = event;
      return { type, step: jsonStep(step), attempt, delayMs, server: jsonServerMessage(reason), blockers, total };
    }
    case "checked":
      return { type: event.type, ...event.check, hint: event.check.hint ?? null };
    case "database-waiting":
    case "database-ready":
      return { ...event, waitedMs: Math.round(event.waitedMs) };
    case "backed-up":
      return { type: event.type, backup: jsonBackup(event.backup) };
    case "hook-output":
    case "explained":
    case "blocked":
    case "statement-progress":
    case "backup-progress":
    case "backup-planned":
    case "database-created":
    case "restore-planned":
    case "schema-dumped":
    case "reset-planned":
      return event;
  }
}

export function jsonReport(report: Report) {
  switch (report.type) {
    case "seed": {
      const { failure, steps, ...rest } = report;
      return { ...rest, steps: steps.map(jsonStepReport), failure: orNull(failure, jsonFailure) };
    }
    case "run": {
      const { failure, steps, repeatable = [], hooks = [], ...rest } = report;
      return { ...rest, steps: steps.map(jsonStepReport), repeatable, hooks, failure: orNull(failure, jsonFailure) };
    }
    case "status": {
      const { entries, warnings, repeatable = [] } = report;
      return {
        ...fields(report, "type", "database", "environment"),
        total: entries.length,
        ...fields(report, "applied", "pending", "resetUnfinished", "afterUpUnfinished", "isProtected"),
        migrations: (report.unsettledOnly ? entries.filter((entry) => !isSettled(entry)) : entries).map(jsonEntry),
        repeatable: repeatable.map(jsonRepeatable),
        warnings: warnings.map(jsonFinding),
      };
    }
    case "validation": {
      const { database = null, syntax = null, findings } = report;
      return { ...report, database, syntax, findings: findings.map(jsonFinding) };
    }
    case "check":
      return jsonCheck(report);
    case "plan":
      return jsonPlan(report);
    case "drift":
      return jsonDrift(report);
    case "rule":
      return jsonRule(report);
    case "backup":
      return { ...report, program: report.program ?? null };
    case "baseline":
      return { ...report, written: report.written ?? [], recorded: report.recorded.map(jsonStep) };
    case "import":
      return { ...report, recorded: report.recorded.map(jsonStep) };
    case "repair":
      return { ...report, version: report.version ?? null, changed: report.changed.map(jsonEntry) };
    case "settings":
      return jsonSettings(report);
    case "diff":
      return { ...report, sql: report.sql ?? null };
    case "dump":
      return { ...report, file: report.file ?? null, text: report.text ?? null };
    case "types":
      return { ...report, text: report.text ?? null, standIns: report.standIns.map(jsonStandIn) };
    case "bundled":
      return { ...report, pinned: report.pinned ?? null };
    case "doctor":
      return { ...report, database: report.database ?? null };
    case "backups":
      return { ...report, backups: report.backups.map((one) => ({ ...one, origin: one.origin ?? null })) };
    default:
      return report;
  }
}

function jsonSettings({ projectFile, settings, failure, ...rest }: SettingsReport) {
  return {
    ...rest,
    projectFile: projectFile ?? null,
    settings: settings.map((setting) => ({ ...setting, value: setting.value ?? null })),
    failure: orNull(failure, jsonFailure),
  };
}

function jsonDrift({ warnings, platform, lastApply, standIns, ...rest }: DriftReport) {
  return {
    ...{ ...rest, platform: platform ?? null, lastApply: lastApply ?? null },
    ...{ standIns: standIns.map(jsonStandIn), warnings: warnings.map(jsonFinding) },
  };
}

function jsonRule(report: RuleReport) {
  const { bad, good } = report.examples;
  return {
    ...fields(report, "type", "id", "group", "severity", "preset", "title", "why", "recipe"),
    examples: { bad: bad.map(jsonExample), good: good.map(jsonExample) },
  };
}

function jsonCheck({ replay, merge, statements, findings, ...report }: CheckReport) {
  return {
    ...fields(report, "type", "database", "migrations", "files"),
    ...{ syntax: report.syntax ?? null, hint: report.hint ?? null },
    ...fields(report, "inOlder", "ignored", "known", "outdated", "sizes"),
    replay: orNull(replay, (run) => ({
      ...{ ...run, leftOut: run.leftOut.map(jsonPlace) },
      standIns: run.standIns.map(jsonStandIn),
    })),
    merge: orNull(merge, (test) => ({ ...test, because: test.because ?? null })),
    statements: statements.map(({ place, statement, touches }) => ({
      ...{ place: jsonPlace(place), statement },
      touches: touches.map((touch) => ({ ...touch, blocks: touch.blocks ?? null })),
    })),
    findings: findings.map(jsonCheckFinding),
  };
}

const jsonExample = (example: Example) => fields(example, "given", "sql");

export function jsonFailure(failure: Failure): JsonValue<"failure"> {
  const { place, server, findings, exitStatus } = failure;
  return {
    type: "failure",
    ...fields(failure, "code", "message", "hint"),
    place: orNull(place, jsonPlace),
    server: orNull(server, jsonServerMessage),
    findings: findings.map(jsonFinding),
    exitStatus,
  };
}

export function jsonBug(error: unknown) {
  return { type: "bug", message: messageOf(error), exitStatus: 1 } as const;
}

/** The output of `--version`: a line for people, or the whole of it with --json. */
export function versionText(build: Omit<JsonVersion, "type">, format: string): string {
  if (format !== "json") return versionLine(build.version);
  return `${JSON.stringify({ type: "version", format: FORMAT_VERSION, ...build })}\n`;
}

const jsonStep = (step: Step | StepReport) => fields(step, "version", "name", "description", "direction");

function jsonStepReport(step: StepReport) {
  return { ...step, durationMs: step.durationMs ?? null, inPart: step.inPart ?? null };
}

function jsonBackup(backup: Backup) {
  const what = fields(backup, "database", "path", "kind", "origin", "program", "scope", "tables", "bytes");
  return { ...what, ...fields(backup, "verification", "removed", "durationMs") };
}

function jsonEntry({ version, description, state, migration, applied }: Entry) {
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

function jsonRepeatable({ name, state, repeatable, recorded }: RepeatableEntry) {
  return { name, state, file: repeatable?.file.path ?? null, appliedAt: recorded?.appliedAt ?? null };
}

function jsonServerMessage(server: ServerMessage) {
  const said = fields(server, "severity", "code", "message", "detail", "hint", "where");
  return { ...said, ...fields(server, "schema", "table", "column", "constraint") };
}
