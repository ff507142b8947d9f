import type { Finding } from "../../core/failure/failure.ts";
import type { Plan } from "../../core/migrations/plan.ts";
import type { Session } from "../../ports/session.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { Inquiry } from "./after-loss.ts";
import type { AroundSteps } from "./around-run.ts";

/** What is true of the database, and what a run will do with it. */
export interface RunPlan {
  readonly state: DatabaseState;
  readonly plan: Plan;
  /** The steps of the plan, each with its file. */
  readonly scripts: readonly Script[];
  readonly around: AroundSteps;
  /** All that is to be told before the run, in its order. */
  readonly findings: readonly Finding[];
  readonly alreadyApplied: number;
}

/** Plans the run; again under the lock, and when another run came first. @throws Failure for what stops it before its first step */
export type Planner = (session: Session) => Promise<RunPlan>;

export interface RunOptions {
  /** Plan and say so; write nothing. */
  readonly dryRun?: boolean;
  /** All steps in one transaction: all or none. */
  readonly singleTransaction?: boolean;
  /** Makes the backup that the run needs, once it has the lock and before anything of it runs; what it throws stops the run. */
  readonly backUp?: BackUpBefore;
  /** How to find out after a loss of the connection which steps took effect; absent where the history tells. */
  readonly afterLoss?: Inquiry;
}

export type BackUpBefore = (
  context: DatabaseContext,
  session: Session,
  plan: Pick<RunPlan, "scripts" | "state">,
) => Promise<void>;
