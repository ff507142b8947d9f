import { Failure, type Finding } from "../../core/failure/failure.ts";
import { stoppedBefore } from "../../core/migrations/plan.ts";
import type { Session } from "../../ports/session.ts";
import { requireWritable } from "../history/read-state.ts";
import { neededPrivileges } from "../run/migrate.ts";
import { requireOneTransaction, requirePoolable } from "../run/requirements.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { DatabaseContext } from "../session/context.ts";
import { isDirect } from "../session/own-settings.ts";

/**
 * The reasons for which `up` would refuse before its first step, as findings, and those that make the plan inexact: a
 * standby, a pooler, a changed repeatable migration.
 */
export function findRefusals(
  { database: { description } }: DatabaseContext,
  session: Session,
  planned: RunPlan,
  singleTransaction: boolean,
): Finding[] {
  const { state, scripts, plan } = planned;
  const isPooled = !isDirect(state, session);
  const refusals = [
    ...(singleTransaction ? refusalOf(() => requireOneTransaction(planned)) : []),
    ...(state.readOnly ? [] : refusalOf(() => requireWritable(state, "migrate", neededPrivileges(planned)))),
    ...(isPooled ? refusalOf(() => requirePoolable(state, scripts)) : []),
    ...(plan.stopsBefore ? findingsOf(stoppedBefore(plan.stopsBefore)) : []),
  ];
  return [
    ...refusals,
    ...(state.readOnly
      ? [inexact("warning", `up cannot run here: ${state.readOnly.reason}`, state.readOnly.hint)]
      : []),
    ...(isPooled ? [inexact("note", pooledWords(description), POOLER_HINT)] : []),
    ...planned.around.repeatable.stale.flatMap(({ name, file, recordedAt }) =>
      recordedAt === undefined ? [] : [{ ...inexact("note", replacedWords(name)), place: { path: file.path } }],
    ),
  ];
}

function refusalOf(require: () => void): Finding[] {
  try {
    require();
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return findingsOf(error);
  }
}

function findingsOf({ code, message, hint, place, findings }: Failure): Finding[] {
  if (findings.length > 0) return [...findings];
  return [{ rule: code, severity: "error", message, ...(hint !== undefined && { hint }), ...(place && { place }) }];
}

function inexact(severity: Finding["severity"], message: string, hint?: string): Finding {
  return { rule: "plan-inexact", severity, message, ...(hint !== undefined && { hint }) };
}

function pooledWords(database: string): string {
  return `the connection to ${database} goes through a transaction pooler: up will renew a lease, and each statement outside a transaction may wait for a connection of the pooler`;
}

const POOLER_HINT = "For long migrations connect to the server directly.";

function replacedWords(name: string): string {
  return `repeatable migration ${name} was changed after it was applied, and its old text is not known: the locks on what it replaces are not shown`;
}
