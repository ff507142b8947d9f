import { blocksReadsAndWrites } from "./blocks-reads-and-writes.ts";
import { blocksWrites } from "./blocks-writes.ts";
import { breaksRunningClients } from "./breaks-running-clients.ts";
import { cannotRunInTransaction } from "./cannot-run-in-transaction.ts";
import { destroysData } from "./destroys-data.ts";
import { failsOnExistingRows } from "./fails-on-existing-rows.ts";
import { rewritesTable } from "./rewrites-table.ts";
import type { CheckRule } from "./rule.ts";
import { scansUnderLock } from "./scans-under-lock.ts";

/** Every rule of `check`, in the order of its documentation. */
export const CHECK_RULES: readonly CheckRule[] = [
  rewritesTable,
  blocksWrites,
  blocksReadsAndWrites,
  scansUnderLock,
  failsOnExistingRows,
  breaksRunningClients,
  destroysData,
  cannotRunInTransaction,
];
