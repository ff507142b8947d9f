import { Failure, finding } from "../../core/failure/failure.ts";
import type { Database, Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import { isEmpty, readInventory } from "../reset/inventory.ts";
import { reset } from "../reset/reset.ts";
import { migrate } from "../run/migrate.ts";
import type { DatabaseContext } from "../session/context.ts";
import { BEGIN_IN_OWN_PATH } from "../session/own-transaction.ts";
import { withSession } from "../session/with-session.ts";
import { withRemedy } from "./remedies.ts";
import type { AppliedFiles } from "./replay-chosen.ts";
import { lockShadow, requireNoRun, requireSecondSession, waitForOthers } from "./shadow-lock.ts";
import { isMarked, mark } from "./shadow-mark.ts";
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

/** The first steps of `work` in an empty database. */
export type Beginning = Pick<AppliedFiles, "migrations" | "like">;

/**
 * Runs `work` in an empty database, and empties it again.
 * @param beginning some of its migrations may be applied already, as `start` says then
 */
export interface InShadow {
  <Result>(
    work: (context: DatabaseContext, start?: TrialStart) => Promise<Result>,
    beginning?: Beginning,
  ): Promise<Result>;
  /** Begins to start the database for the next work with this beginning, where that takes time beside this thread. */
  readonly prepare?: (beginning: Beginning) => Promise<Prepared>;
}

/** A database that is being started. */
export interface Prepared extends Pick<TrialStart, "noteOf"> {
  /** Closes the database if no work has used it. */
  release(): Promise<void>;
}

/**
 * Runs `work` in an empty shadow database, emits no events, and empties it again. First deletes what a process left that
 * was killed, with a warning.
 * @throws Failure shadow-not-empty, shadow-in-use
 */
export async function inShadow<Result>(
  shadow: DatabaseContext,
  work: (context: DatabaseContext) => Promise<Result>,
): Promise<Result> {
  const { database, signal } = shadow;
  const quiet: DatabaseContext = { ...shadow, emit: () => {}, isRehearsal: true };
  // The embedded database is in memory, and nobody else can reach it.
  if (database.embedded) return await work(quiet);
  const locked = async (session: Session) => {
    const pid = await lockShadow(session, database);
    // An error of the work is not one of this session.
    return await Promise.allSettled([inLocked(shadow, quiet, pid, work)]);
  };
  const [outcome] = await withSession(database, "lock the shadow database", locked, signal);
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

async function inLocked<Result>(
  shadow: DatabaseContext,
  quiet: DatabaseContext,
  lockPid: number,
  work: (context: DatabaseContext) => Promise<Result>,
): Promise<Result> {
  await requireSecondSession(shadow);
  if ((await markIfEmpty(shadow)) === "left") {
    await waitForOthers(shadow, lockPid);
    await empty(quiet);
    const message = `${shadow.database.description} had objects of a process that was killed; pgstep has deleted them`;
    shadow.emit({ type: "warning", finding: finding("shadow-left", { message }) });
    if ((await markIfEmpty(shadow)) === "left") throw notEmpty(shadow.database);
  }
  try {
    return await work(quiet);
  } finally {
    // Everything in it was created here, and must be removed even after an interruption.
    await empty({ ...quiet, signal: new AbortController().signal });
  }
}

/**
 * Marks the shadow database if it is empty, so that the next process recognises what this one leaves if it is killed.
 * @returns "left" if it has objects, and the mark of a process that was killed
 * @throws Failure shadow-not-empty if it has no mark
 */
async function markIfEmpty({ database, settings, signal }: DatabaseContext): Promise<"empty" | "left"> {
  const look = async (session: Session) => {
    // One transaction: the mark may never get into a database that has contents.
    await session.execute(BEGIN_IN_OWN_PATH);
    if (await isMarked(session)) return "left";
    // No run may begin between the look and the mark.
    await requireNoRun(session, database, settings);
    if (!isEmpty(await readInventory(session, tableNames(settings)))) throw notEmpty(database);
    await mark(session);
    await session.execute("COMMIT");
    return "empty";
  };
  return await withSession(database, "inspect the shadow database", look, signal);
}

async function empty(context: DatabaseContext): Promise<void> {
  await reset(context, { mayReset: async () => true, mayRepair: async () => false });
}

function notEmpty({ description }: Database): Failure {
  return new Failure("shadow-not-empty", `Cannot use ${description} as a shadow database: it is not empty`, {
    hint: "Name an empty database that nobody else uses; pgstep empties it again afterwards.",
  });
}
