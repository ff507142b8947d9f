import type { Settings } from "../../core/configuration/settings.ts";
import { Failure } from "../../core/failure/failure.ts";
import type { Applied, Unfinished } from "../../core/migrations/history.ts";
import { requirePinned } from "../../core/migrations/history-pin.ts";
import { sqlName } from "../../core/reports/diagnosis.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { checkHistoryShape, checkShapeBeside, type TableColumn } from "./history-shape.ts";
import { nameOf, plainName, TABLES_BESIDE, type TableNames, tableNames } from "./history-table.ts";
import { AFTER_UP_MARK, IMPORT_MARK, isMark, RESET_MARK } from "./journal.ts";
import { protectedBySettingSql, protectionTableSql } from "./protection.ts";
import { cannotRead, type ExpectedHistory, readHistory, readWithJournal } from "./read-history.ts";
import {
  READ_ONLY_SHAPE,
  READ_ONLY_SQL,
  type ReadOnly,
  readOnlyByDefault,
  type SettingOrigin,
  STANDBY,
} from "./read-only.ts";
import { isShadowNote, MAY_BE_SHADOW, readShadowNote } from "./shadow-note.ts";

/** The state of the database that a run needs to plan; reading it writes nothing. */
export interface DatabaseState {
  /** The database's own name, as `reset --confirm` wants it. */
  readonly name: string;
  readonly role: string;
  readonly processId: number;
  /** The start time of the backend, as the server spells it; with the process id it identifies the backend. */
  readonly backendStart: string;
  /** Undefined if the database accepts writes. */
  readonly readOnly: ReadOnly | undefined;
  readonly schemaExists: boolean;
  readonly historyExists: boolean;
  /** The history's name as SQL to copy from a message. */
  readonly historyName: string;
  /** The privileges that the role lacks on the history; none if there is no history. */
  readonly lackingPrivileges: readonly TablePrivilege[];
  readonly columns: readonly TableColumn[];
  /** True if a run has ever used a transaction pooler. */
  readonly leaseExists: boolean;
  /** The default of the role or the database; 0 for none. */
  readonly statementTimeoutMs: number;
  readonly history: readonly Applied[];
  readonly unfinished: readonly Unfinished[];
  readonly resetUnfinished: boolean;
  /** True if a hook after an `up` failed or was cut off, and has not run since. */
  readonly afterUpUnfinished: boolean;
  /** True if a repeatable migration has ever been applied. */
  readonly repeatableExists: boolean;
  /** True if the database is protected from commands that delete or undo much of it. */
  readonly isProtected: boolean;
  /** True if the history was imported from another tool's, whose table was kept. */
  readonly isImported: boolean;
  /** True if a check uses the database as a shadow, or was killed there. */
  readonly isShadow: boolean;
  /** True if a file has ever run outside of a transaction, or a mark was set. */
  readonly journalExists: boolean;
  /** How many locks all transactions together can hold. */
  readonly lockCapacity: number;
}

/**
 * Reads the state of the database and its history: one round trip, two if there is a journal.
 * @param expected rows that need not travel if the history has them
 * @throws Failure history-foreign when a table is another tool's, history-conflict when the history disagrees with a pin,
 *   privilege-missing and statement-failed when a table cannot be read
 */
export async function readState(
  session: Session,
  settings: Settings,
  expected: ExpectedHistory = { rows: [], slices: 1 },
): Promise<DatabaseState> {
  const names = tableNames(settings);
  const factsSent = session.query(readSql(factsSql(settings, names)));
  const rowsSent = readHistory(session, names, expected);
  // If reading the facts fails, nobody awaits the rows.
  rowsSent.catch(() => {});
  const facts = jsonAnswer<Facts>((await factsSent)[0]?.row, FACTS);
  const rows = await rowsSent;
  const { role } = facts;
  const tables = facts.tables ?? {};
  const tableOf = (table: OwnTable) => tables[OWN_TABLES.indexOf(table) + 1];
  const found = tableOf("history");
  const columns = found ? columnsOf(found) : [];
  const historyExists = found !== undefined;
  if (found) checkHistoryShape(settings, found[0], columns);
  for (const table of TABLES_BESIDE) {
    const beside = tableOf(table);
    if (beside) checkShapeBeside(names, table, beside[0], columnsOf(beside));
  }
  if (rows instanceof ServerFailure && (historyExists || !MISSING.has(rows.server.code))) {
    throw cannotRead(names.history, role, rows);
  }
  const { history, journal } = tableOf("journal")
    ? await readWithJournal(session, names, historyExists ? expected : undefined, role)
    : { history: rows instanceof ServerFailure ? [] : rows, journal: [] };
  requirePinned(settings.pin, history);
  return {
    name: facts.database,
    role,
    backendStart: facts.started ?? "",
    processId: facts.pid,
    readOnly: readOnlyOf(facts),
    schemaExists: facts.schema,
    historyExists,
    historyName: plainName(names.history),
    lackingPrivileges: found?.[2] ?? [],
    columns,
    leaseExists: tableOf("lease") !== undefined,
    statementTimeoutMs: Number(facts.timeout),
    history,
    unfinished: journal.filter(({ version }) => !isMark(version)),
    resetUnfinished: journal.some(({ version }) => version === RESET_MARK),
    afterUpUnfinished: journal.some(({ version }) => version === AFTER_UP_MARK),
    repeatableExists: tableOf("repeatable") !== undefined,
    isProtected: facts.protected || tables[PROTECTION_TABLE] !== undefined,
    isImported: journal.some(({ version }) => version === IMPORT_MARK),
    isShadow: facts.shadow && isShadowNote(await readShadowNote(session)),
    journalExists: tableOf("journal") !== undefined,
    lockCapacity: facts.locks,
  };
}

/** undefined_table, invalid_schema_name. */
const MISSING = new Set(["42P01", "3F000"]);

/** The answer refers to them by position, as the catalog truncates long names. */
const OWN_TABLES = ["history", ...TABLES_BESIDE] as const;
type OwnTable = (typeof OWN_TABLES)[number];
/** The position of the table that protects the database. */
const PROTECTION_TABLE = OWN_TABLES.length + 1;

/** The privileges on a table's rows, other than SELECT. */
export type TablePrivilege = "INSERT" | "UPDATE" | "DELETE";

/**
 * A table in the catalog: its kind (pg_class.relkind), its columns, and the privileges that the role lacks. Lists keep
 * the answer short, as each run reads it.
 */
type TableFacts = readonly [
  kind: string,
  columns: readonly ColumnFacts[] | null,
  lacking: readonly TablePrivilege[] | null,
];
type ColumnFacts = readonly [name: string, type: string, isRequired: boolean, isUnique: boolean];

function columnsOf([, columns]: TableFacts): TableColumn[] {
  return (columns ?? []).map(([name, type, required, unique]) => ({ name, type, required, unique }));
}

/** Reads all facts in one snapshot of the catalog. Column types have no length. */
function factsSql({ schema }: Settings, names: TableNames): string {
  const oids = { database: "d.oid", schema: "n.oid" };
  const tables = [...OWN_TABLES.map((table) => quoteText(nameOf(names[table]))), protectionTableSql(names, oids)];
  return `SELECT row_to_json(f)::text AS row FROM(SELECT datname database,current_user AS role,pg_backend_pid()pid,
(SELECT backend_start::text FROM pg_stat_get_activity(pg_backend_pid()))started,pg_is_in_recovery()standby,
${READ_ONLY_SQL}read_only,current_setting('max_locks_per_transaction')::int8*
(current_setting('max_connections')::int+current_setting('max_prepared_transactions')::int)locks,n.oid IS NOT NULL AS schema,
(SELECT reset_val FROM pg_settings WHERE name='statement_timeout')timeout,
${protectedBySettingSql(oids)}protected,
${MAY_BE_SHADOW}shadow,
(SELECT json_object_agg(i,json_build_array(relkind,(SELECT json_agg(json_build_array(attname,format_type(atttypid,NULL),
attnotnull AND NOT atthasdef AND attidentity='',EXISTS(SELECT FROM pg_index WHERE indrelid=c.oid AND indisunique
AND indisvalid AND indimmediate AND indpred IS NULL AND indnkeyatts=1 AND indkey[0]=attnum))ORDER BY attnum)
FROM pg_attribute WHERE attrelid=c.oid AND attnum>0 AND NOT attisdropped),(SELECT json_agg(p)FROM unnest('{INSERT,UPDATE,DELETE}'::text[])p
WHERE NOT has_table_privilege(c.oid,p))))
FROM unnest(ARRAY[${tables.join(",")}]::name[])WITH ORDINALITY w(t,i)JOIN pg_class c ON relname=t WHERE relnamespace=n.oid)tables
FROM pg_database d LEFT JOIN pg_namespace n ON nspname=${quoteText(schema)} WHERE datname=current_database())f`;
}

/** Rows come as JSON texts, so that no type parser or name transform of a caller's own driver touches them. */
interface Facts {
  readonly database: string;
  readonly role: string;
  readonly pid: number;
  readonly started?: string | null;
  readonly standby: boolean;
  readonly read_only?: SettingOrigin | null;
  readonly locks: number;
  readonly schema: boolean;
  readonly timeout: string;
  readonly protected: boolean;
  readonly shadow: boolean;
  /** By position in `OWN_TABLES`, counted from 1; after them the table that protects the database. */
  readonly tables?: Readonly<Record<string, TableFacts>> | null;
}

const FACTS: Shape = {
  database: "text",
  role: "text",
  pid: "number",
  started: "text?",
  standby: "boolean",
  read_only: READ_ONLY_SHAPE,
  locks: "number",
  schema: "boolean",
  timeout: "text",
  protected: "boolean",
  shadow: "boolean",
  tables: [
    "maybe",
    [
      "record of",
      [
        "parts",
        [
          "text",
          ["maybe", ["list of", ["parts", ["text", "text", "boolean", "boolean"]]]],
          ["maybe", ["list of", "text"]],
        ],
      ],
    ],
  ],
};

function readOnlyOf({ standby, read_only: origin, database }: Facts): ReadOnly | undefined {
  if (standby) return STANDBY;
  return origin ? readOnlyByDefault(origin, database) : undefined;
}

/**
 * Refuses a database that accepts no writes, and a history on which the role lacks privileges.
 * @param needed the privileges that the command needs on the history
 * @throws Failure privilege-missing
 */
export function requireWritable(state: DatabaseState, what: string, needed: readonly TablePrivilege[] = []): void {
  const { name, readOnly, lackingPrivileges: lacking, historyName } = state;
  const cannot = `Cannot ${what} ${name}`;
  if (readOnly) throw new Failure("privilege-missing", `${cannot}: ${readOnly.reason}`, { hint: readOnly.hint });
  if (!needed.some((privilege) => lacking.includes(privilege))) return;
  const role = sqlName(state.role);
  throw new Failure("privilege-missing", `${cannot}: the role ${role} lacks ${lacking.join(", ")} on ${historyName}`, {
    hint: `Connect as the owner of ${historyName}, or run: GRANT ${lacking.join(", ")} ON ${historyName} TO ${role};`,
  });
}

/** @throws Failure reset-unfinished */
export function requireNoResetUnfinished(state: DatabaseState, what: string): void {
  if (state.resetUnfinished) {
    throw new Failure("reset-unfinished", `Cannot ${what} ${state.name}: a reset did not finish`, {
      hint: `Finish it first: pgstep reset --confirm ${state.name}.`,
    });
  }
}
