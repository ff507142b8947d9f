import type { BackupPolicy } from "../../core/backup/backup-report.ts";
import type { Session } from "../../ports/session.ts";
import type { BackUpBefore, RunPlan } from "../run/run-plan.ts";
import type { DatabaseContext } from "../session/context.ts";
import { type BackupForecast, type BackupOrder, NO_BACKUP, planBackup } from "./plan-backup.ts";
import { type BackupMeans, takeBackup } from "./take-backup.ts";

/** Environments whose rows can be made again. */
const FOR_TRIALS = ["development", "test"];

type Planned = Pick<RunPlan, "scripts" | "state">;

/**
 * Makes the backup before the first step of a run, if a header, the settings or a destructive statement requires one; a
 * dry run only reports it. A retry of the run makes no second one.
 * @param isUndo true for a command whose purpose is to undo migrations
 * @throws Failure backup-failed; nothing was changed then
 */
export function backUpBeforeRun(means: BackupMeans, isUndo: boolean): BackUpBefore {
  let isDone = false;
  return async (context, session, planned, dryRun) => {
    if (dryRun) {
      const { backup, findings } = await forecastBackup(context, session, planned, means.policy, isUndo);
      for (const finding of findings) context.emit({ type: "warning", finding });
      if (backup) context.emit({ type: "backup-planned", backup });
      return;
    }
    const order = isDone ? undefined : orderOf(context, session, planned, means.policy, isUndo);
    if (!order) return;
    const backup = await takeBackup(context, session, means, order);
    isDone = true;
    if (backup) context.emit({ type: "backed-up", backup });
  };
}

/** The backup that the run would make. @throws Failure backup-failed */
export async function forecastBackup(
  context: DatabaseContext,
  session: Session,
  planned: Planned,
  policy: BackupPolicy,
  isUndo: boolean,
): Promise<BackupForecast> {
  const order = orderOf(context, session, planned, policy, isUndo);
  return order ? await planBackup(context, session, order, policy) : NO_BACKUP;
}

/** Undefined if the run needs no backup. */
function orderOf(
  { settings }: DatabaseContext,
  { backend }: Session,
  { scripts, state }: Planned,
  { backup: occasion }: BackupPolicy,
  isUndo: boolean,
): BackupOrder | undefined {
  if (scripts.length === 0) return undefined;
  const everything = occasion === "always" || scripts.some(({ header }) => header.backup === "required");
  if (everything) return { state, origin: "automatic", destructions: undefined, kept: [] };
  const isTrial = backend.embedded || FOR_TRIALS.includes(settings.environment ?? "");
  if (occasion === "never" || (isUndo && isTrial)) return undefined;
  const destroying = scripts.map(({ inspection }) => inspection.destructions);
  const first = destroying.findIndex((found) => found.length > 0);
  if (first === -1) return undefined;
  const before = scripts.slice(0, first).filter(({ step }) => step.direction === "up");
  const kept = before.map(({ step }) => step.version);
  return { state, origin: "automatic", destructions: destroying.flat(), kept };
}
