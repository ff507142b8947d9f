import { secretMask } from "../../core/placeholders/placeholders.ts";
import type { EventListener } from "../../core/reports/event.ts";
import type { Blocker, IndexProgress } from "../../core/reports/other-sessions.ts";
import { maskedBeginning } from "../../core/secrets/masking.ts";
import type { Session } from "../../ports/session.ts";
import { isoText } from "../history/history-table.ts";
import type { DatabaseContext } from "../session/context.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";

/** Watches a run from a second connection: its blockers, and the progress of index builds. */
export interface Observer {
  /** The blockers that were seen last; empty if none were. */
  readonly blockers: readonly Blocker[];
  stop(): Promise<void>;
}

/** A blocker must be seen before the lock timeout ends the wait. */
const PART_OF_LOCK_TIMEOUT = 0.6;
const LONGEST_INTERVAL_MS = 2_000;
const SHORTEST_INTERVAL_MS = 50;

/**
 * Polls the backend of the run. A run that ends before the first poll never opens a second connection.
 * @param processId the server's own, so not behind a transaction pooler
 */
export function observe(context: DatabaseContext, processId: number): Observer {
  const { settings, emit, database } = context;
  const sql = observationSql(processId, secretMask(settings.placeholders) !== undefined);
  const afterLockTimeout =
    settings.lockTimeoutMs > 0 ? settings.lockTimeoutMs * PART_OF_LOCK_TIMEOUT : LONGEST_INTERVAL_MS;
  const intervalMs = Math.max(SHORTEST_INTERVAL_MS, Math.min(afterLockTimeout, LONGEST_INTERVAL_MS));
  let blockers: readonly Blocker[] = [];
  let session: Promise<Session> | undefined;
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    try {
      session ??= database.open();
      const [row] = await (await session).query(sql);
      const seen = observation(row?.observation);
      tell(seen, emit);
      if (seen.blockers.length > 0) blockers = seen.blockers;
    } catch {
      // Best effort: the run itself does not depend on it.
      session = undefined;
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(look, intervalMs);
  return {
    get blockers() {
      return blockers;
    },
    async stop() {
      clearInterval(timer);
      await session?.then((one) => one.close()).catch(() => {});
    },
  };
}

/** The result of one poll: the blockers of the run, and the progress of its index builds. */
interface Observation {
  readonly blockers: readonly Blocker[];
  readonly indexes: readonly IndexProgress[];
}

const SHARE: Shape = { done: "number", total: "number" };
const OBSERVATION: Shape = {
  blockers: [
    "list of",
    {
      ...{ pid: "number?", user: "text?", application: "text?", state: "text?" },
      ...{ since: "text?", ageMs: "number?", query: "text?" },
    },
  ],
  indexes: ["list of", { command: "text", phase: "text", blocks: SHARE, rows: SHARE }],
};

function observation(answer: unknown): Observation {
  const { blockers, indexes } = jsonAnswer<Observation>(answer, OBSERVATION);
  return { blockers: blockers.map((one) => ({ ...one, query: one.query && beginning(one.query) })), indexes };
}

function tell({ blockers, indexes }: Observation, emit: EventListener): void {
  if (blockers.length > 0) emit({ type: "blocked", blockers });
  for (const progress of indexes) emit({ type: "index-progress", progress });
}

const LONGEST_QUERY = 120;

/** The beginning of a query, cut after its secrets are masked: half a secret would not be recognized. */
function beginning(query: string): string {
  const line = maskedBeginning(query).replace(/\s+/g, " ");
  return [...line].slice(0, LONGEST_QUERY).join("");
}

/**
 * An observation as JSON.
 * @param discreet omits the queries of the blockers, which may contain parts of secrets
 */
function observationSql(processId: number, discreet: boolean): string {
  const age = "pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start)";
  return `SELECT pg_catalog.json_build_object('blockers', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
 'pid', NULLIF(b.pid, 0), 'user', a.usename, 'application', NULLIF(a.application_name, ''), 'state', a.state,
 'since', ${isoText("pg_catalog.timezone('UTC', a.xact_start)")}, 'ageMs', pg_catalog.floor(1000 * ${age}), 'query', ${discreet ? "NULL::text" : "pg_catalog.left(a.query, 4000)"}))
 FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(${processId})) AS b(pid) LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid), '[]'),
 'indexes', COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_object('command', p.command, 'phase', p.phase,
 'blocks', pg_catalog.json_build_object('done', p.blocks_done, 'total', p.blocks_total), 'rows', pg_catalog.json_build_object('done', p.tuples_done, 'total', p.tuples_total)))
 FROM pg_catalog.pg_stat_progress_create_index p WHERE p.pid = ${processId}), '[]'))::text AS observation`;
}
