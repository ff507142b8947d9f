import { tableNames } from "../history/history-table.ts";
import { allDeletions } from "../reset/deletions.ts";
import { isEmpty, readInventory } from "../reset/inventory.ts";
import { refuseUndroppable } from "../reset/refusals.ts";
import { type ResetRun, runDeletions } from "../reset/transaction.ts";

/** Other sessions may create objects meanwhile. Objects left after so many rounds can make the restore fail. */
const ROUNDS = 5;

/**
 * Deletes everything that a reset deletes, in the open transaction.
 * @throws Failure reset-refused; DeletionRefused
 */
export async function emptyDatabase(run: ResetRun): Promise<void> {
  const { context, session } = run;
  for (let round = 0; round < ROUNDS; round++) {
    const inventory = await readInventory(session, tableNames(context.settings));
    if (isEmpty(inventory)) return;
    refuseUndroppable(inventory);
    await runDeletions(run, allDeletions(inventory, session.backend.serverVersion));
  }
}
