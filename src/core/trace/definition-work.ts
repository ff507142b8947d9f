import { alterCommands, at, bodyOf, kindOf, textAt } from "../parse-tree/node.ts";
import { isOpaque } from "./row-work.ts";
import type { Column, Constraint, Index, Relation, Touch, TracedFile, TracedStatement } from "./trace.ts";

/*
 * What a statement changed in the definition of the relations that it touched, and which of them it read or wrote from
 * end to end for that.
 */

/**
 * The indexes that a statement added to a relation. A changed type gives new oids to the indexes and constraints of its
 * column.
 */
export function newIndexes(touch: Touch): Index[] {
  return newIn(touch, touch.before.indexes, touch.after?.indexes ?? []);
}

/** The indexes that a statement added to a relation for itself, not for a constraint. */
export function newPlainIndexes(touch: Touch): Index[] {
  const added = newIndexes(touch);
  if (added.length === 0) return added;
  const owned = new Set((touch.after?.constraints ?? []).map(({ index }) => index));
  return added.filter(({ oid }) => !owned.has(oid));
}

/** The constraints that a statement added to a relation and checked on its rows, or validated. */
export function newConstraints(touch: Touch): Constraint[] {
  const isValidated = ({ validated }: Constraint) => validated;
  const { before, after } = touch;
  return newIn(touch, before.constraints.filter(isValidated), after?.constraints.filter(isValidated) ?? []);
}

function newIn<Part extends Index | Constraint>(touch: Touch, old: readonly Part[], now: readonly Part[]): Part[] {
  const oids = new Set(old.map(({ oid }) => oid));
  const added = now.filter(({ oid }) => !oids.has(oid));
  if (added.length === 0 || retypedColumns(touch).length === 0) return added;
  const names = new Set(old.map(({ name }) => name));
  return added.filter(({ name }) => !names.has(name));
}

/** The columns of a relation that a statement made NOT NULL. */
export function newlyRequired({ before, after }: Touch): Column[] {
  const optional = new Set(before.columns.flatMap(({ number, required }) => (required ? [] : [number])));
  return (after?.columns ?? []).filter(({ number, required }) => required && optional.has(number));
}

/** True if a constraint keeps NULL out of a column: CHECK (column IS NOT NULL). */
export function keepsNullOut({ constraints }: Relation, column: number, isProof = true): boolean {
  return constraints.some(
    ({ requires, validated, columns }) => requires && (validated || !isProof) && columns.includes(column),
  );
}

/** The columns that a statement added to a relation. */
export function newColumns({ before, after }: Touch): Column[] {
  const old = new Set(before.columns.map(({ number }) => number));
  return (after?.columns ?? []).filter(({ number }) => !old.has(number));
}

/** The columns that a statement gave another type, as they were and as they are. */
export function retypedColumns({ before, after }: Touch): [before: Column, after: Column][] {
  if (!after || after === before) return [];
  const columns = new Map(after.columns.map((one) => [one.number, one]));
  return before.columns.flatMap((old) => {
    const now = columns.get(old.number);
    return now && (now.type !== old.type || now.typeOid !== old.typeOid) ? [[old, now] as [Column, Column]] : [];
  });
}

/** True if the relation had this column before the file; by its number, because its name may change. */
export function wasThere(file: TracedFile, { before }: Touch, number: number): boolean {
  return file.before.get(before.oid)?.columns.some((column) => column.number === number) ?? false;
}

/** True for a column that the file has added with a default: all rows have its value. */
export function wasAddedFilled(file: TracedFile, { before }: Touch, column: number): boolean {
  const hasColumn = (one: Relation | undefined) => one?.columns.find(({ number }) => number === column);
  const adding = file.statements
    .flatMap(({ touches }) => touches)
    .find((one) => one.before.oid === before.oid && !hasColumn(one.before) && hasColumn(one.after));
  return hasColumn(adding?.after)?.filled === true;
}

/** Statements that read or change rows; scans of other statements are those of DDL. */
const ROW_STATEMENTS: ReadonlySet<string | undefined> = new Set([
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
  "MergeStmt",
  "CreateTableAsStmt",
  "RefreshMatViewStmt",
  "CopyStmt",
  "DeclareCursorStmt",
  "FetchStmt",
  "ExplainStmt",
  "TruncateStmt",
]);

/** True for a statement whose rewrites and scans are those of a changed definition, not those of a query. */
export function isDefinition(statement: TracedStatement): boolean {
  return !ROW_STATEMENTS.has(kindOf(statement)) && !isOpaque(statement);
}

/** True if rows were rewritten by a changed definition, not because they were replaced or deleted. */
export function isRewrite(statement: TracedStatement, touch: Touch): boolean {
  if (!touch.rewritten) return false;
  if (isDefinition(statement)) return true;
  const { tree } = statement;
  if (tree && !["DoStmt", "CallStmt", "SelectStmt"].includes(kindOf(statement) ?? "")) return false;
  return retypedColumns(touch).length + newColumns(touch).length > 0 || !isTruncating(statement);
}

/**
 * True if a statement whose effects only the server knows has the word TRUNCATE, or calls a function: of the statements
 * that give a table another file and no other definition, functions have mostly this one.
 */
export function isTruncating(traced: TracedStatement): boolean {
  const isCall = ["SelectStmt", "CallStmt"].includes(kindOf(traced) ?? "");
  return isCall || /\btruncate\b/i.test(traced.statement.text);
}

/**
 * The relations that a statement read from end to end to check or index their rows, without rewriting them. Queries
 * are no such statements. A foreign key of a table that the file made reads nothing of the table that it refers to.
 */
export function definitionScans(statement: TracedStatement): Touch[] {
  const scanned = statement.touches.filter((touch) => touch.scanned && !touch.rewritten);
  if (scanned.length === 0) return scanned;
  if (!isDefinition(statement)) return scanned.filter(isExplained);
  if (kindOf(statement) !== "AlterTableStmt") return scanned;
  const target = at(bodyOf(statement), "relation", "relname");
  const isTarget = statement.touches.some(({ before }) => before.name === target);
  return isTarget ? scanned : scanned.filter(isExplained);
}

/** Those of `definitionScans` that take their time: where no row has a value for a new column, the first one fails. */
export function longScans(statement: TracedStatement): Touch[] {
  return definitionScans(statement).filter(
    (touch) => newWithoutValues(touch).length === 0 || newConstraints(touch).length + newlyRequired(touch).length > 0,
  );
}

function isExplained(touch: Touch): boolean {
  const changes = [newIndexes, newConstraints, newlyRequired, newWithoutValues];
  return changes.some((changed) => changed(touch).length > 0);
}

/** The first statement that changed the relation in a certain way. */
export function firstTouch(
  { statements }: TracedFile,
  { oid }: Relation,
  isChanged: (touch: Touch) => boolean,
): readonly [by: TracedStatement, touch: Touch] | undefined {
  for (const by of statements) {
    const touch = by.touches.find((one) => one.before.oid === oid && isChanged(one));
    if (touch) return [by, touch];
  }
  return undefined;
}

/** The columns that a statement added as NOT NULL, although it gives existing rows no value. */
export function newWithoutValues(touch: Touch): Column[] {
  return newColumns(touch).filter(({ required, filled }) => required && !filled);
}

/** True if ATTACH PARTITION reads the default partition, whose rows may belong to the attached one. */
export function isDefaultRead(statement: TracedStatement, scans: readonly Touch[]): boolean {
  const attached = alterCommands(statement).map((one) => textAt(one, "def", "PartitionCmd", "name", "relname"));
  return scans.every(({ before }) => !attached.includes(before.name));
}
