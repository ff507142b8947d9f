import type { Finding } from "../../core/failure/failure.ts";
import type { Plan } from "../../core/migrations/plan.ts";
import type { Session } from "../../ports/session.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { Inquiry } from "./after-loss.ts";
import type { Surroundings } from "./around-run.ts";

/** What a plan is made from, and the plan. */
export interface Prepared {
  readonly state: DatabaseState;
  readonly plan: Plan;
  readonly scripts: readonly Script[];
  readonly findings: readonly Finding[];
  readonly alreadyApplied: number;
  /** What is done around the steps; absent for nothing. */
  readonly surroundings?: Surroundings;
}

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
  prepared: Pick<Prepared, "scripts" | "state">,
) => Promise<void>;
