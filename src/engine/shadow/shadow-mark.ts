import { quoteText } from "../../core/sql/quote.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";

/*
 * The mark of a shadow database that is in use: a process that is killed leaves its objects there, and the next one may
 * delete them only because of the mark. It is a large object with a comment: every role may create one, no statement
 * about schemas touches it, and emptying the database deletes it last. It counts only in the database that its comment
 * names, so a copy of a marked database, or a dump restored elsewhere, is not marked.
 */

/** The number of the large object: "pgst" in ASCII. */
const MARK = 0x70677374;
const TITLE = "pgstep uses this as a shadow database, and deletes everything in it";

/** After this time somebody may have begun to use the objects that were left. */
const LONGEST_HOURS = 24;

interface Comment {
  readonly title: string;
  readonly database: string;
  readonly since: string;
}

/** Marks the database in the open transaction. @returns false if the role may not */
export async function mark(session: Session): Promise<boolean> {
  const { database, now } = await readMark(session);
  const comment: Comment = { title: TITLE, database, since: now };
  try {
    await session.execute("SAVEPOINT mark");
    await session.execute(`SELECT pg_catalog.lo_create(${MARK})`);
    await session.execute(`COMMENT ON LARGE OBJECT ${MARK} IS ${quoteText(JSON.stringify(comment))}`);
    return true;
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    await session.execute("ROLLBACK TO SAVEPOINT mark");
    return false;
  }
}

/** True if this role has marked this database within the last day. */
export async function isMarked(session: Session): Promise<boolean> {
  const { database, now, comment } = await readMark(session);
  const found = comment === undefined ? undefined : parsed(comment);
  if (found?.title !== TITLE || found.database !== database) return false;
  const hours = (Date.parse(now) - Date.parse(found.since ?? "")) / 3_600_000;
  return hours >= 0 && hours < LONGEST_HOURS;
}

interface Read {
  /** The database as no copy of it is called: its number and name. */
  readonly database: string;
  readonly now: string;
  readonly comment: string | undefined;
}

async function readMark(session: Session): Promise<Read> {
  const [row] = await session.query(`SELECT d.oid::text || ' ' || d.datname::text AS database,
 to_char(timezone('UTC', clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS now,
 (SELECT obj_description(o.oid, 'pg_largeobject') FROM pg_largeobject_metadata o JOIN pg_roles r ON r.oid = o.lomowner
   WHERE o.oid = ${MARK} AND r.rolname = current_user) AS comment
 FROM pg_database d WHERE d.datname = current_database()`);
  const { database, now, comment } = row ?? {};
  return { database: String(database), now: String(now), comment: typeof comment === "string" ? comment : undefined };
}

function parsed(comment: string): Partial<Comment> | undefined {
  try {
    return JSON.parse(comment) ?? undefined;
  } catch {
    return undefined;
  }
}
