import { shellWord } from "../../core/command-line/consent.ts";
import { Failure } from "../../core/failure/failure.ts";
import type { ResetInventory, ResetReport } from "../../core/reports/report.ts";
import type { Consent } from "../../ports/consent.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import { requireUnprotected } from "../history/protection.ts";
import { type DatabaseState, readState, requireWritable } from "../history/read-state.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { withRunLock } from "../lock/take-lock.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { deleteAtOnce, deleteInBatches, isOutOfLocks } from "./batches.ts";
import { deletionFailure } from "./failure.ts";
import { type Inventory, isEmpty, readInventory, summarize, withCountedRows } from "./inventory.ts";
import { refuseUndroppable } from "./refusals.ts";
import { resetHooks } from "./reset-hooks.ts";
import { DeletionRefused, type ResetRun } from "./transaction.ts";

/**
 * Deletes ALL data of the database and leaves the content of a new one: an empty schema public with default privileges.
 *
 * Deleted: every non-system schema with all its objects, including the history; and the objects outside schemas:
 * extensions except plpgsql, publications, event triggers, foreign-data wrappers and servers with their user mappings,
 * languages, casts, transforms, access methods, large objects, and the default privileges of roles that the connected
 * role is a member of. Subscriptions are refused, because dropping one contacts another server and cannot be rolled
 * back. Kept is what belongs to the cluster or is a setting: roles, settings and privileges of the database,
 * replication slots, changes to system objects, temporary tables of other sessions, and the privileges of a public
 * schema that belongs to another role.
 *
 * Runs in one transaction if the server has enough locks; otherwise in batches, with a mark that `status` shows and
 * that makes `up` refuse to run. Running reset again finishes it.
 * @throws Failure consent-missing, reset-refused, history-foreign, privilege-missing, lock-held, too-large,
 *   statement-failed, hook-failed, interrupted and those of connecting
 */
export async function reset(context: DatabaseContext, consent: Consent): Promise<ResetReport> {
  const { clock, database, emit } = context;
  // No session and no lock is held while the user decides.
  const planned = await withSession(database, "reset", (session) => survey(context, session));
  const inventory = summarize(planned.inventory);
  emit({ type: "reset-planned", database: database.description, inventory });
  if (!(await consent.mayReset(inventory))) {
    throw new Failure("consent-missing", `Cannot reset ${inventory.databaseName}: it was not confirmed`, {
      hint: `If ALL its data may be deleted: pgstep reset --confirm ${shellWord(inventory.databaseName)}`,
    });
  }
  const started = clock.monotonicMs();
  return withSession(database, "reset", async (session) => {
    const reportOf = (deleted: ResetInventory): ResetReport => ({
      type: "reset",
      database: database.description,
      deleted,
      durationMs: Math.round(clock.monotonicMs() - started),
    });
    let found = planned;
    let hasHooksAfter = false;
    const work = async (lock: RunLock) => {
      found = await survey(context, session);
      const deleted = summarize(found.inventory);
      const hooks = await resetHooks(context, session, lock, found.state);
      hasHooksAfter = hooks.hasAfter;
      await hooks.before(deleted);
      await deleteAll({ context, session, lock }, found);
      await hooks.after(deleted);
      return reportOf(deleted);
    };
    const lookUp = async (other: Session) => {
      const left = await readInventory(other, tableNames(context.settings));
      if (!isDeleted(found.inventory, left)) return "Not everything is deleted. Run pgstep status to see what is left.";
      if (!hasHooksAfter) return reportOf(summarize(found.inventory));
      return "Everything is deleted. Check whether the after-reset hooks have run.";
    };
    return await withRunLock(context, session, { doing: "reset", lookUp }, work);
  });
}

/** True if all former objects are deleted; objects that a hook created afterwards do not count. */
function isDeleted(before: Inventory, left: Inventory): boolean {
  if (isEmpty(left)) return true;
  const names = new Set(before.objects.map(({ kind, identity }) => `${kind} ${identity}`));
  return names.size > 0 && !left.objects.some(({ kind, identity }) => names.has(`${kind} ${identity}`));
}

interface Survey {
  readonly state: DatabaseState;
  readonly inventory: Inventory;
}

/** @throws Failure privilege-missing, reset-refused */
async function survey({ settings }: DatabaseContext, session: Session): Promise<Survey> {
  const state = await readState(session, settings);
  requireWritable(state, "reset");
  requireUnprotected(state, "reset");
  const inventory = await withCountedRows(session, await readInventory(session, tableNames(settings)));
  refuseUndroppable(inventory);
  return { state, inventory };
}

/** Additional locks that a transaction takes: on catalogs and their indexes. */
const CATALOG_LOCKS = 50;

async function deleteAll(run: ResetRun, { state, inventory }: Survey): Promise<void> {
  const { session } = run;
  const { lockCapacity } = state;
  const { locks, locksHeld, largeObjects, schemas } = inventory;
  const needed = locks + largeObjects + schemas.length + locksHeld + CATALOG_LOCKS;
  let atOnce = session.backend.embedded || needed <= lockCapacity;
  try {
    if (atOnce) {
      try {
        return await deleteAtOnce(run, inventory);
      } catch (error) {
        if (!isOutOfLocks(error)) throw error;
        atOnce = false;
      }
    }
    // Only half of the capacity: other sessions need locks too.
    await deleteInBatches(run, inventory, Math.max(1, lockCapacity >> 1));
  } catch (error) {
    if (!(error instanceof DeletionRefused)) throw error;
    throw await deletionFailure(session, state.name, error, atOnce);
  }
}
