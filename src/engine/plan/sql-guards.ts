import type { DatabaseIdentity } from "../../core/plan/plan-file.ts";
import { quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import { UNEXPIRED } from "../lock/lease-table.ts";
import { lockKeys } from "../lock/lock-key.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { DatabaseContext } from "../session/context.ts";
import { ownSettings } from "../session/own-settings.ts";
import { historyDigest } from "./contents.ts";

/** A run to write as a script, and its database. */
export interface ScriptSource {
  readonly planned: RunPlan;
  readonly identity: DatabaseIdentity;
  readonly singleTransaction: boolean;
}

/**
 * The beginning of a script: it takes the lock of a run, and refuses another database, another history, and an unfinished
 * run of another pgstep behind a pooler.
 */
export function guardsSql(context: DatabaseContext, session: Session, { identity, planned }: ScriptSource): string[] {
  const { history, lease } = tableNames(context.settings);
  const { state } = planned;
  const hasChecksum = state.columns.some(({ name }) => name === "checksum");
  const row = `version || ' ' || ${hasChecksum ? "COALESCE(checksum, '')" : "''"}`;
  const rows = `pg_catalog.convert_to(COALESCE(pg_catalog.string_agg(${row}, E'\\n' ORDER BY version COLLATE "C"), ''), 'UTF8')`;
  const digest = `pg_catalog.encode(pg_catalog.sha256(${rows}), 'hex')`;
  const isSame = state.historyExists
    ? `(SELECT ${digest} FROM ONLY ${history}) = '${historyDigest(state, hasChecksum)}'`
    : `pg_catalog.to_regclass(${quoteText(history)}) IS NULL`;
  const system =
    identity.system === null
      ? ""
      : ` AND (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) = '${identity.system}'`;
  const database = `(SELECT oid::text FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) = '${identity.oid}' AND pg_catalog.current_database() = ${quoteText(identity.name)}${system}`;
  return [
    `${ownSettings(session)}SET client_encoding = 'UTF8';`,
    ...refusalSql(database, "this script is for another database", "Make a script for this one: pgstep plan --sql."),
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
    ...leaseSql(lease),
    ...refusalSql(isSame, "the history is not as it was planned", "Make a new script: pgstep plan --sql."),
    "",
  ];
}

/** Behind a transaction pooler a run has a lease instead of the lock. */
function leaseSql(lease: string): string[] {
  const held = `SELECT EXISTS (SELECT FROM ONLY ${lease} AS held WHERE name = 'run' AND ${UNEXPIRED})`;
  return [
    `DO $pgstep$ DECLARE held boolean; BEGIN IF pg_catalog.to_regclass(${quoteText(lease)}) IS NULL THEN RETURN; END IF; EXECUTE ${quoteText(held)} INTO held;`,
    `IF held THEN ${raised("another run has a lease", "Wait until it has ended.")} END IF; END $pgstep$;`,
  ];
}

function refusalSql(condition: string, reason: string, hint: string): string[] {
  return [`DO $pgstep$ BEGIN IF NOT (${condition}) THEN ${raised(reason, hint)} END IF; END $pgstep$;`];
}

function raised(reason: string, hint: string): string {
  return `RAISE EXCEPTION 'Cannot run this script: ${reason}' USING HINT = '${hint} Nothing was changed.';`;
}
