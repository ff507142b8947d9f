import type { Settings } from "../../core/configuration/settings.ts";
import { EMPTY_CHECKSUM } from "../../core/migrations/emptiness.ts";
import type { Step } from "../../core/migrations/plan.ts";
import { sqlName } from "../../core/reports/diagnosis.ts";
import { equals, quoteIdentifier, quoteText } from "../../core/sql/quote.ts";

/** The SQL names of pgstep's tables, quoted and with their schema. */
export interface TableNames {
  readonly schema: string;
  readonly history: string;
  /** The journal of statements that run outside a transaction, and the mark of an unfinished reset. */
  readonly journal: string;
  /** The lease: who may run migrations behind a transaction pooler. */
  readonly lease: string;
  /** Seeds that have run, and run only once. */
  readonly seeds: string;
  /** The checksums of the applied repeatable migrations. */
  readonly repeatable: string;
  /**
   * An SQL expression: the name of the table whose mere existence protects this database. It ends in the database's oid,
   * so that the table has no effect in a database that was restored from a dump.
   */
  readonly protection: string;
  /** The name of that table without the oid. */
  readonly protectionStem: string;
}

/** pgstep's other tables, each with the columns it has had since its first version. */
export const COLUMNS_BESIDE = {
  journal: ["version", "direction", "statement", "hash", "started_at", "finished_at"],
  lease: ["name", "owner", "fencing", "expires_at", "holder"],
  seeds: ["name", "checksum", "applied_at"],
  repeatable: ["name", "checksum", "applied_at", "views"],
} as const;

export type TableBeside = keyof typeof COLUMNS_BESIDE;
export const TABLES_BESIDE = Object.keys(COLUMNS_BESIDE) as readonly TableBeside[];

/** A table's name for messages, as `schema.table`, with quotes only where SQL needs them. */
export function plainName(quoted: string): string {
  return quoted.replace(/"((?:[^"]|"")*)"/g, (_, name: string) => sqlName(name.replaceAll('""', '"')));
}

/** The name of a table without its schema, as in the catalog. */
export function nameOf(quoted: string): string {
  const [, name = ""] = /"((?:[^"]|"")*)"$/.exec(quoted) ?? [];
  return name.replaceAll('""', '"');
}

export function tableNames({ schema, table }: Settings): TableNames {
  // PostgreSQL truncates names to 63 bytes; without its suffix, a name would be the history's own.
  const beside = (suffix: string) => {
    let stem = table;
    while (Buffer.byteLength(stem) > 63 - suffix.length) stem = [...stem].slice(0, -1).join("");
    return stem + suffix;
  };
  const protectionStem = beside("_protected_4294967295").slice(0, -"4294967295".length);
  const oid = "(SELECT oid::text FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";
  const within = (name: string) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  return {
    schema: quoteIdentifier(schema),
    history: within(table),
    journal: within(beside("_steps")),
    lease: within(beside("_lease")),
    seeds: within(beside("_seeds")),
    repeatable: within(beside("_repeatable")),
    protection: `pg_catalog.format('%I.%I', ${quoteText(schema)}, pg_catalog.concat(${quoteText(protectionStem)}, ${oid}))`,
    protectionStem,
  };
}

/** @param name quoted, or as pg_dump spells it */
export function isOwnTable({ history, journal, lease, seeds, repeatable }: TableNames, name: string): boolean {
  return [history, journal, lease, seeds, repeatable].some((own) => own === name || plainName(own) === name);
}

/** SQL expressions for the names of all of pgstep's tables, whether they exist or not. */
export function ownTablesSql({ history, journal, lease, seeds, repeatable, protection }: TableNames): string[] {
  return [...[history, journal, lease, seeds, repeatable].map(quoteText), protection];
}

/** The three columns of the specification, which a history must have. */
export const HISTORY_COLUMNS = ["version", "applied_at", "description"] as const;

/** The columns that pgstep adds on its first write: name, and type as `format_type` spells it. All nullable. */
export const ADDED_COLUMNS = {
  checksum: "text",
  duration_ms: "bigint",
  applied_by: "text",
  tool_version: "text",
  down_script: "text",
} as const;

/** Creates the history table of the specification, followed by the added columns. */
export function createHistorySql({ schema, history }: TableNames, schemaExists: boolean): string {
  const added = Object.entries(ADDED_COLUMNS).map(([name, type]) => `, ${name} ${type}`);
  const schemaSql = schemaExists ? "" : `CREATE SCHEMA IF NOT EXISTS ${schema};\n`;
  return `${schemaSql}CREATE TABLE IF NOT EXISTS ${history} (version varchar(255) PRIMARY KEY, applied_at timestamp without time zone NOT NULL DEFAULT CURRENT_TIMESTAMP, description text${added.join("")})`;
}

/** Adds the missing columns to a table made by hand or by an older runner. */
export function completeHistorySql({ history }: TableNames, present: readonly string[]): string | undefined {
  const lacking = Object.entries(ADDED_COLUMNS).filter(([name]) => !present.includes(name));
  if (lacking.length === 0) return undefined;
  return `ALTER TABLE ${history} ${lacking.map(([name, type]) => `ADD COLUMN IF NOT EXISTS ${name} ${type}`).join(", ")}`;
}

/** Holds which statements were started and which finished, until the step is complete. */
export function createJournalSql({ journal }: TableNames): string {
  return `CREATE TABLE IF NOT EXISTS ${journal} (version varchar(255) NOT NULL, direction text NOT NULL, statement integer NOT NULL, hash text NOT NULL, started_at timestamp without time zone NOT NULL, finished_at timestamp without time zone, indexes_before text, PRIMARY KEY (version, direction, statement))`;
}

/**
 * SQLSTATEs when two sessions create a table at the same moment, even with IF NOT EXISTS: the table exists, its row
 * type exists, or either violates the catalog's unique index.
 */
export const MADE_BY_ANOTHER: ReadonlySet<string> = new Set(["42P07", "42710", "23505"]);

/** The data recorded with a step. */
export interface Recording {
  readonly checksum: string | null;
  readonly downScript: string | null;
  readonly toolVersion: string;
  /** UTC, without offset, if it is not the current time. */
  readonly appliedAt?: string | undefined;
}

/** The current time, in UTC as in the columns without time zone. */
export const NOW_UTC = "pg_catalog.timezone('UTC', pg_catalog.clock_timestamp())";

/** A UTC timestamp without time zone as ISO 8601, to the second; NULL if it is infinite. */
export function isoText(utc: string): string {
  return `pg_catalog.to_char(${utc}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
}

/** Adds the row of an up step. Its primary key keeps two runs from both applying a migration. */
export function insertRowSql({ history }: TableNames, step: Step, recording: Recording): string {
  return `INSERT INTO ${history} (version, applied_at, description, checksum, applied_by, tool_version, down_script) VALUES (${[
    quoteText(step.version),
    recording.appliedAt === undefined ? NOW_UTC : `${quoteText(recording.appliedAt)}::pg_catalog.timestamp`,
    quoteText(step.description),
    quoteText(recording.checksum),
    "session_user",
    quoteText(recording.toolVersion),
    quoteText(recording.downScript),
  ].join(", ")})`;
}

/** Removes the row of a file that had no statements when applied; fails with the marker "raced" if it is missing. */
export function deleteEmptyRowSql({ history }: TableNames, version: string): string {
  return `WITH removed AS (DELETE FROM ONLY ${history} WHERE ${emptyRowIs(version)} RETURNING 1) ${assertSql(isOne("removed"), "raced")}`;
}

/** True if the history has that row. */
export function emptyRowExists({ history }: TableNames, version: string): string {
  return `EXISTS (SELECT FROM ONLY ${history} WHERE ${emptyRowIs(version)})`;
}

function emptyRowIs(version: string): string {
  return `${versionIs(version)} AND ${equals("checksum", quoteText(EMPTY_CHECKSUM))}`;
}

/**
 * Adds the row at the end of a step.
 * @param isOwn an existing row is replaced: the file's own, of an earlier transaction, or that of a file that was empty
 */
export function recordRowSql(
  names: TableNames,
  step: Step,
  {
    recording,
    durationMs,
    isOwn,
  }: { readonly recording: Recording; readonly durationMs: number; readonly isOwn: boolean },
): string {
  const columns = ["applied_at", "description", "checksum", "applied_by", "tool_version", "down_script"];
  const own = columns.map((column) => `${column} = EXCLUDED.${column}`).join(", ");
  const update = isOwn ? ` ON CONFLICT (version) DO UPDATE SET ${own}` : "";
  return `${insertRowSql(names, step, recording)}${update};\nUPDATE ONLY ${names.history} SET duration_ms = ${Math.round(durationMs)} WHERE ${versionIs(step.version)}`;
}

/**
 * A statement that fails its transaction, by a cast error whose text holds `marker`, unless `condition` holds.
 * The cast must depend on data: a constant would fail while the statement is planned.
 */
export function assertSql(condition: string, marker: string): string {
  return `SELECT (CASE WHEN ${condition} THEN '0' ELSE 'pgstep:${marker}' END)::pg_catalog.int4`;
}

/** True if a WITH query returned exactly one row. */
export function isOne(query: string): string {
  return equals(`(SELECT pg_catalog.count(*) FROM ${query})`, "1");
}

/** A condition: the row has this version, spelled as it was recorded. */
export function versionIs(version: string): string {
  return equals("version", quoteText(version));
}

/** True if the row exists. Rows of tables that inherit from the history are not pgstep's. */
export function rowExists({ history }: TableNames, version: string): string {
  return `EXISTS (SELECT FROM ONLY ${history} WHERE ${versionIs(version)})`;
}

/** Removes the row of a down step. */
export function deleteRowSql({ history }: TableNames, version: string): string {
  return `DELETE FROM ONLY ${history} WHERE ${versionIs(version)}`;
}

/**
 * The history's oid, and the server's count of its rows that this transaction has written so far, as text. The oid
 * matters since another table in its place might by chance have the same count.
 */
function writesSoFar({ history }: TableNames): string {
  // The literal is looked up once, when the statement is parsed; each function would cost a look-up of its own.
  const table = `${quoteText(history)}::pg_catalog.regclass`;
  const count = (what: string) => `pg_catalog.pg_stat_get_xact_tuples_${what}(${table})`;
  const plus = " OPERATOR(pg_catalog.+) ";
  const sum = [count("inserted"), count("updated"), count("deleted")].join(plus);
  return `pg_catalog.concat(${table}::pg_catalog.oid, ' ', ${sum})`;
}

/** Saves the count of rows written so far, for `requireNoOtherRowSql`. Must be sent after the step's own row. */
export function noteWritesSql(names: TableNames): string {
  return `SELECT pg_catalog.set_config('pgstep.writes', ${writesSoFar(names)}, true)`;
}

/**
 * A condition on a row: this transaction has written it. The writer is this transaction or its subtransaction if it is
 * not older (age(xid) counts from the current one) and has not ended: rows of other transactions are visible only after
 * those have ended.
 */
const WRITTEN_HERE = `CASE WHEN pg_catalog.age(xmin) OPERATOR(pg_catalog.>) 0 THEN false ELSE ${equals(
  "pg_catalog.txid_status(pg_catalog.txid_current() OPERATOR(pg_catalog.-) pg_catalog.age(xmin))",
  "'in progress'",
)} END`;

/** True if the row exists, and was not written by this transaction. */
export function rowOfOthers({ history }: TableNames, version: string): string {
  return `EXISTS (SELECT FROM ONLY ${history} WHERE ${versionIs(version)} AND NOT ${WRITTEN_HERE})`;
}

/**
 * A statement that fails its transaction with the marker "other-row" if it wrote rows of the history other than those
 * of `versions`. The server's count usually decides this; otherwise the rows' xmin does, which takes longer with more
 * rows.
 */
export function requireNoOtherRowSql(names: TableNames, versions: readonly string[]): string {
  const own = equals("version", `ANY (ARRAY[${versions.map(quoteText).join(", ")}])`);
  const other = `EXISTS (SELECT FROM ONLY ${names.history} WHERE NOT ${own} AND ${WRITTEN_HERE})`;
  const counted = `${COUNTED} AND ${isCountAsNoted(names)}`;
  return assertSql(`CASE WHEN ${counted} THEN true ELSE NOT ${other} END`, "other-row");
}

/** A statement that fails its transaction with the marker "other-row" if it wrote to the history at all. */
export function requireNoWriteSql(names: TableNames): string {
  return assertSql(`CASE WHEN ${COUNTED} THEN ${isCountAsNoted(names)} ELSE true END`, "other-row");
}

/** True if the server counts written rows. */
const COUNTED = equals("pg_catalog.current_setting('track_counts')", "'on'");

/** True if nothing was written to the history since `noteWritesSql`. */
function isCountAsNoted(names: TableNames): string {
  return equals("pg_catalog.current_setting('pgstep.writes', true)", writesSoFar(names));
}

/** Records the durations of steps, in whole milliseconds. */
export function durationsSql(
  { history }: TableNames,
  steps: readonly { version: string; durationMs: number }[],
): string {
  const values = steps.map(({ version, durationMs }) => `(${quoteText(version)}, ${durationMs})`).join(", ");
  return `UPDATE ONLY ${history} AS h SET duration_ms = took.ms FROM (VALUES ${values}) AS took(version, ms) WHERE ${equals("h.version", "took.version")}`;
}
