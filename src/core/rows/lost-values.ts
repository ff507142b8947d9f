/*
 * The values of rows that were made up, before and after scripts have run.
 */

/** A made-up row as the server has stored it. */
export interface MadeUp {
  /** The table as SQL names it, with its schema. */
  readonly table: string;
  /** Columns with their values as text; without those that are NULL. */
  readonly values: ReadonlyMap<string, string>;
}

/** A table that has the name of a table with a made-up row. */
export interface TableState {
  readonly oid: number;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ColumnState>;
}

export interface ColumnState {
  /** As pg_attribute.attnum. */
  readonly number: number;
  readonly type: string;
  /** The number of rows that have the made-up value. */
  readonly kept: number;
  /** The number of rows that have the time of a change instead, which a trigger may note. */
  readonly noted: number;
  /** The value of the only row; null if the table has others. */
  readonly value: string | null;
}

/** The tables by their names; without those that no longer exist. */
export type TableStates = ReadonlyMap<string, TableState>;

/** Something of a made-up row that scripts have lost. */
export interface Loss {
  readonly table: string;
  /** Undefined if the row itself is lost. */
  readonly column: string | undefined;
  /** True if the table or column was dropped and created again. */
  readonly isRecreated: boolean;
  readonly before?: string;
  /** The value now; null for NULL, undefined if it is unknown. */
  readonly after?: string | null | undefined;
}

/** The rows and values that tables have lost. What no longer exists counts only as a possible loss: see `mayHaveLost`. */
export function lossesOf(rows: readonly MadeUp[], before: TableStates, after: TableStates): Loss[] {
  return rows.flatMap(({ table, values }) => {
    const [old, now] = [before.get(table), after.get(table)];
    if (!old || !now) return [];
    if (now.rows < old.rows) return [{ table, column: undefined, isRecreated: now.oid !== old.oid }];
    return [...values].flatMap(([column, value]): Loss[] => {
      const [its, later] = [old.columns.get(column), now.columns.get(column)];
      if (!its || !later || later.type !== its.type) return [];
      const isRecreated = now.oid !== old.oid || later.number !== its.number;
      if (later.kept + (isRecreated ? 0 : later.noted) >= its.kept) return [];
      const isKnown = now.rows === 1 && later.noted === 0;
      return [{ table, column, isRecreated, before: value, after: isKnown ? later.value : undefined }];
    });
  });
}

/** True if rows or values are no longer found, perhaps only because they have another name or type. */
export function mayHaveLost(
  { table, column }: Pick<Loss, "table" | "column">,
  before: TableStates,
  after: TableStates,
) {
  const [old, now] = [before.get(table), after.get(table)];
  if (!old || !now || now.rows < old.rows) return true;
  if (column === undefined) return false;
  const [its, later] = [old.columns.get(column), now.columns.get(column)];
  return !its || !later || its.type !== later.type || later.kept < its.kept;
}
