import { createHash } from "node:crypto";
import { requirePinned } from "../core/bundle/pin.ts";
import { Failure } from "../core/error.ts";
import type { Applied, Unfinished } from "../core/history.ts";
import type { Direction } from "../core/migration.ts";
import type { Settings } from "../core/settings.ts";
import { quoteText } from "../core/sql-text.ts";
import type { Row, Session } from "../ports/session.ts";
import { ServerFailure } from "../ports/session.ts";
import { checkHistoryShape, type TableColumn } from "./history-shape.ts";
import { type TableNames, tableNames } from "./history-table.ts";
import { PROTECTED_BY_SETTING, protectedByTableSql } from "./protection-sql.ts";

/** What a run has to know of the database before it plans; reading it writes nothing. */
export interface DatabaseState {
  /** The database's own name, as `reset --confirm` wants it. */
  readonly name: string;
  readonly role: string;
  readonly processId: number;
  /** When the backend began, as the server spells it; with its process id it names this one and no later one. */
  readonly backendStart: string;
  /** Why nothing can be written, in words; undefined when it can. */
  readonly readOnly: string | undefined;
  readonly schemaExists: boolean;
  readonly historyExists: boolean;
  readonly columns: readonly TableColumn[];
  /** Whether a run has ever gone through a transaction pooler. */
  readonly leaseExists: boolean;
  /** For each statement, as the role or the database has it: "0" for none, "30s". */
  readonly statementTimeout: string;
  readonly history: readonly Applied[];
  readonly unfinished: readonly Unfinished[];
  readonly resetUnfinished: boolean;
  /** Whether repeatable objects have ever been applied. */
  readonly repeatableExists: boolean;
  /** Marked so that nothing deletes or undoes much of it. */
  readonly isProtected: boolean;
  /** How many locks all transactions together can hold. */
  readonly lockCapacity: number;
}

/** The version under which the journal keeps the mark of an unfinished reset: no file name can spell it. */
export const RESET_MARK = "reset";

/**
 * Looks at the database and its history: one round trip, one more when a journal is there.
 * @param expected what the history is if nothing is pending; only the versions and checksums count
 * @throws Failure history-foreign when the table is another tool's, history-conflict when it disagrees with a pin
 */
export async function look(
  session: Session,
  settings: Settings,
  expected: readonly Applied[] = [],
): Promise<DatabaseState> {
  const names = tableNames(settings);
  const factsSent = session.query(factsSql(settings, names));
  const rowsSent = readHistory(session, names, expected);
  // When the facts cannot be had, nobody awaits the rows.
  rowsSent.catch(() => {});
  const facts = fromJson((await factsSent)[0]);
  const rows = await rowsSent;
  const columns = (facts.columns ?? []) as TableColumn[];
  const historyExists = facts.history === true;
  if (historyExists) checkHistoryShape(settings, String(facts.kind), columns);
  if (historyExists && rows instanceof ServerFailure) throw cannotRead(settings, String(facts.role), rows);
  const history = rows instanceof ServerFailure ? [] : rows;
  requirePinned(settings.pin, history);
  const journal = facts.journal === true ? await readJournal(session, names) : [];
  return {
    name: String(facts.database),
    role: String(facts.role),
    backendStart: String(facts.backend_start),
    processId: Number(facts.pid),
    readOnly: readOnlyReason(facts),
    schemaExists: facts.schema === true,
    historyExists,
    columns,
    leaseExists: facts.lease === true,
    statementTimeout: String(facts.statement_timeout),
    history,
    unfinished: journal.filter((one) => one.version !== RESET_MARK),
    resetUnfinished: journal.some((one) => one.version === RESET_MARK),
    repeatableExists: facts.repeatable === true,
    isProtected: facts.protected === true,
    lockCapacity: Number(facts.lock_capacity),
  };
}

/** The name is looked up in what is true now, the rest in the snapshot: a table made in between is not there yet. */
function factsSql(settings: Settings, names: TableNames): string {
  const history = `pg_catalog.to_regclass(${quoteText(names.history)})`;
  return `SELECT pg_catalog.row_to_json(facts)::text AS row FROM (SELECT pg_catalog.current_database()::text AS database, current_user::text AS role,
 pg_catalog.pg_backend_pid() AS pid,
 (SELECT backend_start::text FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()) AS backend_start, pg_catalog.pg_is_in_recovery() AS standby,
 pg_catalog.current_setting('default_transaction_read_only') AS read_only,
 pg_catalog.current_setting('max_locks_per_transaction')::int8 * (pg_catalog.current_setting('max_connections')::int8
   + pg_catalog.current_setting('max_prepared_transactions')::int8) AS lock_capacity,
 EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = ${quoteText(settings.schema)}) AS schema,
 EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = ${history}) AS history,
 (SELECT relkind FROM pg_catalog.pg_class WHERE oid = ${history}) AS kind,
 pg_catalog.to_regclass(${quoteText(names.journal)}) IS NOT NULL AS journal,
 pg_catalog.to_regclass(${quoteText(names.lease)}) IS NOT NULL AS lease,
 pg_catalog.current_setting('statement_timeout') AS statement_timeout,
 pg_catalog.to_regclass(${quoteText(names.repeatable)}) IS NOT NULL AS repeatable,
 (${PROTECTED_BY_SETTING} OR ${protectedByTableSql(names)}) AS protected,
 (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname,
     'type', pg_catalog.format_type(a.atttypid, NULL), 'required', a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
     'unique', EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique
       AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)) ORDER BY a.attnum)
   FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = ${history} AND a.attnum > 0 AND NOT a.attisdropped) AS columns) AS facts`;
}

/**
 * The rows; sent before it is known whether the table exists, to save a round trip. When they are just as expected the
 * server says only that, by a digest: ten thousand rows need not travel to learn that nothing is pending.
 */
async function readHistory(
  session: Session,
  { history }: TableNames,
  expected: readonly Applied[],
): Promise<readonly Applied[] | ServerFailure> {
  const row = `pg_catalog.json_build_object('version', version, 'applied_at', applied_at, 'description', description,
 'checksum', checksum, 'duration_ms', duration_ms, 'applied_by', applied_by, 'tool_version', tool_version,
 'has_down', down_script IS NOT NULL)`;
  const digest = `pg_catalog.md5(pg_catalog.string_agg(version || ':' || COALESCE(checksum, ''), ',' ORDER BY version COLLATE "C"))`;
  try {
    const rows = await session.query(
      `WITH compared AS MATERIALIZED (SELECT COALESCE(${digest} = '${digestOf(expected)}', false) AS same FROM ${history})
 ${listed(row, `${history} WHERE NOT (SELECT same FROM compared)`)}
 UNION ALL SELECT '"as expected"' FROM compared WHERE same`,
    );
    return rows[0]?.row === '"as expected"' ? expected : rows.flatMap(toHistory);
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    return error.server.code === UNDEFINED_COLUMN ? readIncompleteHistory(session, history) : error;
  }
}

const UNDEFINED_COLUMN = "42703";

/** Rows in lists of so many: each row alone costs its receiver several times as much. */
const LIST_LENGTH = 1_000;

/** The query for a JSON value of each row, in lists. */
function listed(value: string, from: string): string {
  return `SELECT pg_catalog.json_agg(pgstep_value)::text AS row FROM (SELECT ${value} AS pgstep_value,
 (pg_catalog.row_number() OVER () - 1) / ${LIST_LENGTH} AS pgstep_list FROM ${from}) AS pgstep_values GROUP BY pgstep_list`;
}

/** The rows of a table that pgstep has not written to yet, whatever columns it has. */
async function readIncompleteHistory(session: Session, history: string): Promise<readonly Applied[] | ServerFailure> {
  try {
    const rows = await session.query(
      listed(
        `pg_catalog.to_jsonb(pgstep_row) - 'down_script' || pg_catalog.jsonb_build_object('has_down',
 pg_catalog.to_jsonb(pgstep_row) ->> 'down_script' IS NOT NULL)`,
        `${history} AS pgstep_row`,
      ),
    );
    return rows.flatMap(toHistory);
  } catch (error) {
    if (error instanceof ServerFailure) return error;
    throw error;
  }
}

function digestOf(history: readonly Applied[]): string {
  const lines = history.map(({ version, checksum }) => `${version}:${checksum ?? ""}`);
  return createHash("md5").update(lines.sort().join(","), "utf8").digest("hex");
}

async function readJournal(session: Session, { journal }: TableNames): Promise<Unfinished[]> {
  const rows = await session.query(`SELECT DISTINCT version, direction FROM ${journal}`);
  return rows.map((row) => ({ version: String(row.version), direction: row.direction as Direction }));
}

/** Rows come as JSON texts, so that no type parser or name transform of a caller's own driver touches them. */
function fromJson(row: Row | undefined): Record<string, unknown> {
  return JSON.parse(String(row?.row)) as Record<string, unknown>;
}

function toHistory(row: Row): Applied[] {
  return (JSON.parse(String(row.row)) as Record<string, unknown>[]).map((values) => ({
    version: String(values.version),
    appliedAt: textOrNull(values.applied_at) ?? "",
    description: textOrNull(values.description),
    checksum: textOrNull(values.checksum),
    durationMs: values.duration_ms === null || values.duration_ms === undefined ? null : Number(values.duration_ms),
    appliedBy: textOrNull(values.applied_by),
    toolVersion: textOrNull(values.tool_version),
    hasDownScript: values.has_down === true,
  }));
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function readOnlyReason(facts: Record<string, unknown>): string | undefined {
  if (facts.standby === true) return "the server is a standby in recovery";
  if (facts.read_only === "on") return "transactions are read-only here (default_transaction_read_only is on)";
  return undefined;
}

function cannotRead(settings: Settings, role: string, cause: ServerFailure): Failure {
  return new Failure("privilege-missing", `Cannot read ${settings.schema}.${settings.table}: ${cause.server.message}`, {
    hint: `Connect as its owner, or GRANT SELECT, INSERT, UPDATE, DELETE ON ${settings.schema}.${settings.table} TO ${role}.`,
    server: cause.server,
    cause,
  });
}

/**
 * Refuses to write to what cannot be written to.
 * @throws Failure privilege-missing, reset-unfinished
 */
export function requireWritable(state: DatabaseState, what: string): void {
  if (state.readOnly) {
    throw new Failure("privilege-missing", `Cannot ${what} ${state.name}: ${state.readOnly}`, {
      hint: "Connect to the primary, as a role that may write.",
    });
  }
}

/** @throws Failure reset-unfinished */
export function requireNoResetUnfinished(state: DatabaseState, what: string): void {
  if (state.resetUnfinished) {
    throw new Failure("reset-unfinished", `Cannot ${what} ${state.name}: a reset was begun and did not end`, {
      hint: `Finish it first: pgstep reset --confirm ${state.name}.`,
    });
  }
}
