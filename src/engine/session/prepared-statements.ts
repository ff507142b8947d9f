import { kindOf, type Node } from "../../core/parse-tree/node.ts";
import { quoteIdentifier } from "../../core/sql/quote.ts";
import type { Row, Session } from "../../ports/session.ts";

/** A query of a trial run that its session keeps prepared: planning it takes several times as long as running it. */
export interface KeptQuery {
  readonly name: string;
  /** The types of its parameters, "" for none: "(oid)". */
  readonly parameters: string;
  readonly sql: string;
}

const PREFIX = "pgstep_";

/**
 * One plan for all values. On an empty database it does not matter that the functions of the open transaction get such
 * plans as well.
 */
const ONE_PLAN = "SET LOCAL plan_cache_mode = force_generic_plan";

/** The kept queries that each session has prepared, by their names. */
const prepared = new WeakMap<Session, Set<string>>();

/**
 * Runs a kept query, and prepares it before that if the session does not have it.
 * @param values the parameters as SQL, "" for none: "(42)"
 * @throws ServerFailure, ConnectionLost
 */
export async function runKept(session: Session, { name, parameters, sql }: KeptQuery, values: string): Promise<Row[]> {
  const prepare = knownOf(session).has(name) ? "" : `PREPARE ${PREFIX}${name} ${parameters} AS ${sql}; `;
  // The next query may be sent before this one is answered.
  knownOf(session).add(name);
  try {
    const rows = await session.query(`${ONE_PLAN}; ${prepare}EXECUTE ${PREFIX}${name} ${values}`);
    // The names that were read meanwhile may lack it.
    knownOf(session).add(name);
    return rows;
  } catch (error) {
    if (prepare !== "") knownOf(session).delete(name);
    throw error;
  }
}

/** Lists the prepared statements of a session, for `noteKept`. */
export const PREPARED_NAMES = "SELECT name FROM pg_catalog.pg_prepared_statements";

/** Notes which kept queries the session still has: a file may have removed them. @param rows of `PREPARED_NAMES` */
export function noteKept(session: Session, rows: readonly Row[]): void {
  const names = rows.map(({ name }) => String(name)).filter((name) => name.startsWith(PREFIX));
  prepared.set(session, new Set(names.map((name) => name.slice(PREFIX.length))));
}

/** True if a statement may remove kept queries; `readKept` then says which are left. */
export function mayRemoveKept(tree: Node | undefined): boolean {
  return ["DeallocateStmt", "DiscardStmt"].includes(kindOf({ tree }) ?? "");
}

/** Reads and notes which kept queries the session has. @throws ServerFailure, ConnectionLost */
export async function readKept(session: Session): Promise<Row[]> {
  const rows = await session.query(PREPARED_NAMES);
  noteKept(session, rows);
  return rows;
}

/** Removes all other prepared statements of the session, which DEALLOCATE ALL cannot. @throws ServerFailure, ConnectionLost */
export async function deallocateOthers(session: Session): Promise<void> {
  const rows = await readKept(session);
  const others = rows.map(({ name }) => String(name)).filter((name) => !name.startsWith(PREFIX));
  if (others.length === 0) return;
  await session.execute(others.map((name) => `DEALLOCATE ${quoteIdentifier(name)}`).join("; "));
}

function knownOf(session: Session): Set<string> {
  const known = prepared.get(session) ?? new Set();
  prepared.set(session, known);
  return known;
}
