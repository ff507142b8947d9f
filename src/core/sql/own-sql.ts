/**
 * pgstep's own statements must not depend on the defaults of the role, the database or the server:
 * - serializable and deferrable together make each read of a read-only transaction wait for a safe snapshot, without
 *   limit; at any other level deferrable has no effect;
 * - the timeouts are for applications: they would cancel pgstep's own reads, or end a session that scans a large file;
 * - `exit_on_error` ends the session at the first error, and pgstep continues after errors that it expects;
 * - the search path selects operators and functions, and a user may have an operator = or a function count() in it.
 */
const SETTINGS = [
  ["default_transaction_isolation", "read committed"],
  ["statement_timeout", "0"],
  ["idle_session_timeout", "0"],
  ["exit_on_error", "off"],
] as const;

type SessionSetting = readonly [name: string, value: string];

/** The settings of pgstep's own sessions. @param serverVersion as `Backend` has it */
function ownSettings(serverVersion: number): readonly SessionSetting[] {
  return serverVersion >= 170000 ? [...SETTINGS, ["transaction_timeout", "0"]] : SETTINGS;
}

/** Repeats the settings after a RESET ALL; each statement ends in a semicolon and a space. */
export function ownSettingsSql(serverVersion: number): string {
  return ownSettings(serverVersion)
    .map(([name, value]) => `SET ${name} = '${value}'; `)
    .join("");
}

/** A search path for pgstep's own SQL: the system's objects first, the user's temporary objects last. */
export const OWN_SEARCH_PATH = "pg_catalog,pg_temp";

const READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;";
const OWN_PATH = `SET LOCAL search_path=${OWN_SEARCH_PATH};`;

/**
 * One message that reads in its own transaction, with the mode and the settings it needs: the session may belong to a
 * transaction pooler, where nothing else is reliable. Must not be sent inside a transaction. Table names must include
 * their schema, and type names are returned with theirs.
 */
export function readSql(query: string): string {
  return readInUsersPathSql(inOwnPathSql(query));
}

/** A query with pgstep's search path, for the rest of the transaction if it is inside of one. */
export function inOwnPathSql(query: string): string {
  return `${OWN_PATH}${query}`;
}

/** Begins the message of a query that must not disturb the database: the query gives up rather than wait. */
export const BRIEFLY = "SET LOCAL lock_timeout=100;SET LOCAL statement_timeout=5000;";

/** The same for a query that looks up names as the user's statements do. */
export function readInUsersPathSql(query: string): string {
  return `${READ_COMMITTED}SET LOCAL statement_timeout=0;SET LOCAL exit_on_error=off;${query}`;
}

/**
 * Applies the settings at the start of a session: for the whole session if the backend is the one that announced itself
 * at log-in, and only for this transaction behind a transaction pooler, where other clients share the session.
 * @param processId the announced one
 */
export function beginSessionSql(serverVersion: number, processId: number): string {
  const values = ownSettings(serverVersion).map(([name, value]) => `('${name}','${value}')`);
  return `${READ_COMMITTED}${OWN_PATH}SELECT count(set_config(n,v,pg_backend_pid()<>${processId}))FROM(VALUES${values.join(",")})s(n,v)`;
}
