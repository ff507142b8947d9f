import { type Destruction, destruction } from "../../core/statements/data-loss.ts";
import type { Session } from "../../ports/session.ts";
import type { BackUpBefore, RunPlan } from "../run/run-plan.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { type BackupMeans, takeBackup } from "./take-backup.ts";

/** Small scripts without any of these words destroy nothing and need no scan. */
const MAY_DESTROY = /\b(?:drop|truncate|delete|update|merge|type)\b/i;
const SMALL_BYTES = 1 << 13;

/**
 * Makes the backup before the first step of a run, if a header, the settings or a destructive statement requires one.
 * @throws Failure backup-failed; nothing was changed then
 */
export function backUpBeforeRun(means: BackupMeans): BackUpBefore {
  return (context, session, prepared) => backUpFor(context, session, prepared, means);
}

async function backUpFor(
  context: DatabaseContext,
  session: Session,
  { scripts, state }: Pick<RunPlan, "scripts" | "state">,
  means: BackupMeans,
): Promise<void> {
  const { backup: occasion } = means.policy;
  const always = occasion === "always" || scripts.some(({ header }) => header.backup === "required");
  if (!always && occasion === "never") return;
  const destroying = always ? [] : scripts.map(destructions);
  const first = destroying.findIndex((found) => found.length > 0);
  if (!always && first === -1) return;
  const before = scripts.slice(0, Math.max(0, first)).filter(({ step }) => step.direction === "up");
  const backup = await takeBackup(context, session, means, {
    state,
    destructions: always ? undefined : destroying.flat(),
    kept: before.map(({ step }) => step.version),
    onlyOfRows: !always,
  });
  if (backup) context.emit({ type: "backed-up", backup });
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
