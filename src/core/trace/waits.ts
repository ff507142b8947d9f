import { kindOf } from "../parse-tree/node.ts";
import {
  definitionScans,
  isRewrite,
  longScans,
  newConstraints,
  newIndexes,
  newPlainIndexes,
} from "./definition-work.ts";
import { type Blocked, blockedBy } from "./lock-modes.ts";
import { inOrder } from "./resolve.ts";
import { mayChangeRows, rowsAtWork } from "./row-work.ts";
import type { Relation, Touch, TracedFile, TracedStatement } from "./trace.ts";

/*
 * Locks that are held while something else takes its time: a lock of a moment becomes an outage if the rest of its
 * transaction reads or writes many rows, because locks are held until COMMIT.
 */

/**
 * What a statement does with all rows of relations:
 * - rewrites: writes the table and its indexes again
 * - indexes: reads the table, and sorts and writes an index
 * - reads: reads the table
 * - changes: writes new versions of its rows
 */
export interface Work {
  readonly kind: "rewrites" | "indexes" | "reads" | "changes";
  readonly relations: readonly Relation[];
}

/** The work of those statements of a file that work on many rows. */
export function worksOf(file: TracedFile): ReadonlyMap<TracedStatement, Work> {
  const works = new Map<TracedStatement, Work>();
  for (const { statement, resolve } of inOrder(file)) {
    const rewritten = statement.touches.filter((touch) => isRewrite(statement, touch));
    const read = longScans(statement).filter((touch) => !rewritten.includes(touch));
    const touches = [...rewritten, ...read];
    const row = touches.length === 0 ? rowsAtWork(file, statement, resolve) : undefined;
    const relations = row ? [row] : touches.map(({ before }) => before);
    if (relations.length > 0) works.set(statement, { kind: workKind(file, statement, rewritten, read), relations });
  }
  return works;
}

const CHANGING: ReadonlySet<string | undefined> = new Set(["UpdateStmt", "DeleteStmt", "MergeStmt"]);

function workKind(
  file: TracedFile,
  statement: TracedStatement,
  rewritten: readonly Touch[],
  read: readonly Touch[],
): Work["kind"] {
  if (rewritten.length > 0) return "rewrites";
  const isIndexed = kindOf(statement) === "ReindexStmt" || read.some((touch) => newIndexes(touch).length > 0);
  if (isIndexed) return "indexes";
  const changes = CHANGING.has(kindOf(statement)) || mayChangeRows(file, statement);
  return read.length === 0 && changes ? "changes" : "reads";
}

/** A statement that works on many rows while the lock of an earlier one keeps others waiting. */
export interface Wait {
  /** The statement at work. */
  readonly statement: TracedStatement;
  /** The relation whose rows it reads or writes. */
  readonly work: Relation;
  /** The relations that others wait for meanwhile, with the statement that locked each. */
  readonly held: readonly { readonly relation: Relation; readonly by: TracedStatement; readonly blocked: Blocked }[];
}

interface Hold {
  readonly relation: Relation;
  readonly by: TracedStatement;
  readonly blocked: Blocked;
  /** True if the file drops the relation, and makes another one of its name. */
  readonly isReplaced?: boolean;
  isReported: boolean;
}

/** Each rule asks for the same waits. */
const KNOWN = new WeakMap<TracedFile, readonly Wait[]>();

/** All waits of a file, see `findWaits`. */
export function waitsOf(file: TracedFile): readonly Wait[] {
  const waits = KNOWN.get(file) ?? [...findWaits(file)];
  KNOWN.set(file, waits);
  return waits;
}

/**
 * All waits of a file; each held relation is named once, with the first statement that others wait for. A statement that
 * reads or writes all rows of a relation is reported for that, with the time until COMMIT.
 */
function* findWaits(file: TracedFile): Iterable<Wait> {
  let holds = new Map<number, Hold>();
  let transaction: number | undefined;
  for (const { statement, resolve } of inOrder(file)) {
    if (statement.transaction !== transaction || statement.alone) holds = new Map();
    transaction = statement.transaction;
    const definition = definitionAtWork(statement);
    const work = definition?.before ?? rowsAtWork(file, statement, resolve);
    if (work) {
      const held = [...holds.values()].filter(
        (hold) => !hold.isReported && (!definition || (!hold.isReplaced && isProlonged(hold, statement))),
      );
      for (const hold of held) hold.isReported = true;
      if (held.length > 0) yield { statement, work, held };
    }
    const reported = definitionScans(statement);
    for (const touch of statement.touches) {
      if (!touch.rewritten && !reported.includes(touch)) hold(holds, file, statement, touch);
    }
  }
}

function hold(holds: Map<number, Hold>, file: TracedFile, by: TracedStatement, { before, after, lock }: Touch): void {
  const known = holds.get(before.oid);
  const blocked = blockedBy(lock);
  if (!after) {
    holds.delete(before.oid);
    const isReplaced = [...file.after.values()].some((one) => one.schema === before.schema && one.name === before.name);
    // Clients that ask for the name wait for the end of the transaction.
    if (isReplaced && blocked) holds.set(before.oid, { relation: before, by, blocked, isReplaced, isReported: false });
  } else if (blocked && known?.blocked !== blocked) {
    // Clients wait for the name that the relation had before the file.
    const relation = file.before.get(before.oid) ?? before;
    holds.set(before.oid, { relation, by, blocked, isReported: false });
  }
}

/** A relation whose rows a change of definitions rewrites or reads, if any. */
function definitionAtWork(statement: TracedStatement): Touch | undefined {
  return statement.touches.find((touch) => isRewrite(statement, touch)) ?? longScans(statement)[0];
}

/**
 * False if the statement needs such a lock of its own on that relation, because then nobody waits longer for the
 * earlier one.
 */
function isProlonged({ relation, blocked }: Hold, { touches }: TracedStatement): boolean {
  const own = touches.find((touch) => touch.before.oid === relation.oid && (touch.rewritten || touch.scanned));
  if (!own) return true;
  const isPlainIndex = newPlainIndexes(own).length > 0 && newConstraints(own).length === 0 && !own.rewritten;
  return isPlainIndex && blocked === "reads and writes";
}
