import type { BackupPolicy } from "../../core/backup/backup-report.ts";
import { type Destruction, destruction } from "../../core/statements/data-loss.ts";
import type { Session } from "../../ports/session.ts";
import type { BackUpBefore, RunPlan } from "../run/run-plan.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { type BackupOrder, planBackup } from "./plan-backup.ts";
import { type BackupMeans, takeBackup } from "./take-backup.ts";

/** Small scripts without any of these words destroy nothing and need no scan. */
const MAY_DESTROY = /\b(?:drop|truncate|delete|update|merge|type)\b/i;
const SMALL_BYTES = 1 << 13;

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
    const order = isDone ? undefined : orderOf(context, session, planned, means.policy, isUndo);
    if (!order) return;
    if (dryRun) {
      const backup = await planBackup(context, session, order);
      if (backup) context.emit({ type: "backup-planned", backup });
      return;
    }
    const backup = await takeBackup(context, session, means, order);
    isDone = true;
    if (backup) context.emit({ type: "backed-up", backup });
  };
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
  const destroying = scripts.map(destructions);
  const first = destroying.findIndex((found) => found.length > 0);
  if (first === -1) return undefined;
  const before = scripts.slice(0, first).filter(({ step }) => step.direction === "up");
  const kept = before.map(({ step }) => step.version);
  return { state, origin: "automatic", destructions: destroying.flat(), kept };
}

function destructions(script: Script): Destruction[] {
  const { script: file } = script.step;
  if ((file === undefined || file.size <= SMALL_BYTES) && !MAY_DESTROY.test([...script.text()].join(""))) return [];
  const found: Destruction[] = [];
  for (const piece of script.plannedPieces()) {
    const one = piece.kind === "statement" ? destruction(piece) : undefined;
    if (one) found.push(one);
  }
  return found;
}
