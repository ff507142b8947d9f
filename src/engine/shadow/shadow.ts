import { Failure } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import { tableNames } from "../history/history-table.ts";
import { isEmpty, readInventory } from "../reset/inventory.ts";
import { reset } from "../reset/reset.ts";
import { migrate } from "../run/migrate.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { withRemedy } from "./remedies.ts";
import type { TrialStart } from "./trial-start.ts";

/**
 * Applies all migrations to a shadow database, which must be empty, runs `work`, and empties it again.
 * @throws Failure shadow-not-empty, and everything that a run can fail with
 */
export function replay<Result>(
  shadow: DatabaseContext,
  work: (context: DatabaseContext) => Promise<Result>,
): Promise<Result> {
  return inShadow(shadow, async (context) => {
    const { failure } = await migrate(context, {}, {});
    if (failure) throw withRemedy(context, failure);
    return await work(context);
  });
}

/**
 * Runs `work` in an empty database, and empties it again.
 * @param beginning the migrations that `work` applies first; some of them may be applied already, as `start` says then
 */
export type InShadow = <Result>(
  work: (context: DatabaseContext, start?: TrialStart) => Promise<Result>,
  beginning?: readonly Migration[],
) => Promise<Result>;

/** Runs `work` in an empty shadow database, emits no events, and empties it again. @throws Failure shadow-not-empty */
export async function inShadow<Result>(
  shadow: DatabaseContext,
  work: (context: DatabaseContext) => Promise<Result>,
): Promise<Result> {
  const { database, settings, signal } = shadow;
  const quiet: DatabaseContext = { ...shadow, emit: () => {}, isRehearsal: true };
  // The embedded database is in memory, and nobody else can reach it.
  if (database.embedded) return await work(quiet);
  const empty = await withSession(
    database,
    "inspect the shadow database",
    async (session) => isEmpty(await readInventory(session, tableNames(settings))),
    signal,
  );
  if (!empty) {
    throw new Failure("shadow-not-empty", `Cannot use ${database.description} as a shadow database: it is not empty`, {
      hint: "Name an empty database that nobody else uses; pgstep empties it again afterwards.",
    });
  }
  try {
    return await work(quiet);
  } finally {
    // Everything in it was created here, and must be removed even after an interruption.
    await reset(
      { ...quiet, signal: new AbortController().signal },
      { mayReset: async () => true, mayRepair: async () => false },
    );
  }
}
