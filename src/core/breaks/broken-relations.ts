import { FOR_CLIENTS } from "../check/recipes.ts";
import { named, sqlName } from "../check/words.ts";
import { bodyOf, listAt, textAt } from "../parse-tree/node.ts";
import { columnNames, isPrepared, takesFreeName } from "../trace/changed-relations.ts";
import { definitionScans, firstTouch, keepsNullOut, newlyRequired, retypedColumns } from "../trace/definition-work.ts";
import type { Column, Index, Relation, Touch, TracedFile, TracedStatement } from "../trace/trace.ts";
import { typeChange } from "../trace/type-change.ts";
import type { Break } from "./broken-things.ts";
import { hiddenRows } from "./hidden-rows.ts";

/* Relations that clients name, and that a file drops, renames or changes: their columns, keys and rows. */

export function* brokenRelations(file: TracedFile): Iterable<Break> {
  const changed = [...file.before.values()].filter((one) => file.after.get(one.oid) !== one && !one.isPartition);
  for (const before of changed) {
    const name = named(before);
    const after = [...file.after.values()].find((one) => one.schema === before.schema && one.name === before.name);
    if (!after) {
      if (takesFreeName(file, before)) continue;
      const [by, touch] = firstTouch(file, before, ({ after: now }) => !now || named(now) !== name) ?? [];
      const words = touch?.after ? `${name} is now ${named(touch.after)}` : `${name} is dropped`;
      if (by) yield { by, words, recipe: touch?.after ? FOR_CLIENTS.table : FOR_CLIENTS.drop };
      continue;
    }
    for (const column of before.columns) {
      const one = brokenColumn(file, before, column, after);
      if (one) yield one;
    }
    yield* hiddenRows(file, before, after);
    yield* newDemands(file, before, after);
    yield* lostKeys(file, before, after);
    if (after.refusesReads && !before.refusesReads) {
      const [by] =
        firstTouch(file, after, (touch) => touch.after?.refusesReads === true) ??
        firstTouch(file, before, isDropped) ??
        [];
      if (by) yield { by, words: `${name} has no data, so that queries of it fail`, recipe: FOR_CLIENTS.unfilled };
    }
    if (after.refusesUpdates && !before.refusesUpdates) {
      const [by] = firstTouch(file, after, (touch) => touch.after?.refusesUpdates === true) ?? [];
      const words = `UPDATE and DELETE of ${name} fail, because it is published without a replica identity`;
      if (by) yield { by, words, recipe: FOR_CLIENTS.published };
    }
  }
}

function isSameToClients(column: Column, now: Column): boolean {
  return column.number === now.number && column.type === now.type && column.writable === now.writable;
}

/** True if a statement took the relation's name from it. */
function isDropped({ before, after }: Touch): boolean {
  return !after || named(after) !== named(before);
}

function brokenColumn(file: TracedFile, before: Relation, column: Column, after: Relation): Break | undefined {
  const now = after.columns.find(({ name }) => name === column.name);
  if (now && before.oid === after.oid && isSameToClients(column, now)) return undefined;
  const title = `${named(before)}.${sqlName(column.name)}`;
  if (!now) {
    const found =
      firstTouch(file, before, (touch) => !touch.after?.columns.some(({ name }) => name === column.name)) ??
      firstTouch(file, before, isDropped);
    if (!found) return undefined;
    const [by, touch] = found;
    const renamed = touch.after?.columns.find(({ number }) => number === column.number);
    const last = after.columns.find(({ number }) => number === column.number);
    // A column that was filled to take the place of another one, which is renamed.
    const former = last && before.columns.find(({ name }) => name === last.name);
    if (former && isPrepared(column.name, former.name) && after.columns.some(({ number }) => number === former.number))
      return undefined;
    if (after.kind === "v" && before.kind !== "v") {
      return {
        by,
        words: `the view that takes the place of ${named(before)} lacks ${sqlName(column.name)}`,
        recipe: FOR_CLIENTS.table,
      };
    }
    return renamed && renamed.name !== column.name
      ? { by, words: `${title} is now ${sqlName(renamed.name)}`, recipe: FOR_CLIENTS.column }
      : { by, words: `${title} is dropped`, recipe: FOR_CLIENTS.drop };
  }
  const swap = swappedColumn(file, before, column, after);
  if (swap) return { by: swap, words: `${title} is another column, without its values`, recipe: FOR_CLIENTS.column };
  if (column.writable && !now.writable) {
    const isNowComputed = ({ after: one }: Touch) =>
      one?.columns.some(({ name, writable }) => name === column.name && !writable) === true;
    const [by] = firstTouch(file, after, isNowComputed) ?? firstTouch(file, before, isDropped) ?? [];
    if (by) return { by, words: `an INSERT can no longer give a value for ${title}`, recipe: FOR_CLIENTS.computed };
  }
  if (now.type === column.type || !typeChange(column.valueType, now.valueType).breaks) return undefined;
  const found =
    firstTouch(file, before, (touch) => retypedColumns(touch).some(([old]) => old.number === column.number)) ??
    firstTouch(file, before, ({ after: left }) => !left?.columns.some(({ number }) => number === column.number)) ??
    firstTouch(file, before, isDropped);
  return (
    found && { by: found[0], words: `${title} is no longer ${column.type} but ${now.type}`, recipe: FOR_CLIENTS.type }
  );
}

/**
 * The statement that renamed a column, if the file then made another one of the same name. A column that existed before
 * may take the name: it was filled for that.
 */
function swappedColumn(
  file: TracedFile,
  before: Relation,
  { name, number }: Column,
  after: Relation,
): TracedStatement | undefined {
  const now = after.columns.find((one) => one.name === name);
  const isOld = (one: Column) => before.columns.some((old) => old.number === one.number);
  const isLeft = after.columns.some((one) => one.number === number);
  if (before.oid !== after.oid || !now || !isLeft || isOld(now)) return undefined;
  return firstTouch(file, before, (touch) => touch.after?.columns.every((one) => one.name !== name) === true)?.[0];
}

/** The columns that an INSERT has to give now, and had not to before. */
function* newDemands(file: TracedFile, before: Relation, after: Relation): Iterable<Break> {
  if (after.kind !== "r" && after.kind !== "p") return;
  for (const { name, number, required, filled } of after.columns) {
    if (filled || !(required || keepsNullOut(after, number, false))) continue;
    const old =
      before.columns.find((column) => column.name === name) ??
      (before.oid === after.oid ? before.columns.find((column) => column.number === number) : undefined);
    // A constraint on an old column is the first step of the safe way to NOT NULL.
    if (!required && old) continue;
    if (old?.required && !old.filled) continue;
    const isNowDemanded = (touch: Touch) => isDemanded(touch.after, number) && !isDemanded(touch.before, number);
    const found = firstTouch(file, after, isNowDemanded) ?? firstTouch(file, before, isDropped);
    if (!found) continue;
    const [by, touch] = found;
    if (old && !old.required && isProved(by, touch, number)) continue;
    const words = `an INSERT into ${named(before)} must now give ${sqlName(name)} a value other than NULL`;
    yield { by, words, recipe: old ? FOR_CLIENTS.demanded : FOR_CLIENTS.required };
  }
}

function isDemanded(relation: Relation | undefined, number: number): boolean {
  const isKeptOut = relation !== undefined && keepsNullOut(relation, number, false);
  return relation?.columns.some((one) => one.number === number && (one.required || isKeptOut) && !one.filled) ?? false;
}

/**
 * The keys that an INSERT ... ON CONFLICT can no longer name, because no unique index has exactly their columns. Where a
 * part of the columns is still a key, the dropped one only repeated it.
 */
function* lostKeys(file: TracedFile, before: Relation, after: Relation): Iterable<Break> {
  const isGone = ({ oid }: Index) => after.indexes.every((one) => one.oid !== oid);
  if (before.oid !== after.oid || !before.indexes.some(isGone)) return;
  const left = keysOf(after);
  for (const { index, columns } of keysOf(before)) {
    const isKept = left.some((key) => key.columns.every((name) => columns.includes(name)));
    if (isKept || !columns.every((name) => after.columns.some((one) => one.name === name))) continue;
    const isGone = ({ after: now }: Touch) => now?.indexes.every(({ oid }) => oid !== index.oid) === true;
    const by = firstTouch(file, before, isGone)?.[0] ?? file.statements.find((one) => isDropOf(one, index));
    const names = columns.map(sqlName).join(", ");
    const words = `INSERT ... ON CONFLICT (${names}) into ${named(before)} fails without the unique index ${sqlName(index.name)}`;
    if (by) yield { by, words, recipe: FOR_CLIENTS.key };
  }
}

/** The unique indexes of all rows, with the names of the columns that are their keys. */
function keysOf(relation: Relation): { readonly index: Index; readonly columns: readonly string[] }[] {
  return relation.indexes.flatMap((index) => {
    const columns = columnNames(relation, index.columns.slice(0, index.orders.length));
    return index.unique && !index.partial && !columns.includes("") ? [{ index, columns }] : [];
  });
}

/** True for a DROP INDEX CONCURRENTLY, which is not observed. */
function isDropOf(statement: TracedStatement, { name }: Index): boolean {
  const body = bodyOf(statement);
  if (textAt(body, "removeType") !== "OBJECT_INDEX") return false;
  return listAt(body, "objects").some((one) => textAt(listAt(one, "List", "items").at(-1), "String", "sval") === name);
}

/** True if a constraint has kept NULL out of the column before: of new rows, or of all, so that none was read. */
function isProved(statement: TracedStatement, touch: Touch, number: number): boolean {
  if (keepsNullOut(touch.before, number, false)) return true;
  return newlyRequired(touch).some((column) => column.number === number) && definitionScans(statement).length === 0;
}
