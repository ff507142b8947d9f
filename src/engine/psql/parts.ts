import type { DatabaseIdentity } from "../../core/plan/plan-file.ts";
import { inOrderOfDependence } from "../../core/repeatable/order.ts";
import type { RepeatableScript } from "../repeatable/plan.ts";
import type { RunPlan } from "../run/run-plan.ts";

/** A run to write as a script, and its database. */
export interface ScriptSource {
  readonly planned: RunPlan;
  readonly identity: DatabaseIdentity;
  readonly singleTransaction: boolean;
  /** The paths of the files that ran to their end in a trial, in that order. */
  readonly complete: ReadonlySet<string>;
}

/** The same with everything that the script needs. */
export interface ScriptParts extends ScriptSource {
  /** In the order in which they run. */
  readonly repeatables: readonly WrittenRepeatable[];
}

/** A repeatable migration of a script. */
export interface WrittenRepeatable {
  readonly one: RepeatableScript;
  /** False if it is unchanged: it is applied only if a view of it is missing when its turn comes. */
  readonly isStale: boolean;
}

/** @throws Failure files-unsound */
export async function partsOf(source: ScriptSource): Promise<ScriptParts> {
  return { ...source, repeatables: await repeatablesOf(source) };
}

/**
 * The stale files, and the unchanged ones whose views the migrations or other files may drop. Each is after those that
 * it needs, as far as the texts and the trial show.
 */
async function repeatablesOf({ planned, complete }: ScriptSource): Promise<WrittenRepeatable[]> {
  const { scripts, around } = planned;
  if (scripts.length + around.repeatable.stale.length === 0) return [];
  const { stale, settled } = await around.planAll();
  const mayBeDropped = settled.filter(({ outline }) => outline.views.length > 0);
  const tried = [...complete].flatMap((path) => stale.filter(({ file }) => file.path === path));
  const asTried = tried.length === stale.length ? tried : stale;
  const ordered = inOrderOfDependence([...mayBeDropped, ...asTried], ({ outline }) => outline);
  return ordered.map((one) => ({ one, isStale: stale.includes(one) }));
}
