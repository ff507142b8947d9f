import { retypedColumns, wasThere } from "../trace/definition-work.ts";
import type { Column, Index, Touch, TracedFile, TracedStatement } from "../trace/trace.ts";
import { hasLabelsOf, mergesValues, typeChange, usingOf } from "../trace/type-change.ts";

/* The rows that exist when a statement demands something of them. */

/**
 * True if no row can violate a constraint, because it had the same one before the file, or a narrower key; or because the
 * file has added its columns, which are NULL or equal in all rows.
 */
export function isSatisfied(
  file: TracedFile,
  touch: Touch,
  kind: string,
  columns: readonly number[],
  isUpdated: boolean,
): boolean {
  if (columns.length === 0 || columns.includes(0)) return false;
  const former = file.before.get(touch.before.oid);
  if (kind === "u" || kind === "p") {
    const isUnique = former?.indexes.some(
      (one) => one.unique && !one.partial && one.columns.every((key) => columns.includes(key)),
    );
    if (isUnique) return true;
  }
  if (
    kind === "f" &&
    former?.constraints.some((one) => one.kind === "f" && one.validated && one.columns.join() === columns.join())
  ) {
    return true;
  }
  if (columns.some((number) => wasThere(file, touch, number))) return false;
  if (kind === "c" || touch.rewritten) return true;
  const isFilled = touch.after?.columns.some(({ number, filled }) => columns.includes(number) && filled);
  return kind !== "p" && !isUpdated && !isFilled;
}

export function canFail(
  file: TracedFile,
  statement: TracedStatement,
  touch: Touch,
  before: Column,
  after: Column,
): boolean {
  // A domain without constraints is only another name: no row is rewritten.
  const isChecked = after.type !== after.valueType && touch.rewritten;
  const { fails } = typeChange(before.valueType, after.valueType);
  const using = usingOf(statement, before.name);
  if (using === "cast" && hasLabelsOf(file, before, after)) return false;
  return (fails || isChecked) && (using === "cast" || using === "compute");
}

/** The unique indexes for which rows may be duplicates, because a changed type makes different values equal. */
export function mergedKeys(statement: TracedStatement, touch: Touch): Index[] {
  const merged = retypedColumns(touch).filter(([before, after]) => mergesValues(statement, before, after));
  const numbers = merged.map(([{ number }]) => number);
  return touch.before.indexes.filter((one) => one.unique && one.columns.some((column) => numbers.includes(column)));
}
