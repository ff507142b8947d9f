import { readSql } from "../../core/sql/own-sql.ts";
import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { copiedAtSql, lockKeyOf, type TestNames } from "./names.ts";

/** The comment on a complete template, with the day of its last use: YYYYMMDD. */
export const MARKER = "pgstep: template of test databases, used on ";

/** The connection's own facts. */
export interface ServerFacts {
  readonly processId: number;
  readonly role: string;
  readonly database: string;
  readonly mayCreate: boolean;
  /** The server's clock in UTC, as YYYYMMDDHHMMSS. */
  readonly now: string;
  /** False on a server that never waits for its disk, as servers for tests are often configured. */
  readonly waitsForDisk: boolean;
}

export async function readServerFacts(session: Session): Promise<ServerFacts> {
  const [row] = await session.query(
    readSql(`SELECT pg_catalog.json_build_object('processId', pg_catalog.pg_backend_pid(), 'role', current_user, 'database', pg_catalog.current_database(),
 'mayCreate', (SELECT rolsuper OR rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user),
 'now', ${digits("pg_catalog.now()")}, 'waitsForDisk', pg_catalog.current_setting('fsync') <> 'off')::text AS facts`),
  );
  return jsonAnswer<ServerFacts>(row?.facts, FACTS);
}

const FACTS: Shape = {
  ...{ processId: "number", role: "text", database: "text", mayCreate: "boolean", now: "text" },
  waitsForDisk: "boolean",
};

function digits(time: string): string {
  return `pg_catalog.to_char(pg_catalog.timezone('UTC', ${time}), 'YYYYMMDDHH24MISS')`;
}

/** The databases of a project on the server. */
export interface TestDatabases {
  /** The day of the template's last use; null if there is no complete template. */
  readonly usedOn: string | null;
  /** Test databases that nobody dropped for a day, and nobody is connected to. */
  readonly leftOver: readonly string[];
}

const OWN = "pg_catalog.pg_get_userbyid(datdba) = current_user";
const COMMENT = "pg_catalog.shobj_description(oid, 'pg_database')";

export async function readTestDatabases(session: Session, names: TestNames): Promise<TestDatabases> {
  const [row] = await session.query(
    readSql(`SELECT pg_catalog.json_build_object('usedOn', (SELECT ${usedOnSql()} FROM pg_catalog.pg_database
  WHERE datname = ${quoteText(names.template)} AND ${OWN} AND ${isMarkedSql()}),
 'leftOver', (SELECT COALESCE(pg_catalog.json_agg(datname), '[]') FROM pg_catalog.pg_database AS d
  WHERE pg_catalog.starts_with(datname, ${quoteText(names.copies)}) AND ${OWN}
  AND ${copiedAtSql(names)} < ${digits("pg_catalog.now() - '1 day'::pg_catalog.interval")}
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE datid = d.oid)))::text AS databases`),
  );
  return jsonAnswer<TestDatabases>(row?.databases, { usedOn: "text?", leftOver: ["list of", "text"] });
}

function isMarkedSql(): string {
  return `pg_catalog.starts_with(${COMMENT}, ${quoteText(MARKER)})`;
}

function usedOnSql(): string {
  return `pg_catalog.substr(${COMMENT}, ${MARKER.length + 1}, 8)`;
}

/** How many templates of a project stay, e.g. for branches. */
const KEPT_TEMPLATES = 5;

/** Drops the project's templates that were not used since the day before yesterday, and the oldest above the limit. */
export async function dropOldTemplates(session: Session, names: TestNames): Promise<void> {
  const rows = await session.query(
    readSql(`SELECT datname::text AS name, (row_number() OVER newest > ${KEPT_TEMPLATES} OR ${usedOnSql()} <
  pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.now()) - '1 day'::pg_catalog.interval, 'YYYYMMDD'))::text AS old
 FROM pg_catalog.pg_database WHERE pg_catalog.starts_with(datname, ${quoteText(names.templates)}) AND ${OWN} AND ${isMarkedSql()}
 WINDOW newest AS (ORDER BY datname = ${quoteText(names.template)} DESC, ${usedOnSql()} DESC, oid DESC)`),
  );
  for (const { name, old } of rows) if (old === "true") await dropUnused(session, String(name));
}

/** Drops templates that a killed process was making: nobody has their lock. */
export async function dropUnfinished(session: Session, names: TestNames): Promise<void> {
  const rows = await session.query(
    readSql(`SELECT datname::text AS name FROM pg_catalog.pg_database
 WHERE pg_catalog.starts_with(datname, ${quoteText(names.unfinishedOnes)}) AND ${OWN}`),
  );
  for (const { name } of rows) {
    const key = lockKeyOf(String(name));
    const [lock] = await session.query(`SELECT pg_catalog.pg_try_advisory_lock(${key})::text AS taken`);
    if (lock?.taken !== "true") continue;
    await dropUnused(session, String(name));
    await session.query(`SELECT pg_catalog.pg_advisory_unlock(${key})::text AS unlocked`);
  }
}

/** Best effort: a database that is in use stays until the next time. */
export async function dropUnused(session: Session, name: string): Promise<void> {
  try {
    await session.execute(`DROP DATABASE IF EXISTS ${quoteIdentifier(name)}`);
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
  }
}

/** Records that a template is used today. */
export function markSql(name: string, now: string): string {
  return `COMMENT ON DATABASE ${quoteIdentifier(name)} IS ${quoteText(MARKER + now.slice(0, 8))}`;
}

/** How often connections that are being closed are looked for, and the seconds between. */
const MOST_LOOKS = 50;
const PAUSE_SECONDS = 0.01;

/**
 * Waits until nothing is connected to a database, half a second at most. A driver says that its pool is closed before the
 * server has read that: ended by force then, its connections report an error that fails the test. And for a RENAME the
 * server waits in 50 pauses of 0.1 s, but each DROP DATABASE of another process ends a pause.
 */
export async function waitForClosing(session: Session, name: string): Promise<void> {
  const connected = `SELECT FROM pg_catalog.pg_stat_activity WHERE datname = ${quoteText(name)}`;
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const [row] = await session.query(readSql(`SELECT EXISTS (${connected})::text AS connected`));
    if (row?.connected !== "true") return;
    await session.query(`SELECT pg_catalog.pg_sleep(${PAUSE_SECONDS})`);
  }
}
