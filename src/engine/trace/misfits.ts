import { sqlName } from "../../core/check/words.ts";
import { quoteIdentifier } from "../../core/sql/quote.ts";
import { newColumns, newConstraints } from "../../core/trace/definition-work.ts";
import type { Relation, Touch } from "../../core/trace/trace.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";

/*
 * An empty table accepts every CHECK, also one that the default of a new column violates. The server evaluates the default
 * and the constraint instead.
 */

/** A condition on new columns; the columns of a domain have none but that of their type. */
interface Condition {
  readonly name: string;
  readonly sql: string;
  readonly columns: readonly ColumnFacts[];
}

type ColumnFacts = readonly [name: string, type: string, value: string];
type Facts = readonly [name: string, condition: string, columns: readonly ColumnFacts[]];

const COLUMNS: Shape = ["list of", ["parts", ["text", "text", "text"]]];
const CONSTRAINTS: Shape = ["list of", ["parts", ["text", "text", COLUMNS]]];

/**
 * The constraints and domains that a statement checks on the rows that exist, and that the values of their new columns
 * violate. The session is in the transaction of the statement.
 * @param before the relations before the file: columns that it has added have the same value in each row
 */
export async function misfitsOf(
  session: Session,
  touches: readonly Touch[],
  before: ReadonlyMap<number, Relation>,
): Promise<string[]> {
  const [constraints, attributes]: [number[], [number, number][]] = [[], []];
  for (const touch of touches) {
    const { oid, isChild } = touch.before;
    const old = new Set(before.get(oid)?.columns.map(({ number }) => number));
    if (isChild) continue;
    const isNew = (columns: readonly number[]) => columns.length > 0 && !columns.some((one) => old.has(one));
    const checks = newConstraints(touch).filter(({ kind, columns }) => kind === "c" && isNew(columns));
    constraints.push(...checks.map((one) => one.oid));
    // A domain's name has its schema; those without constraint do no harm.
    const typed = touch.rewritten || touch.scanned ? newColumns(touch).filter(({ type }) => type.includes(".")) : [];
    attributes.push(...typed.map(({ number }): [number, number] => [oid, number]));
  }
  if (constraints.length + attributes.length === 0) return [];
  const [row] = await session.query(factsSql(constraints, attributes));
  const facts = jsonAnswer<Facts[]>(row?.seen, CONSTRAINTS);
  const found: string[] = [];
  for (const [name, sql, columns] of facts) {
    if (await isViolated(session, { name, sql, columns })) found.push(sqlName(name));
  }
  return found;
}

/** Constraints as `Facts`, and columns with domains as constraints that are always true. */
function factsSql(constraints: readonly number[], attributes: readonly (readonly [number, number])[]): string {
  const column = `json_build_array(attname, format_type(atttypid, atttypmod), COALESCE(pg_get_expr(adbin, adrelid), 'NULL'))`;
  const columns = "pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum";
  const parts = attributes.map(([oid, number]) => `attrelid = ${oid} AND attnum = ${number}`);
  return `SELECT COALESCE(json_agg(fact), '[]')::text AS seen FROM (
 SELECT json_build_array(conname, pg_get_expr(conbin, conrelid),
  (SELECT json_agg(${column}) FROM ${columns} WHERE attrelid = conrelid AND attnum = ANY (conkey))) AS fact
 FROM pg_constraint WHERE oid IN (${[0, ...constraints]})
 UNION ALL SELECT json_build_array(typname, 'true', json_build_array(${column})) FROM ${columns}
 JOIN pg_type t ON t.oid = atttypid AND typtype = 'd' WHERE ${["false", ...parts].join(" OR ")}) facts`;
}

/** SQLSTATE classes of values that do not fit: 22 for data, 23 for constraints. */
const MISFIT = /^2[23]/;

async function isViolated(session: Session, { sql, columns }: Condition): Promise<boolean> {
  // A sequence keeps what was taken from it.
  if (columns.some(([, , value]) => value.includes("nextval("))) return false;
  const values = columns.map(([name, type, value]) => `CAST((${value}) AS ${type}) AS ${quoteIdentifier(name)}`);
  await session.query("SAVEPOINT pgstep_misfit");
  try {
    // The server computes only what the answer needs.
    const [row] = await session.query(
      `SELECT ((${sql}) IS FALSE)::text AS violated, existing::text AS needed FROM (SELECT ${values}) AS existing`,
    );
    return row?.violated === "true";
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    return MISFIT.test(error.server.code);
  } finally {
    await session.query("ROLLBACK TO SAVEPOINT pgstep_misfit; RELEASE SAVEPOINT pgstep_misfit");
  }
}
