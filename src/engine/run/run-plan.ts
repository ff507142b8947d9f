import type { Finding } from "../../core/failure/failure.ts";
import type { HookMoment } from "../../core/hooks/hook.ts";
import type { Inspection } from "../../core/migrations/inspect.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import type { Plan } from "../../core/migrations/plan.ts";
import type { Repeatable } from "../../core/repeatable/repeatable.ts";
import type { Session } from "../../ports/session.ts";
import type { MigrationFiles } from "../files/read-migrations.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { LoadedHook } from "../hooks/run-hooks.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { Inquiry } from "./after-loss.ts";
import type { AroundStep, AroundSteps } from "./around-run.ts";

/** The state of the database, and what a run will do. */
export interface RunPlan {
  readonly state: DatabaseState;
  readonly plan: Plan;
  /** The steps of the plan, each with its file. */
  readonly scripts: readonly Script[];
  readonly around: AroundSteps;
  /** The findings to report before the run, in order. */
  readonly findings: readonly Finding[];
  readonly alreadyApplied: number;
}

/** Plans the run; again under the lock, and when another run came first. @throws Failure when the run must not start */
export type Planner = (session: Session) => Promise<RunPlan>;

export interface RunOptions {
  /** Report the plan; write nothing. */
  readonly dryRun?: boolean;
  /** All steps in one transaction: all or none. */
  readonly singleTransaction?: boolean;
  /**
   * Makes the backup that the run needs, under the lock and before the first step. An error stops the run. A dry run
   * only reports it.
   */
  readonly backUp?: BackUpBefore;
  /** Called with each plan, before anything of it runs. @throws Failure if the run must not start */
  readonly verify?: (session: Session, planned: RunPlan) => Promise<void>;
  /** How to find out after a lost connection which steps took effect; absent if the history shows it. */
  readonly afterLoss?: Inquiry;
  /** Runs no repeatable migrations, even if no migration stays pending. */
  readonly withoutRepeatables?: boolean;
  /** The migrations as they were read before, so that they need not be read and inspected again. */
  readonly before?: ReadBefore | undefined;
  /** Leaves out all other files, as if they did not exist. */
  readonly only?: ChosenFiles;
  /** Called on the run's session before each step, outside a transaction. Such a run is slower. */
  readonly beforeStep?: AroundStep;
  /** Called on the run's session after each step that took effect, outside a transaction. Such a run is slower. */
  readonly afterStep?: AroundStep;
}

/** Migrations that were read before a run. */
export interface ReadBefore {
  readonly files: MigrationFiles;
  /** What was found in some of the files; none with an error. */
  readonly inspections: ReadonlyMap<SqlFile, Inspection>;
}

/** Some of the files of a run. */
export interface ChosenFiles {
  migration(migration: Migration): boolean;
  repeatable(repeatable: Repeatable): boolean;
}

/** The hooks that a run of `up` with this plan would run. */
export function hooksOfUp({ scripts, around }: RunPlan): LoadedHook[] {
  const hasSteps = scripts.length > 0;
  const moments: HookMoment[] = [
    ...(hasSteps || around.repeatable.stale.length > 0 ? (["before-up"] as const) : []),
    ...(hasSteps ? (["before-step", "after-step"] as const) : []),
    "after-up",
  ];
  return around.hooks.filter(({ hook }) => moments.includes(hook.moment));
}

export type BackUpBefore = (
  context: DatabaseContext,
  session: Session,
  plan: Pick<RunPlan, "scripts" | "state">,
  dryRun: boolean,
) => Promise<void>;
