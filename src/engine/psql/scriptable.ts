import { Failure } from "../../core/failure/failure.ts";
import { placeholdersOf } from "../../core/placeholders/placeholders.ts";
import { requireOneTransaction } from "../run/requirements.ts";
import { hooksOfUp } from "../run/run-plan.ts";
import type { Script } from "../script/load-scripts.ts";
import { workOf } from "../script/statements-to-run.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { ScriptParts } from "./parts.ts";

/**
 * Refuses a run that a script for psql cannot do as `up` does it.
 * @throws Failure plan-not-scriptable; as `requireOneTransaction`
 */
export function requireScriptable({ settings, database }: DatabaseContext, parts: ScriptParts): void {
  const { planned, singleTransaction, repeatables } = parts;
  const { scripts, state } = planned;
  if (singleTransaction) requireOneTransaction(planned);
  if (database.embedded) refuse("psql cannot reach an embedded database", "Name a server with --url.");
  const begun = scripts.find(({ step }) => state.unfinished.some(({ version }) => version === step.version));
  if (begun) refuse(`${begun.step.name} was applied in part`, "Finish it first: pgstep up.");
  const secret = [...placeholdersOf(settings.placeholders)].find(([, one]) => one.secret && one.value !== undefined);
  if (secret) {
    refuse(`the value of the placeholder ${secret[0]} is secret`, "Run the migrations with pgstep up instead.");
  }
  for (const { hook, script } of hooksOfUp(planned)) {
    if (!script)
      refuse(`the hook ${hook.moment} (${hook.name}) is a command, and psql has no report for it`, COMMAND_HINT);
    else if (settings.hookFailure === "warn" && special(script, "rows")) {
      const hint = "Write the rows as INSERT, or leave out --hook-failure warn.";
      refuse(`the hook ${hook.name} has rows of a COPY, which psql would run as SQL if the hook failed`, hint);
    }
  }
  for (const { one } of repeatables) {
    if (one.outline.views.length === 0) continue;
    const reason = `the repeatable migration ${one.name} has a view, which may have to be dropped first, and`;
    if (special(one.script, "rows")) {
      refuse(`${reason} rows of a COPY`, "Write the rows as INSERT, or move them into a file of their own.");
    }
    if (special(one.script, "control")) {
      refuse(`${reason} a savepoint`, "Move the savepoint into a file of its own.");
    }
  }
}

const COMMAND_HINT = "Run it yourself before or after the script, and leave it out of the plan: --hooks '{}'.";

function refuse(reason: string, hint: string): never {
  throw new Failure("plan-not-scriptable", `Cannot write the run as a script for psql: ${reason}`, { hint });
}

/** True if a script has rows of a COPY, or statements that divide a transaction. */
function special(script: Script, kind: "rows" | "control"): boolean {
  let found = false;
  for (const { statement, rows } of workOf(script)) {
    if (rows) for (const _ of rows);
    if (kind === "rows" ? rows !== undefined : CONTROL.test(statement.text)) found = true;
  }
  return found;
}

const CONTROL = /^(?:SAVEPOINT|RELEASE|ROLLBACK)\b/i;
