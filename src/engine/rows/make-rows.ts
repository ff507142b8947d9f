import { searchValues, type ValueSearch } from "../../core/rows/allowed-values.ts";
import type { MadeUp } from "../../core/rows/lost-values.ts";
import { valuesOfDomain } from "../../core/rows/made-up-values.ts";
import { insertSql, isCheckViolation, type MadeUpRow, RowAttempts } from "../../core/rows/row-attempts.ts";
import type { TableShape, ValueType } from "../../core/rows/table-shape.ts";
import type { ValueStyle } from "../../core/rows/value-styles.ts";
import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { runKept } from "../session/prepared-statements.ts";
import { SHAPES, SHAPES_QUERY, type ShapeFacts, tableOf, typeOf } from "./shapes-sql.ts";

/** Tables, parents before those that refer to them. */
export interface Shapes {
  readonly tables: readonly TableShape[];
  readonly types: ReadonlyMap<number, ValueType>;
}

/**
 * The tables with these names, and those that they refer to. The session must be in a transaction.
 * @param own the tables of pgstep, "schema.name" without quotes
 */
export async function readShapes(session: Session, names: readonly string[], own: readonly string[]): Promise<Shapes> {
  const values = `(ARRAY[${names.map(quoteText)}]::name[], ARRAY[${own.map(quoteText)}]::text[])`;
  const [row] = await runKept(session, SHAPES_QUERY, values);
  const facts = jsonAnswer<ShapeFacts>(row?.row, SHAPES);
  const types = new Map(facts.types.map(typeOf).map((type) => [type.oid, type]));
  for (const domain of [...types.values()].filter(({ conditions }) => conditions.length > 0)) {
    const allowed = await firstAccepted(session, valuesOfDomain(domain, types));
    if (allowed !== undefined) types.set(domain.oid, { ...domain, allowed });
  }
  return { tables: parentsFirst(facts.tables.map(tableOf)), types };
}

/** The first expression that the server can compute. */
async function firstAccepted(session: Session, expressions: readonly string[]): Promise<string | undefined> {
  for (const expression of expressions) {
    if (!(await attempt(session, `SELECT ${expression}`))) return expression;
  }
  return undefined;
}

function parentsFirst(tables: readonly TableShape[]): TableShape[] {
  const rest = new Map(tables.map((table) => [table.oid, table]));
  const ordered: TableShape[] = [];
  while (rest.size > 0) {
    const isReady = ({ oid, references }: TableShape) =>
      references.every(({ table }) => table === oid || !rest.has(table));
    // In a circle of tables any may be the first.
    const next = [...rest.values()].find(isReady) ?? [...rest.values()][0];
    if (!next) break;
    rest.delete(next.oid);
    ordered.push(next);
  }
  return ordered;
}

/** The outcome for each table. */
export interface MadeRows {
  /** Tables that have a row now, by oid. */
  readonly filled: ReadonlySet<number>;
  /** Tables without any. */
  readonly empty: readonly TableShape[];
}

/**
 * Puts a row into each table that has none, inside the open transaction. Neither triggers run nor are foreign keys
 * checked, if the role may decide that; the row obeys the keys all the same.
 * @param without the oids of tables that get none
 */
export async function makeRows(
  session: Session,
  { tables, types }: Shapes,
  without: ReadonlySet<number>,
): Promise<MadeRows> {
  const wanted = tables.filter(({ oid }) => !without.has(oid));
  if (wanted.length === 0) return { filled: new Set(), empty: [] };
  const filled = await haveRows(session, wanted);
  const empty: TableShape[] = [];
  await attempt(session, "SET LOCAL session_replication_role = replica");
  for (const table of wanted) {
    if (filled.has(table.oid)) continue;
    if (await makeRow(session, table, types, filled)) filled.add(table.oid);
    else empty.push(table);
  }
  await attempt(session, "SET LOCAL session_replication_role = origin");
  return { filled, empty };
}

async function haveRows(session: Session, tables: readonly TableShape[]): Promise<Set<number>> {
  const parts = tables.map(({ oid, name }) => `SELECT ${oid} AS oid WHERE EXISTS (SELECT FROM ${name})`);
  const [row] = await session.query(
    `SELECT COALESCE(json_agg(oid), '[]')::text AS oids FROM (${parts.join(" UNION ALL ")}) filled`,
  );
  return new Set(jsonAnswer<number[]>(row?.oids, ["list of", "number"]));
}

async function makeRow(
  session: Session,
  table: TableShape,
  types: Shapes["types"],
  filled: ReadonlySet<number>,
): Promise<boolean> {
  const attempts = new RowAttempts(table, types, (oid) => filled.has(oid));
  return await firstTaken(session, { table, types }, attempts, (row) => attempt(session, insertSql(table, row)));
}

/** @param insert returns the failure, if the server refuses the row @returns false if every row was refused */
async function firstTaken(
  session: Session,
  { table, types }: { readonly table: TableShape; readonly types: Shapes["types"] },
  attempts: RowAttempts,
  insert: (row: MadeUpRow) => Promise<ServerFailure | undefined>,
): Promise<boolean> {
  let hasSearched = false;
  for (let row = attempts.next(); row; row = attempts.next()) {
    const refusal = await insert(row);
    if (!refusal) return true;
    const { code, constraint } = refusal.server;
    attempts.refused(row, { code, constraint });
    if (hasSearched || !isCheckViolation(code)) continue;
    hasSearched = true;
    const better = await allowedRow(session, searchValues(table, types, row));
    if (better) attempts.prefer(better);
  }
  return false;
}

/** The row that a search finds; undefined if the server cannot compute a value or a condition. */
async function allowedRow(session: Session, search: ValueSearch | undefined): Promise<MadeUpRow | undefined> {
  if (!search) return undefined;
  let places: (number[] | null)[] = [];
  const refusal = await inSavepoint(session, async () => {
    const [answer] = await session.query(`SAVEPOINT pgstep_row; ${search.sql}`);
    await session.execute("RELEASE SAVEPOINT pgstep_row");
    places = jsonAnswer(answer?.places, ["list of", ["maybe", ["list of", "number"]]]);
  });
  return refusal ? undefined : search.rowOf(places);
}

/**
 * Puts one more row into each table, inside the open transaction, as `makeRows` does.
 * @returns the rows as the server has stored them; none for a table that refuses every row
 */
export async function addRows(session: Session, { tables, types }: Shapes, style: ValueStyle): Promise<MadeUp[]> {
  const filled = await haveRows(session, tables);
  const made: MadeUp[] = [];
  await attempt(session, "SET LOCAL session_replication_role = replica");
  for (const table of tables) {
    const attempts = new RowAttempts(table, types, (oid) => filled.has(oid), style);
    const isFilled = await firstTaken(session, { table, types }, attempts, async (row) => {
      const { stored, refusal } = await insertStored(session, table, row);
      if (stored) made.push({ table: table.name, values: stored });
      return refusal;
    });
    if (isFilled) filled.add(table.oid);
  }
  await attempt(session, "SET LOCAL session_replication_role = origin");
  return made;
}

interface Stored {
  readonly stored?: ReadonlyMap<string, string>;
  readonly refusal?: ServerFailure | undefined;
}

async function insertStored(session: Session, table: TableShape, row: MadeUpRow): Promise<Stored> {
  const names = table.columns.map(({ name }) => name);
  const values = names.map((name) => `(${quoteIdentifier(name)})::text`);
  let stored = new Map<string, string>();
  const refusal = await inSavepoint(session, async () => {
    const returning = `RETURNING array_to_json(ARRAY[${values}]::text[])::text AS row`;
    const [answer] = await session.query(`SAVEPOINT pgstep_row; ${insertSql(table, row)} ${returning}`);
    await session.execute("RELEASE SAVEPOINT pgstep_row");
    const texts = answer ? jsonAnswer<(string | null)[]>(answer.row, ["list of", "text?"]) : [];
    stored = new Map(names.flatMap((name, index) => (texts[index] == null ? [] : [[name, texts[index]]])));
  });
  return refusal ? { refusal } : { stored };
}

/** Runs a statement in a savepoint. @returns the failure, if the server refuses the statement */
async function attempt(session: Session, sql: string): Promise<ServerFailure | undefined> {
  return await inSavepoint(session, async () => {
    await session.query(`SAVEPOINT pgstep_row; ${sql}; RELEASE SAVEPOINT pgstep_row`);
  });
}

/** @param work begins and releases the savepoint @returns the failure, if the server refuses a statement */
async function inSavepoint(session: Session, work: () => Promise<void>): Promise<ServerFailure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    // The next statement follows at once: if this fails, so does that.
    session.query("ROLLBACK TO SAVEPOINT pgstep_row; RELEASE SAVEPOINT pgstep_row").catch(() => {});
    return error;
  }
}
