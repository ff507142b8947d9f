import { createHash } from "node:crypto";
import type { Settings } from "../../core/configuration/settings.ts";
import type { SessionHolder } from "../../core/reports/other-sessions.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { equals } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import { isoText } from "../history/history-table.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";

/** The first key of pgstep's advisory locks: "pgst" in ASCII, so that a DBA finds them in pg_locks. */
const LOCK_CLASS = 0x70677374;

/** The two keys of the advisory lock as SQL, separated by a comma; the second differs for each history table. */
export function lockKeys({ schema, table }: Settings): string {
  return keysOf(`${schema}.${table}`);
}

function keysOf(subject: string): string {
  const second = createHash("sha256").update(subject, "utf8").digest().readInt32BE(0);
  return `${LOCK_CLASS}, ${second}`;
}

/** The keys of the lock of a shadow database, in the same form. */
export const SHADOW_KEYS = keysOf("shadow database");

/** A condition: this session has the advisory lock with these keys. */
export function hasKey(keys: string): string {
  return `EXISTS (SELECT ${heldLocks(keys)} AND ${equals("l.pid", "pg_catalog.pg_backend_pid()")})`;
}

/** The session that has the advisory lock with these keys; undefined if none has. */
export async function findKeyHolder(session: Session, keys: string): Promise<SessionHolder | undefined> {
  const [row] = await session.query(
    readSql(`SELECT pg_catalog.json_build_object('pid', l.pid, 'user', a.usename, 'application', NULLIF(a.application_name, ''),
 'address', pg_catalog.host(a.client_addr), 'connectedAt', ${isoText("pg_catalog.timezone('UTC', a.backend_start)")})::text AS holder
 ${heldLocks(keys)}`),
  );
  return row && { kind: "session", ...jsonAnswer<Omit<SessionHolder, "kind">>(row.holder, HOLDER) };
}

const HOLDER: Shape = { pid: "number?", user: "text?", application: "text?", address: "text?", connectedAt: "text?" };

/** FROM and WHERE of the granted advisory lock with these keys, as `l` with its activity `a`; the keys are unsigned there. */
function heldLocks(keys: string): string {
  const [first, second] = keys.split(", ").map((key) => `'${Number(key) >>> 0}'::pg_catalog.oid`);
  const database = `(SELECT oid FROM pg_catalog.pg_database WHERE ${equals("datname", "pg_catalog.current_database()")})`;
  const conditions = [
    equals("l.locktype", "'advisory'"),
    "l.granted",
    equals("l.objsubid", "2"),
    equals("l.classid", String(first)),
    equals("l.objid", String(second)),
    equals("l.database", database),
  ];
  return `FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON ${equals("a.pid", "l.pid")} WHERE ${conditions.join(" AND ")}`;
}
