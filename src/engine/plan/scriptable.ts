import { Failure } from "../../core/failure/failure.ts";
import { placeholdersOf } from "../../core/placeholders/placeholders.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { DatabaseContext } from "../session/context.ts";

/**
 * Refuses a run that a script for psql cannot do as `up` does it.
 * @throws Failure plan-not-scriptable
 */
export function requireScriptable({ settings, database }: DatabaseContext, { scripts, around, state }: RunPlan): void {
  const refuse = (reason: string, hint: string): never => {
    throw new Failure("plan-not-scriptable", `Cannot write the run as a script for psql: ${reason}`, { hint });
  };
  const [stale] = around.repeatable.stale;
  const [hook] = around.hooks;
  const block = scripts.find(({ inspection }) => inspection.blocks.length > 0);
  const begun = scripts.find(({ step }) => state.unfinished.some(({ version }) => version === step.version));
  const secret = [...placeholdersOf(settings.placeholders)].find(([, one]) => one.secret && one.value !== undefined);
  if (database.embedded) refuse("psql cannot reach an embedded database", "Name a server with --url.");
  if (stale) {
    const hint = "Stop before them with a version or --count, then apply them: pgstep up.";
    refuse(`the repeatable migration ${stale.name} needs what only the database knows`, hint);
  }
  if (hook) {
    const hint = "Run the hook yourself, and leave the hooks out: name an empty directory with --hooks-dir.";
    refuse(`the hook ${hook.hook.name} would run`, hint);
  }
  if (block) {
    const hint = "Put each transaction into a migration of its own.";
    refuse(`${block.step.name} has its own BEGIN and COMMIT`, hint);
  }
  if (begun) refuse(`${begun.step.name} was applied in part`, "Finish it first: pgstep up.");
  if (secret) {
    refuse(`the value of the placeholder ${secret[0]} is secret`, "Run the migrations with pgstep up instead.");
  }
}
