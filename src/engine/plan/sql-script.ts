import { writtenText } from "../../core/placeholders/written-place.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { Session } from "../../ports/session.ts";
import {
  completeHistorySql,
  createHistorySql,
  createJournalSql,
  NOW_UTC,
  tableNames,
  versionIs,
} from "../history/history-table.ts";
import { finishedSql, forgetSql, ranSql, startedSql, statementHash, unrecordedSql } from "../history/journal.ts";
import { lockKeys } from "../lock/lock-key.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { NETWORK_WINDOW, Pipeline } from "../pipeline/pipeline.ts";
import type { Script } from "../script/load-scripts.ts";
import { type Work, workOf } from "../script/statements-to-run.ts";
import type { DatabaseContext } from "../session/context.ts";
import { ownSettings } from "../session/own-settings.ts";
import { BEGIN_OWN, COMMIT } from "../session/own-transaction.ts";
import {
  beginSql,
  bookkeeping,
  commitSql,
  limitsAlone,
  mustRunAlone,
  type StatementRun,
} from "../step/one-statement.ts";
import { cleanSession, type Run } from "../step/session-settings.ts";
import { recordStepSql, trialOfRecordSql } from "../step/step-record.ts";
import { commitStepSql, recordStartSql } from "../step/transaction-step.ts";
import { requireScriptable } from "./scriptable.ts";
import { guardsSql, type ScriptSource } from "./sql-guards.ts";

/**
 * A script for psql that does what `up` would do, in the same transactions and with the same bookkeeping. It refuses
 * another database, another history and another run, and stops at the first error.
 * @throws Failure plan-not-scriptable for a run that psql cannot do
 */
export function sqlScript(context: DatabaseContext, session: Session, source: ScriptSource): string {
  const { planned, singleTransaction } = source;
  requireScriptable(context, planned);
  const { scripts, state } = planned;
  const run = runOf(context, session);
  const present = state.columns.map(({ name }) => name);
  const prepare = state.historyExists
    ? completeHistorySql(run.names, present)
    : createHistorySql(run.names, state.schemaExists);
  const lines = [
    ...headOf(context, source),
    ...guardsSql(context, session, source),
    ...(prepare ? ["-- The history", ...inOne([prepare]), ""] : []),
    ...(scripts.some(isAlone) ? ["-- The journal", ...inOne([createJournalSql(run.names)]), ""] : []),
    ...scripts.flatMap((script, index) =>
      isAlone(script) ? statementStep(run, script) : transactionStep(run, scripts, index, singleTransaction),
    ),
    `SELECT pg_catalog.pg_advisory_unlock(${lockKeys(context.settings)});`,
    "\\o",
    `\\echo ${scripts.length} migrations are applied`,
  ];
  return `${lines.join("\n")}\n`;
}

function isAlone({ inspection }: Script): boolean {
  return inspection.mode === "statements";
}

function headOf({ toolVersion, database }: DatabaseContext, { planned }: ScriptSource): string[] {
  const names = planned.scripts.map(({ step }) => `--   ${step.name.replace(/\s+/g, " ")}`);
  return [
    `-- Made by pgstep ${toolVersion} for ${database.description.replace(/\s+/g, " ")}. It applies, as pgstep up would:`,
    ...names,
    "-- Run it with: psql -X -f <this file> <the URL of the database>. It stops at the first error.",
    "\\set ON_ERROR_STOP on",
    "\\set ON_ERROR_ROLLBACK off",
    "\\set AUTOCOMMIT on",
    "\\set QUIET on",
    "\\encoding UTF8",
    "\\o /dev/null",
    "",
  ];
}

/** A run whose statements are only written. */
function runOf(context: DatabaseContext, session: Session): Run {
  const lock: RunLock = { guard: "", guardBeforeDrop: "", check: undefined, marker: "", release: async () => {} };
  return {
    ...{ context, session, names: tableNames(context.settings), lock, direct: true, inSession: new Set() },
    pipeline: new Pipeline(session, NETWORK_WINDOW),
    // RESET ALL takes back the encoding as well.
    sessionSettings: `${ownSettings(session)}SET client_encoding = 'UTF8'; `,
  };
}

function inOne(statements: readonly string[]): string[] {
  return [`${BEGIN_OWN};`, ...statements.map((sql) => `${sql};`), `${COMMIT};`];
}

/** A step that is one transaction, or its part of the one transaction of all. */
function transactionStep(run: Run, scripts: readonly Script[], index: number, singleTransaction: boolean): string[] {
  const script = scripts[index] as Script;
  const previous = scripts[index - 1];
  const [isFirst, isLast] = [!singleTransaction || index === 0, !singleTransaction || index === scripts.length - 1];
  const own = singleTransaction ? scripts.slice(0, index + 1) : [script];
  const extent = { previous, commit: isLast, versions: own.map(({ step }) => step.version) };
  const statements: string[] = [];
  for (const work of workOf(script)) statements.push(...writtenWork(work));
  const durations = isLast ? own.map((one) => durationSql(run, one)) : [];
  return [
    `-- ${script.step.name}`,
    ...(isFirst ? [`BEGIN ISOLATION LEVEL ${script.inspection.isolation} READ WRITE;`] : []),
    `${recordStartSql(run, script, previous)};`,
    ...statements,
    `${commitStepSql(run, script, extent)};`,
    ...durations,
    `\\echo applied ${script.step.name}`,
    "",
  ];
}

/** A step whose statements run one by one, with a journal. */
function statementStep(run: Run, script: Script): string[] {
  const { names } = run;
  const { step } = script;
  const alone: StatementRun = { run, script, own: new Set() };
  let number = 0;
  const statements: string[] = [];
  for (const work of workOf(script)) statements.push(...journaled(alone, work, ++number));
  const recorded = [
    cleanSession(run).replace(/;\s*$/, ""),
    forgetSql(names, step, number),
    ...recordStepSql(run, script, number, 0),
  ];
  return [
    `-- ${step.name}, statement by statement`,
    `${trialOfRecordSql(run, script)};`,
    "ROLLBACK;",
    ...statements,
    ...inOne(recorded),
    durationSql(run, script),
    `\\echo applied ${step.name}`,
    "",
  ];
}

function journaled(alone: StatementRun, work: Work, number: number): string[] {
  const { run, script } = alone;
  const { statement } = work;
  const hash = statementHash(writtenText(statement));
  const unrecorded = unrecordedSql(run.names, script.step, number);
  if (!mustRunAlone(script, statement)) {
    const entry = [unrecorded, ranSql(run.names, script.step, number, hash)].join("; ");
    return [`${beginSql(alone, "READ COMMITTED")};`, ...writtenWork(work), `${commitSql(alone, entry)};`];
  }
  const started = [bookkeeping(run), unrecorded, startedSql(run.names, script.step, number, hash)];
  const settings = limitsAlone(alone, statement.text);
  return [
    ...inOne(started),
    ...settings.map(([name, value]) => `SET ${name} = ${value};`),
    ended(statement),
    ...settings.map(([name]) => `RESET ${name};`),
    run.sessionSettings.trim(),
    ...inOne([bookkeeping(run), finishedSql(run.names, script.step, number)]),
  ];
}

/** A statement, with its rows if it is a COPY; the rows must be read before the next statement. */
function writtenWork({ statement, rows }: Work): string[] {
  if (!rows) return [ended(statement)];
  const parts = [...rows].map((part) => Buffer.from(part));
  const text = Buffer.concat(parts).toString("utf8");
  return [ended(statement), ...(text === "" ? [] : [text.replace(/\r?\n$/, "")]), "\\."];
}

/** psql sends a statement at its semicolon. */
function ended({ text }: Pick<Statement, "text">): string {
  return text.trimEnd().endsWith(";") ? text : `${text}\n;`;
}

/** The time since the row was written, as `up` measures it. */
function durationSql({ names }: Run, { step }: Script): string {
  const took = `pg_catalog.round(EXTRACT(EPOCH FROM ${NOW_UTC} - applied_at) * 1000)`;
  return `UPDATE ONLY ${names.history} SET duration_ms = ${took} WHERE ${versionIs(step.version)};`;
}
