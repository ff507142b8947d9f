import { Failure } from "../../core/failure/failure.ts";
import { tableNames } from "../history/history-table.ts";
import { isEmpty, readInventory } from "../reset/inventory.ts";
import { reset } from "../reset/reset.ts";
import { migrate } from "../run/migrate.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";

/**
 * Applies all migrations to a shadow database, which must be empty, works on the result, and empties it again.
 * @throws Failure shadow-not-empty, and everything that a run can fail with
 */
export function replay<Result>(
  shadow: DatabaseContext,
  work: (context: DatabaseContext) => Promise<Result>,
): Promise<Result> {
  return inShadow(shadow, async (context) => {
    const { failure } = await migrate(context, {}, {});
    if (failure) throw failure;
    return await work(context);
  });
}

/** Has an empty database worked in, and empties it again. */
export type InShadow = <Result>(work: (context: DatabaseContext) => Promise<Result>) => Promise<Result>;

/** Works in a shadow database, which must be empty, tells nobody of it, and empties it again. @throws Failure shadow-not-empty */
export async function inShadow<Result>(
  shadow: DatabaseContext,
  work: (context: DatabaseContext) => Promise<Result>,
): Promise<Result> {
  const { database, settings, signal } = shadow;
  const quiet: DatabaseContext = { ...shadow, emit: () => {}, isRehearsal: true };
  // The embedded one lives in memory, and nobody else can reach it.
  if (database.embedded) return await work(quiet);
  const empty = await withSession(
    database,
    "look into the shadow database",
    async (session) => isEmpty(await readInventory(session, tableNames(settings))),
    signal,
  );
  if (!empty) {
    throw new Failure("shadow-not-empty", `Cannot use ${database.description} as a shadow database: it is not empty`, {
      hint: "Name an empty database that nobody else uses; it is emptied again afterwards.",
    });
  }
  try {
    return await work(quiet);
  } finally {
    // Everything in it was made here. What was interrupted has to be cleared away all the same.
    await reset(
      { ...quiet, signal: new AbortController().signal },
      { mayReset: async () => true, mayRepair: async () => false },
    );
  }
}
