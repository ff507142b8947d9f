import { createHash } from "node:crypto";
import type { DatabaseIdentity } from "../../core/plan/plan-file.ts";
import { quoteText } from "../../core/sql/quote.ts";
import { RESET_MARK } from "../history/journal.ts";
import type { DatabaseState } from "../history/read-state.ts";
import { UNEXPIRED } from "../lock/lease-table.ts";
import { lockKeys } from "../lock/lock-key.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { Run } from "../step/session-settings.ts";

const AGAIN = "Make a new script: pgstep plan --sql.";

/**
 * The beginning of a script: it takes the lock of a run, and refuses another database, another history, other records of
 * repeatable migrations, a migration that was begun meanwhile, and an unfinished run of another pgstep through a pooler.
 */
export function guardsSql(run: Run, identity: DatabaseIdentity, planned: RunPlan): string[] {
  const { context, names } = run;
  return [
    run.sessionSettings.trim(),
    ...refusalSql(
      isDatabase(identity),
      "this script is for another database",
      "Make a script for this one: pgstep plan --sql.",
    ),
    ...refusalSql(
      "NOT pg_catalog.pg_is_in_recovery()",
      "the server is a standby in recovery",
      "Connect to the primary.",
    ),
    ...refusalSql(
      `pg_catalog.pg_try_advisory_lock(${lockKeys(context.settings)})`,
      "another run holds the lock",
      "Wait until it has ended.",
    ),
    // Through a transaction pooler a run has a lease instead of the lock.
    ...rowRefusalSql(
      names.lease,
      `AS held WHERE name = 'run' AND ${UNEXPIRED}`,
      "another run has a lease",
      "Wait until it has ended.",
    ),
    ...refusalSql(isHistory(run, planned.state), "the history is not as it was planned", AGAIN),
    ...begunSql(run, planned),
    ...refusalSql(areRecords(run, planned), "the records of repeatable migrations are not as they were planned", AGAIN),
    "",
  ];
}

function isDatabase({ name, oid, system }: DatabaseIdentity): string {
  const isOid = `(SELECT oid::text FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) = '${oid}'`;
  const isNamed = `pg_catalog.current_database() = ${quoteText(name)}`;
  if (system === null) return `${isOid} AND ${isNamed}`;
  return `${isOid} AND ${isNamed} AND (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) = '${system}'`;
}

/** The history with the versions and checksums of the plan. */
function isHistory({ names }: Run, { columns, history, historyExists }: DatabaseState): string {
  if (!historyExists) return isMissing(names.history);
  const hasChecksum = columns.some(({ name }) => name === "checksum");
  const rows = history.map(({ version, checksum }): Row => [version, hasChecksum ? checksum : null]);
  return hasRows(names.history, ["version", hasChecksum ? "checksum" : "NULL"], rows);
}

/** The records that decide which repeatable migrations are applied. */
function areRecords({ names }: Run, { state, around }: RunPlan): string {
  if (!state.repeatableExists) return isMissing(names.repeatable);
  const rows = around.records.map(({ name, checksum }): Row => [name, checksum]);
  return hasRows(names.repeatable, ["name", "checksum"], rows);
}

/** A migration that another run has begun statement by statement since, or a reset. */
function begunSql({ names }: Run, { scripts }: RunPlan): string[] {
  const versions = [...scripts.map(({ step }) => step.version), RESET_MARK].map(quoteText);
  const where = `WHERE version = ANY (ARRAY[${versions.join(", ")}]::text[])`;
  return rowRefusalSql(names.journal, where, "another run was interrupted", "See what it left: pgstep status.");
}

type Row = readonly [key: string, checksum: string | null];

/** A condition: a table has exactly these rows, by a digest that the server computes as well. */
function hasRows(table: string, [key, checksum]: readonly [string, string], rows: readonly Row[]): string {
  const line = `${key} || ' ' || COALESCE(${checksum}, '')`;
  const lines = `COALESCE(pg_catalog.string_agg(${line}, E'\\n' ORDER BY ${key} COLLATE "C"), '')`;
  const digest = `pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${lines}, 'UTF8')), 'hex')`;
  return `(SELECT ${digest} FROM ONLY ${table}) = '${digestOf(rows)}'`;
}

function digestOf(rows: readonly Row[]): string {
  const sorted = [...rows].sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  const lines = sorted.map(([key, checksum]) => `${key} ${checksum ?? ""}`);
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}

function isMissing(table: string): string {
  return `pg_catalog.to_regclass(${quoteText(table)}) IS NULL`;
}

/** Refuses if a table exists and has such a row. */
function rowRefusalSql(table: string, where: string, reason: string, hint: string): string[] {
  const query = quoteText(`SELECT EXISTS (SELECT FROM ONLY ${table} ${where})`);
  return [
    `DO $pgstep$ DECLARE found boolean; BEGIN IF ${isMissing(table)} THEN RETURN; END IF; EXECUTE ${query} INTO found;`,
    `IF found THEN ${raised(reason, hint)} END IF; END $pgstep$;`,
  ];
}

function refusalSql(condition: string, reason: string, hint: string): string[] {
  return [`DO $pgstep$ BEGIN IF NOT (${condition}) THEN ${raised(reason, hint)} END IF; END $pgstep$;`];
}

function raised(reason: string, hint: string): string {
  return `RAISE EXCEPTION 'Cannot run this script: ${reason}' USING HINT = '${hint} Nothing was changed.';`;
}
