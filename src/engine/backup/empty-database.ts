import { tableNames } from "../history/history-table.ts";
import { defaultPrivilegesDeletions, dropStatements, inOrder, largeObjectsDeletion } from "../reset/deletions.ts";
import { isEmpty, readInventory } from "../reset/inventory.ts";
import { restorePublicSql } from "../reset/public.ts";
import { refuseUndroppable } from "../reset/refusals.ts";
import { type ResetRun, runDeletions } from "../reset/transaction.ts";

/** What others make meanwhile is looked for so many times; what is left then, the script behind it stumbles over. */
const ROUNDS = 5;

/**
 * Deletes what a reset deletes, within the transaction that is open.
 * @throws Failure reset-refused; DeletionRefused
 */
export async function emptyDatabase(run: ResetRun): Promise<void> {
  const { context, session } = run;
  for (let round = 0; round < ROUNDS; round++) {
    const inventory = await readInventory(session, tableNames(context.settings));
    if (isEmpty(inventory)) return;
    refuseUndroppable(inventory);
    await runDeletions(run, [
      ...dropStatements(inOrder(inventory)),
      ...(inventory.largeObjects > 0 ? [largeObjectsDeletion(inventory.largeObjects)] : []),
      ...defaultPrivilegesDeletions(inventory),
      ...restorePublicSql(inventory, session.backend.serverVersion).map(aboutPublic),
    ]);
  }
}

function aboutPublic(sql: string) {
  return { sql, about: "privileges of schema public" };
}
