import { Failure } from "../../core/failure/failure.ts";
import { tableNames } from "../history/history-table.ts";
import { RESET_MARK, setMarkSql } from "../history/journal.ts";
import type { DatabaseContext } from "../session/context.ts";
import {
  allDeletions,
  type Droppable,
  defaultPrivilegesDeletions,
  dropStatements,
  inOrder,
  largeObjectsDeletion,
  publicSchemaDeletions,
} from "./deletions.ts";
import { type Inventory, isEmpty, readInventory } from "./inventory.ts";
import { type Deletion, DeletionRefused, inOneTransaction, type ResetRun, runDeletions } from "./transaction.ts";

/** The server's lock table is full (53200 out_of_memory; "out of shared memory" in storage/lmgr/lock.c). */
const OUT_OF_LOCKS = "53200";

/** Number of passes that look for objects created by other sessions during the reset. */
const ROUNDS = 5;

/** Deletes everything in one transaction: all or nothing. @throws DeletionRefused */
export async function deleteAtOnce(run: ResetRun, inventory: Inventory): Promise<void> {
  const { context, session } = run;
  await inOneTransaction(run, async () => {
    let rest = inventory;
    for (let round = 0; round < ROUNDS; round++) {
      await runDeletions(run, allDeletions(rest, session.backend.serverVersion));
      rest = await readInventory(session, tableNames(context.settings));
      if (isEmpty(rest)) return;
    }
    throw stillFilled(rest);
  });
}

/**
 * Deletes everything in transactions that each take at most `locks` locks. A mark in the journal shows the unfinished
 * reset, from before the first of them to the last.
 * @throws DeletionRefused
 */
export async function deleteInBatches(run: ResetRun, inventory: Inventory, locks: number): Promise<void> {
  const { context, session } = run;
  const { settings } = context;
  const transaction = (deletions: readonly Deletion[]) => inOneTransaction(run, () => runDeletions(run, deletions));
  await transaction(markSql(context, inventory));
  let rest = await readInventory(session, tableNames(settings));
  for (let round = 0; ; round++) {
    const droppables = inOrder({
      objects: rest.objects.filter(({ ours }) => !ours),
      schemas: rest.schemas.filter(({ name }) => name !== settings.schema),
    });
    if (droppables.length + rest.largeObjects + rest.defaultPrivileges.length === 0) break;
    if (round === ROUNDS) throw stillFilled(rest);
    for (const batch of batches(droppables, locks)) await dropBatch(transaction, batch);
    for (let left = rest.largeObjects; left > 0; left -= locks) await transaction([largeObjectsDeletion(locks)]);
    await transaction(defaultPrivilegesDeletions(rest));
    rest = await readInventory(session, tableNames(settings));
  }
  const { serverVersion } = session.backend;
  await transaction([...dropStatements(inOrder(rest)), ...publicSchemaDeletions(rest, serverVersion)]);
}

/** Creates the journal if it is missing, and sets the mark in it. */
function markSql({ settings }: DatabaseContext, { schemas }: Inventory): Deletion[] {
  const names = tableNames(settings);
  const schemaExists = schemas.some(({ name }) => name === settings.schema);
  const statements = [
    ...(schemaExists ? [] : [`CREATE SCHEMA IF NOT EXISTS ${names.schema}`]),
    ...setMarkSql(names, RESET_MARK),
  ];
  return statements.map((sql) => ({ sql, about: "the mark of an unfinished reset" }));
}

/** Groups in order, each as large as the locks allow. An object that needs more by itself is its own group. */
function* batches(droppables: readonly Droppable[], locks: number): Generator<Droppable[]> {
  let batch: Droppable[] = [];
  let taken = 0;
  for (const one of droppables) {
    if (batch.length > 0 && taken + one.locks > locks) {
      yield batch;
      batch = [];
      taken = 0;
    }
    batch.push(one);
    taken += one.locks;
  }
  if (batch.length > 0) yield batch;
}

/** Drops in one transaction, or in halves if the server still runs out of locks. */
async function dropBatch(
  transaction: (deletions: readonly Deletion[]) => Promise<void>,
  batch: readonly Droppable[],
): Promise<void> {
  try {
    await transaction(dropStatements(batch));
  } catch (error) {
    if (!isOutOfLocks(error) || batch.length === 1) throw error;
    const middle = batch.length >> 1;
    await dropBatch(transaction, batch.slice(0, middle));
    await dropBatch(transaction, batch.slice(middle));
  }
}

export function isOutOfLocks(error: unknown): boolean {
  return error instanceof DeletionRefused && error.failure.server.code === OUT_OF_LOCKS;
}

function stillFilled({ databaseName, objects, schemas }: Inventory): Failure {
  const [example] = [...objects.map(({ kind, identity }) => `${kind} ${identity}`), ...schemas.map(({ name }) => name)];
  return new Failure("reset-refused", `Cannot reset ${databaseName}: other sessions keep filling it (${example})`, {
    hint: "Stop the programs that use the database, and run pgstep reset again.",
  });
}
