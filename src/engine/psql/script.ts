import type { Session } from "../../ports/session.ts";
import { completeHistorySql, createHistorySql } from "../history/history-table.ts";
import { lockKeys } from "../lock/lock-key.ts";
import { waitsForHistory } from "../run/prepare-history.ts";
import { hooksOfUp } from "../run/run-plan.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { Run } from "../step/session-settings.ts";
import { guardsSql } from "./guards.ts";
import { hooksAfterUp, hooksAt } from "./hooks.ts";
import { partsOf, type ScriptParts, type ScriptSource } from "./parts.ts";
import { repeatableLines } from "./repeatables.ts";
import { writtenRun } from "./run.ts";
import { requireScriptable } from "./scriptable.ts";
import { statementStep } from "./statement-step.ts";
import { CLIENT_SETTINGS, comment, echo, inOne } from "./text.ts";
import { transactionStep } from "./transaction-step.ts";

/**
 * A script for psql that does what `up` would do, in the same transactions and with the same bookkeeping. It refuses
 * another database, another history and another run, and stops at the first error.
 * @throws Failure plan-not-scriptable for a run that psql cannot do
 */
export async function sqlScript(context: DatabaseContext, session: Session, source: ScriptSource): Promise<string> {
  const parts = await partsOf(source);
  requireScriptable(context, parts);
  const run = await writtenRun(context, session);
  const { planned, identity } = parts;
  const { around } = planned;
  const hooks = hooksOfUp(planned);
  const lines = [
    ...headOf(context, parts),
    ...guardsSql(run, identity, planned),
    ...historyLines(run, parts),
    ...hooksAt(run, hooks, "before-up"),
    ...stepLines(run, parts),
    ...repeatableLines(run, parts),
    ...hooksAfterUp(run, hooks, around),
    `SELECT pg_catalog.pg_advisory_unlock(${lockKeys(context.settings)});`,
    "\\o",
    echo(endOf(parts)),
  ];
  return `${lines.join("\n")}\n`;
}

function headOf({ toolVersion, database }: DatabaseContext, { planned, repeatables }: ScriptParts): string[] {
  const list = (names: readonly string[]) => names.map((name) => comment(`  ${name}`));
  const stale = repeatables.filter(({ isStale }) => isStale).map(({ one }) => `${one.name} (repeatable)`);
  const unchanged = repeatables.filter(({ isStale }) => !isStale).map(({ one }) => one.name);
  return [
    comment(`Made by pgstep ${toolVersion} for ${database.description}. It does what pgstep up would do:`),
    ...list([...planned.scripts.map(({ step }) => step.name), ...stale]),
    ...(unchanged.length > 0 ? ["-- and applies again, if a view of it is then missing:", ...list(unchanged)] : []),
    "-- Run it with: psql -X -f <this file> <the URL of the database>. It stops at the first error.",
    ...CLIENT_SETTINGS,
    "",
  ];
}

/** Creates the history, or adds the columns that it lacks. */
function historyLines({ context, names }: Run, { planned }: ScriptParts): string[] {
  const { historyExists, schemaExists, columns } = planned.state;
  const present = columns.map(({ name }) => name);
  const sql = historyExists ? completeHistorySql(names, present) : createHistorySql(names, schemaExists);
  return sql === undefined ? [] : ["-- The history", ...inOne([...waitsForHistory(context.settings), sql]), ""];
}

/** The steps, each between its hooks. */
function stepLines(run: Run, { planned, singleTransaction }: ScriptParts): string[] {
  const { scripts } = planned;
  const hooks = hooksOfUp(planned);
  return scripts.flatMap((script, index) => [
    ...hooksAt(run, hooks, "before-step"),
    ...(script.inspection.mode === "statements"
      ? statementStep(run, script)
      : transactionStep(run, { scripts, index, singleTransaction })),
    ...hooksAt(run, hooks, "after-step"),
  ]);
}

function endOf({ planned }: ScriptParts): string {
  const { length } = planned.scripts;
  return length === 0 ? "The run is complete" : `${length} ${length === 1 ? "migration is" : "migrations are"} applied`;
}
