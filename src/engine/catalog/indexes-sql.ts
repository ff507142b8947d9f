import { equals, quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { ConcurrentCreate } from "../../core/statements/concurrent-index.ts";
import type { Session } from "../../ports/session.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { BEGIN_OWN } from "../session/own-transaction.ts";

/** An index in the catalog. */
export interface FoundIndex {
  readonly oid: string;
  /** Without its schema. */
  readonly name: string;
  /** As SQL text, with its schema. */
  readonly qualified: string;
  readonly valid: boolean;
  /** Equal for all indexes that are built the same way, whatever their names; null if unavailable. */
  readonly definition: string | null;
  /** The session that may be building it, in words; null if there is none. */
  readonly builder: string | null;
}

/** A table's indexes, and how the server would build one more. */
export interface TableIndexes {
  readonly indexes: readonly FoundIndex[];
  /** The session that may be building an index that is not in the catalog yet; null if there is none. */
  readonly builder: string | null;
  /** The index as built on an empty copy of the table. */
  readonly trial?: {
    readonly definition: string | null;
    /** The name that the server would choose; null if it is taken. */
    readonly name: string | null;
    /** True if the session has other temporary relations, which might influence that name. */
    readonly crowded: boolean;
  };
}

/**
 * Reads the indexes of a table, in one round trip and in a transaction that is rolled back.
 * @param limitsSql time limits of the transaction
 * @param trials how often the statement is run on an empty copy of the table; each run makes the server choose the next
 *   name. The table itself is only read: ACCESS SHARE. 0 for no trial
 * @throws ServerFailure, also when a trial cannot make the copy or build the index on it
 */
export async function readIndexes(
  session: Session,
  limitsSql: string,
  about: ConcurrentCreate,
  trials: number,
): Promise<TableIndexes> {
  const before = `${limitsSql} ${noteSql(about.table)} ${trialSql(about, trials)}`;
  return (await readRolledBack(session, before, factsSql(about, trials > 0))) as TableIndexes;
}

/** The oid of the index that a name refers to in the file's search path; undefined if there is none. */
export async function findIndex(session: Session, name: string): Promise<string | undefined> {
  const sql = `SELECT pg_catalog.to_json((SELECT c.oid::text FROM pg_class c WHERE c.oid = ${NOTED} AND c.relkind IN ('i', 'I')))::text AS row`;
  return ((await readRolledBack(session, noteSql(name), sql)) as string | null) ?? undefined;
}

/** Runs statements, then a query of the catalog that returns one JSON value, and rolls back. */
export async function readRolledBack(session: Session, before: string, sql: string): Promise<unknown> {
  const sent = [
    session.execute(`${BEGIN_OWN}; ${before} ${COMPARABLE}`),
    session.query(sql),
    session.execute("ROLLBACK"),
  ] as const;
  const [begun, facts] = await Promise.allSettled(sent);
  if (begun.status === "rejected") throw begun.reason;
  if (facts.status === "rejected") throw facts.reason;
  const row = facts.value[0]?.row;
  return row === null || row === undefined ? null : jsonAnswer(row, "anything");
}

/** An expression: the oid that `noteSql` saved. */
export const NOTED = "pg_catalog.current_setting('pgstep.relation')::pg_catalog.oid";

/** Saves the oid that a name refers to in the file's search path, before that changes or a copy takes the name. */
export function noteSql(name: string | undefined): string {
  return `SELECT pg_catalog.set_config('pgstep.relation', COALESCE(pg_catalog.to_regclass(${quoteText(name ?? "")})::pg_catalog.oid::pg_catalog.text, '0'), true);`;
}

/**
 * Builds the index on an empty copy with the table's name, as names of indexes begin with that. A temporary index takes
 * its tablespace from temp_tablespaces.
 */
function trialSql(about: ConcurrentCreate, trials: number): string {
  if (trials === 0) return "";
  const copy = copyOf(about);
  return `SELECT pg_catalog.set_config('temp_tablespaces', CASE WHEN ${equals("pg_catalog.current_setting('default_tablespace')", "''")} THEN '' ELSE pg_catalog.quote_ident(pg_catalog.current_setting('default_tablespace')) END, true);
CREATE TEMPORARY TABLE ${copy} (LIKE ${about.table}) USING heap;
${`${about.on(copy)}\n;`.repeat(trials)}`;
}

function copyOf({ tableName }: ConcurrentCreate): string {
  return `pg_temp.${quoteIdentifier(tableName)}`;
}

/** Makes the server spell every definition the same way, as pg_dump does. */
export const COMPARABLE = [
  "SET LOCAL search_path = pg_catalog, pg_temp",
  "SET LOCAL standard_conforming_strings = on",
  "SET LOCAL quote_all_identifiers = off",
  "SET LOCAL DateStyle = ISO",
  "SET LOCAL IntervalStyle = postgres",
  "SET LOCAL TimeZone = UTC",
  "SET LOCAL extra_float_digits = 1",
  "SET LOCAL bytea_output = hex",
].join("; ");

function factsSql(about: ConcurrentCreate, tried: boolean): string {
  const copy = `pg_catalog.to_regclass(${quoteText(copyOf(about))})::pg_catalog.oid`;
  const described = (table: string) => `SELECT i.indexrelid::text AS oid, c.relname::text AS name,
 pg_catalog.format('%I.%I', n.nspname, c.relname) AS qualified, i.indisvalid AS valid, ${DEFINITION} AS definition,
 ${builderSql("i.indrelid", "i.indexrelid")} AS builder ${INDEXES} WHERE i.indrelid = ${table} AND c.relkind = 'i'`;
  const taken = `EXISTS (SELECT FROM pg_class o JOIN pg_class real ON real.relnamespace = o.relnamespace WHERE real.oid = ${NOTED} AND o.relname = c.relname)`;
  const crowded = `EXISTS (SELECT FROM pg_class o WHERE o.relnamespace = pg_my_temp_schema() AND o.oid <> ${copy}
 AND NOT EXISTS (SELECT FROM pg_index own WHERE own.indexrelid = o.oid AND own.indrelid = ${copy}))`;
  const trial = `(SELECT pg_catalog.json_build_object('definition', min(${DEFINITION}), 'name', min(c.relname) FILTER (WHERE NOT ${taken}), 'crowded', ${crowded})
 ${INDEXES} WHERE i.indrelid = ${copy})`;
  return `SELECT pg_catalog.json_build_object('indexes', COALESCE((SELECT pg_catalog.json_agg(described) FROM (${described(NOTED)}) AS described), '[]'),
 'builder', ${builderSql(NOTED, "0")}${tried ? `, 'trial', ${trial}` : ""})::text AS row`;
}

const INDEXES = `FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
 JOIN pg_namespace n ON n.oid = c.relnamespace`;

/** The server's definition of an index without the names, and the tablespace, which the definition omits. */
const DEFINITION = `(SELECT CASE WHEN starts_with(whole, head) THEN concat(CASE WHEN i.indisunique THEN 'UNIQUE ' END, substr(whole, length(head) + 1), ' TABLESPACE ', c.reltablespace) END
 FROM (SELECT pg_get_indexdef(i.indexrelid) AS whole, format('CREATE %sINDEX %I ON %s.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, c.relname,
 CASE WHEN n.oid = pg_my_temp_schema() THEN 'pg_temp' ELSE quote_ident(n.nspname) END, t.relname) AS head) AS spelled)`;

/**
 * An expression for the session that may be building an index, in words; NULL if there is none. A CONCURRENTLY build
 * holds SHARE UPDATE EXCLUSIVE on its table until it ends, which every role can see. The progress of another role is
 * hidden, so it is unknown which index the holder builds, if any; but VACUUM, ANALYZE and autovacuum (which has no
 * user) build none. REINDEX also locks the indexes.
 * @param table an expression for its oid
 * @param index an expression for its oid; 0 for an index that is not in the catalog yet
 */
export function builderSql(table: string, index: string): string {
  const oid = (expression: string) => `(${expression})::pg_catalog.oid`;
  const elsewhere = ["vacuum", "analyze"].map(
    (command) => `EXISTS (SELECT FROM pg_catalog.pg_stat_progress_${command} other WHERE other.pid = l.pid)`,
  );
  return `(SELECT pg_catalog.min(pg_catalog.concat('process ', l.pid, ', user ' || a.usename)) FROM pg_catalog.pg_locks l
 LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 LEFT JOIN pg_catalog.pg_stat_progress_create_index p ON p.pid = l.pid
 WHERE l.locktype = 'relation' AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()
 AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
 AND (l.relation = ${oid(index)} OR l.relation = ${oid(table)} AND a.usesysid IS NOT NULL
  AND CASE WHEN p.pid IS NULL THEN NOT (${elsewhere.join(" OR ")}) ELSE p.index_relid IS NULL OR p.index_relid = ${oid(index)} END))`;
}
