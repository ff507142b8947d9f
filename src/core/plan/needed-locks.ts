import type { Position } from "../text/position.ts";
import type { LockMode } from "../trace/lock-modes.ts";
import type { OutsideForm } from "../trace/outside.ts";
import type { Relation, TracedStatement } from "../trace/trace.ts";

/* The locks that a run takes on relations of the database, so that other sessions can be compared with them. */

/** The place of a statement of the run. */
export interface NeedingStatement {
  readonly path: string;
  readonly position: Position;
}

type LockedRelation = Pick<Relation, "schema" | "name">;

/** A lock on a relation, and the first statement that takes it. */
export interface NeededLock extends NeedingStatement {
  /** As the database has it. */
  readonly relation: LockedRelation;
  readonly mode: LockMode;
  /** True if the statement only waits for those with a conflicting lock, and lets later ones have theirs. */
  readonly isWait: boolean;
}

export interface Needs {
  /** The relations, each once. */
  readonly relations: readonly LockedRelation[];
  readonly locks: readonly NeededLock[];
  /** The first statement that waits for every older snapshot in the database. */
  readonly snapshots: NeedingStatement | undefined;
}

interface LockingStatement {
  readonly path: string;
  readonly traced: TracedStatement;
  readonly outside: { readonly form: OutsideForm; readonly relations: readonly Relation[] } | undefined;
}

/** @param before the relations of the database, by oid */
export function neededLocks(
  statements: readonly LockingStatement[],
  before: ReadonlyMap<number, LockedRelation>,
): Needs {
  const locks = new Map<string, NeededLock>();
  let snapshots: NeedingStatement | undefined;
  for (const { path, traced, outside } of statements) {
    const { position } = traced.statement;
    const add = ({ oid }: Pick<Relation, "oid">, mode: LockMode | undefined, isWait: boolean) => {
      const relation = before.get(oid);
      const key = `${oid} ${mode} ${isWait}`;
      if (!relation || mode === undefined || locks.has(key)) return;
      locks.set(key, { relation, mode, isWait, path, position });
    };
    for (const touch of traced.touches) add(touch.before, touch.lock, false);
    for (const relation of outside?.relations ?? []) {
      add(relation, outside?.form.lock, false);
      add(relation, outside?.form.waits?.lock, true);
    }
    if (outside?.form.waits?.snapshots) snapshots ??= { path, position };
  }
  const all = [...locks.values()];
  return { locks: all, relations: [...new Set(all.map(({ relation }) => relation))], snapshots };
}
