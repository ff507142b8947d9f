import type { Finding } from "../../core/failure/failure.ts";
import type { UpTarget } from "../../core/migrations/plan.ts";
import { type PlanFile, readPlanFile, writePlanFile } from "../../core/plan/plan-file.ts";
import type { PlanReport } from "../../core/plan/plan-report.ts";
import type { Relation } from "../../core/trace/trace.ts";
import type { Session } from "../../ports/session.ts";
import { putFiles, type Writer } from "../files/written-files.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { DatabaseContext } from "../session/context.ts";
import { filesOf, historyOf, placeholdersIn, relationsOf } from "./contents.ts";
import { readIdentity } from "./identity.ts";

/** A plan that is kept in a file. */
export interface KeptPlan {
  readonly path: string;
  readonly validForMs: number;
  /** The settings that decide what a run does, as text by their names. */
  readonly settings: PlanFile["settings"];
}

const WRITER: Writer = {
  command: "pgstep plan",
  mark(text) {
    const plan = readPlanFile(text);
    return !("problem" in plan) || plan.problem !== "no-plan";
  },
};

/** Writes a plan with everything that decides what its run does. @throws Failure file-exists, file-unwritable */
export async function recordPlan(
  context: DatabaseContext,
  session: Session,
  { path, validForMs, settings }: KeptPlan,
  run: {
    readonly planned: RunPlan;
    readonly target: UpTarget;
    readonly singleTransaction: boolean;
    readonly relations: readonly Relation[];
    readonly findings: readonly Finding[];
  },
): Promise<PlanReport["file"]> {
  const { planned, target, singleTransaction, findings } = run;
  const now = context.clock.now();
  const validUntil = new Date(now.getTime() + validForMs).toISOString();
  const text = writePlanFile({
    pgstep: context.toolVersion,
    createdAt: now.toISOString(),
    validUntil,
    database: await readIdentity(session),
    history: historyOf(planned.state),
    ...{ target, singleTransaction, settings, placeholders: placeholdersIn(context), files: filesOf(planned) },
    relations: await relationsOf(context, session, run.relations),
    findings,
  });
  putFiles(context.fileSystem, [{ path, text }], { check: false, writer: WRITER });
  return { path, validUntil };
}
