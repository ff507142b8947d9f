import type { RunActivity, Share } from "../../core/reports/other-sessions.ts";
import { readSql } from "../../core/sql/own-sql.ts";
import { CONFLICTS, LOCK_MODES } from "../../core/trace/lock-modes.ts";
import type { Session } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { ageMs, BLOCKER, preparedFields, querySql, sessionFields, withBeginning } from "./session-sql.ts";

/** The most that are looked at and reported: a busy table may have hundreds of waiting sessions. */
const MOST_FOUND = 200;
const MOST_REPORTED = 30;

const ACTIVITY: Shape = {
  ...{ state: "text?", query: "text?", ageMs: "number?" },
  progress: [
    "maybe",
    {
      ...{ command: "text", phase: "text?" },
      shares: ["list of", { unit: "text", done: "number", total: "number" }],
    },
  ],
  blockers: ["list of", BLOCKER],
  total: "number",
};

/**
 * Reads the current work of a run's server process, and who holds it up, in one round trip.
 * @throws ServerFailure, ConnectionLost
 */
export async function readActivity(
  session: Session,
  processId: number,
  { settings }: Pick<DatabaseContext, "settings">,
): Promise<RunActivity> {
  const [row] = await session.query(activitySql(processId, querySql(settings)));
  const activity = jsonAnswer<RunActivity>(row?.activity, ACTIVITY);
  return withBeginning({ ...activity, blockers: activity.blockers.map(withBeginning) });
}

/** The activity as JSON. @param query the SQL expression of a session's query */
function activitySql(processId: number, query: string): string {
  return readSql(`WITH RECURSIVE ${blockersSql(processId, query)}
 SELECT json_build_object('state', a.state, 'query', ${query}, 'ageMs', ${ageMs("a.query_start")},
 'progress', (${progressSql(processId)}), 'total', (SELECT count(*) FROM blocker),
 'blockers', (SELECT COALESCE(json_agg(b.blocker), '[]') FROM (SELECT blocker FROM blocker ORDER BY waits, since LIMIT ${MOST_REPORTED}) b))::text AS activity
 FROM (VALUES (${processId})) run(pid) LEFT JOIN pg_stat_activity a ON a.pid = run.pid`);
}

/**
 * The sessions that a process waits for, directly or through others, as `blocker`. A wait for a snapshot, as in CREATE
 * INDEX CONCURRENTLY, is a wait for a lock as well. pg_blocking_pids has 0 for each prepared transaction: their locks
 * show which ones they are. `chain` ends early at the limit, because its rows are computed only as they are needed.
 */
function blockersSql(processId: number, query: string): string {
  return `chain(pid) AS (
 SELECT unnest(pg_blocking_pids(${processId})) UNION SELECT unnest(pg_blocking_pids(c.pid)) FROM chain c WHERE c.pid <> 0),
 found AS MATERIALIZED (SELECT c.pid, pg_blocking_pids(c.pid) AS waits_for FROM (SELECT pid FROM chain LIMIT ${MOST_FOUND}) c
 WHERE c.pid NOT IN (${processId}, pg_backend_pid())),
 prepared AS (${preparedSql(processId)}),
 blocker AS (SELECT f.waits_for <> '{}' AS waits, a.xact_start AS since, json_build_object(${sessionFields({ pid: "f.pid", query, waitsFor: "f.waits_for" })}) AS blocker
 FROM found f LEFT JOIN pg_stat_activity a ON a.pid = f.pid WHERE f.pid <> 0
 UNION ALL SELECT false, p.prepared, json_build_object(${preparedFields("p")}) FROM prepared p)`;
}

/** The prepared transactions that one of the found processes waits for. Only they hold locks without a process. */
function preparedSql(processId: number): string {
  const tag = (of: string) =>
    `(${[
      "locktype",
      "database",
      "relation",
      "page",
      "tuple",
      "virtualxid",
      "transactionid",
      "classid",
      "objid",
      "objsubid",
    ]
      .map((column) => `${of}.${column}`)
      .join(", ")})`;
  const modes = LOCK_MODES.map((mode) => `${mode}Lock`);
  const modeNumber = (of: string) => `array_position('{${modes}}'::text[], ${of}.mode)`;
  return `SELECT DISTINCT x.gid, x.owner, x.prepared FROM pg_locks waiting
 JOIN pg_locks held ON held.pid IS NULL AND held.granted AND ${tag("held")} IS NOT DISTINCT FROM ${tag("waiting")}
 AND strpos(('{${CONFLICTS}}'::text[])[${modeNumber("waiting")}], ${modeNumber("held")}::text) > 0
 JOIN pg_locks own ON own.pid IS NULL AND own.locktype = 'transactionid' AND own.virtualtransaction = held.virtualtransaction
 JOIN pg_prepared_xacts x ON x.transaction = own.transactionid
 WHERE NOT waiting.granted AND (waiting.pid = ${processId} OR waiting.pid IN (SELECT pid FROM found))
 AND EXISTS (SELECT FROM found WHERE pid = 0)`;
}

/** A view pg_stat_progress_*, as `p`: the expressions for its command, its phase, and what is done of which total. */
interface ProgressView {
  readonly view: string;
  readonly command: string;
  readonly phase: string;
  readonly shares: Partial<Record<Share["unit"], readonly [done: string, total: string]>>;
}

const VACUUMED =
  "CASE p.phase WHEN 'scanning heap' THEN p.heap_blks_scanned WHEN 'vacuuming heap' THEN p.heap_blks_vacuumed END";

/** While an index build waits for sessions, the other numbers are those of the phase before; null hides them. */
function unlessWaiting(total: string): string {
  return `CASE WHEN p.lockers_total = 0 THEN ${total} END`;
}

const PROGRESS_VIEWS: readonly ProgressView[] = [
  {
    ...{ view: "create_index", command: "p.command", phase: "p.phase" },
    shares: {
      sessions: ["p.lockers_done", "p.lockers_total"],
      partitions: ["p.partitions_done", unlessWaiting("p.partitions_total")],
      blocks: ["p.blocks_done", unlessWaiting("p.blocks_total")],
      rows: ["p.tuples_done", unlessWaiting("p.tuples_total")],
    },
  },
  {
    ...{ view: "copy", command: "p.command", phase: "NULL" },
    shares: { bytes: ["p.bytes_processed", "p.bytes_total"], rows: ["p.tuples_processed", "0"] },
  },
  {
    ...{ view: "vacuum", command: "'VACUUM'", phase: "p.phase" },
    shares: { blocks: [VACUUMED, `CASE WHEN ${VACUUMED} IS NOT NULL THEN p.heap_blks_total END`] },
  },
  {
    ...{ view: "cluster", command: "p.command", phase: "p.phase" },
    shares: { blocks: ["p.heap_blks_scanned", "p.heap_blks_total"], rows: ["p.heap_tuples_written", "0"] },
  },
  {
    ...{ view: "analyze", command: "'ANALYZE'", phase: "p.phase" },
    shares: {
      partitions: ["p.child_tables_done", "p.child_tables_total"],
      blocks: ["p.sample_blks_scanned", "p.sample_blks_total"],
    },
  },
];

/** A process has one row in one of the views; only its process ID is visible to a role that may not see its activity. */
function progressSql(processId: number): string {
  const views = PROGRESS_VIEWS.map(({ view, command, phase, shares }) => {
    const rows = Object.entries(shares).map(
      ([unit, [done, total]]) => `('${unit}', ${done}::bigint, ${total}::bigint)`,
    );
    return `SELECT ${command} AS command, ${phase} AS phase, (SELECT COALESCE(json_agg(json_build_object('unit', s.unit, 'done', s.done, 'total', s.total)), '[]')
 FROM (VALUES ${rows.join(", ")}) s(unit, done, total) WHERE s.total > 0 OR s.total = 0 AND s.done > 0) AS shares FROM pg_stat_progress_${view} p WHERE p.pid = ${processId}`;
  });
  return `SELECT json_build_object('command', v.command, 'phase', v.phase, 'shares', v.shares) FROM (${views.join(" UNION ALL ")}) v
 WHERE v.phase IS NOT NULL OR v.command LIKE 'COPY%' LIMIT 1`;
}
