import { secretMask } from "../../core/placeholders/placeholders.ts";
import type { EventListener } from "../../core/reports/event.ts";
import { maskedBeginning } from "../../core/secrets/masking.ts";
import type { Row, Session } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";

/** Watches a run from a second connection: who blocks it, and how far an index build has got. */
export interface Observer {
  /** Who was last seen to hold what the run waited for, one line each; empty when nobody was. */
  readonly blockers: readonly string[];
  stop(): Promise<void>;
}

/** A blocker must be seen before the lock timeout has ended the waiting. */
const PART_OF_LOCK_TIMEOUT = 0.6;
const LONGEST_INTERVAL_MS = 2_000;
const SHORTEST_INTERVAL_MS = 50;

/**
 * Looks at the backend of the run again and again. Runs that end sooner than the first look never connect twice.
 * @param processId the server's own, so not behind a transaction pooler
 */
export function observe(context: DatabaseContext, processId: number): Observer {
  const { settings, emit, database } = context;
  const sql = observationSql(processId, secretMask(settings.placeholders) !== undefined);
  const afterLockTimeout =
    settings.lockTimeoutMs > 0 ? settings.lockTimeoutMs * PART_OF_LOCK_TIMEOUT : LONGEST_INTERVAL_MS;
  const intervalMs = Math.max(SHORTEST_INTERVAL_MS, Math.min(afterLockTimeout, LONGEST_INTERVAL_MS));
  let blockers: readonly string[] = [];
  let session: Promise<Session> | undefined;
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    try {
      session ??= database.open();
      const rows = await (await session).query(sql);
      const seen = tell(rows, emit);
      if (seen.length > 0) blockers = seen;
    } catch {
      // What cannot be seen is not told; the run itself does not depend on it.
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

function tell(rows: readonly Row[], emit: EventListener): string[] {
  const texts = (kind: string) => rows.filter((row) => row.kind === kind).map(textOf);
  const blockers = texts("blocker");
  if (blockers.length > 0) emit({ type: "blocked", blockers });
  for (const progress of texts("index")) emit({ type: "index-progress", progress });
  return blockers;
}

const LONGEST_QUERY = 120;

/** The query is cut only where its secrets are masked: one that is cut in two would not be known for what it is. */
function textOf({ text, query }: Row): string {
  if (typeof query !== "string") return String(text);
  const line = maskedBeginning(query).replace(/\s+/g, " ");
  return `${text}, '${[...line].slice(0, LONGEST_QUERY).join("").replaceAll("'", "''")}'`;
}

/**
 * One row a blocker and one for an index build, as `kind` and `text`, a blocker's with the beginning of its `query`.
 * @param discreet leaves out what the blockers run: a part of it may be a part of a secret
 */
function observationSql(processId: number, discreet: boolean): string {
  const query = discreet ? "NULL::text" : "pg_catalog.left(a.query, 4000)";
  const age = "pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - a.xact_start)";
  return `SELECT 'blocker' AS kind, pg_catalog.concat_ws(', ', 'process ' || b.pid, 'user ' || a.usename, NULLIF(a.application_name, ''),
 a.state || ' for ' || ${age}) AS text, ${query} AS query
 FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(${processId})) AS b(pid) LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
 UNION ALL SELECT 'index', pg_catalog.concat_ws(', ', p.phase,
 (100 * p.blocks_done / NULLIF(p.blocks_total, 0)) || ' % of blocks', (100 * p.tuples_done / NULLIF(p.tuples_total, 0)) || ' % of rows'), NULL
 FROM pg_catalog.pg_stat_progress_create_index p WHERE p.pid = ${processId}`;
}
