import { quoteText } from "../../core/sql/quote.ts";
import { HIDDEN_QUERY, preparedFields, sessionFields } from "../lock/session-sql.ts";

const THIS_DATABASE = "(SELECT oid FROM pg_database WHERE datname = current_database())";
/** Processes of the server whose transactions are not those of a client: locks of parallel workers are their leader's. */
const SERVERS_OWN = "('autovacuum worker', 'parallel worker', 'walsender')";

/**
 * The sessions of the database that have a lock on one of the relations, or a long transaction, as JSON: at most so many,
 * those with locks and the oldest first. A lock on a partition counts as one on its parent, because the migrations may not
 * know the partition.
 * @param query the SQL expression of a session's query
 */
export function sessionsSql(
  relations: readonly { readonly schema: string; readonly name: string }[],
  { query, longMs, most }: { readonly query: string; readonly longMs: number; readonly most: number },
): string {
  const names = quoteText(JSON.stringify(relations.map(({ schema, name }) => [schema, name])));
  const waitsFor = "CASE WHEN a.wait_event_type = 'Lock' OR l.waits THEN pg_blocking_pids(a.pid) ELSE '{}' END";
  // No statement waits for the snapshot of a VACUUM.
  const hasSnapshot =
    "(a.backend_xmin IS NOT NULL AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid))";
  const isOld = (since: string) => `${since} < clock_timestamp() - interval '${longMs} milliseconds'`;
  return `WITH RECURSIVE concerned(number, oid) AS (
 SELECT r.number - 1, c.oid FROM json_array_elements(${names}::json) WITH ORDINALITY r(names, number)
 JOIN pg_namespace n ON n.nspname = r.names->>0 JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.names->>1
 UNION SELECT number, i.inhrelid FROM concerned d JOIN pg_class p ON p.oid = d.oid AND p.relkind = 'p' JOIN pg_inherits i ON i.inhparent = p.oid),
 held AS MATERIALIZED (SELECT l.locktype, l.relation, l.transactionid, l.virtualtransaction, l.pid, l.mode, l.granted FROM pg_locks l
 WHERE l.locktype = 'relation' AND l.database = ${THIS_DATABASE} AND l.relation IN (SELECT oid FROM concerned) AND l.pid IS DISTINCT FROM pg_backend_pid()
 OR l.locktype = 'transactionid' AND l.pid IS NULL),
 lock AS MATERIALIZED (SELECT h.pid, h.virtualtransaction, bool_or(NOT h.granted) AS waits, json_agg(json_build_object('schema', n.nspname, 'name', c.relname,
 'of', d.number, 'mode', replace(h.mode, 'Lock', ''), 'isGranted', h.granted) ORDER BY d.number, h.mode) AS locks
 FROM held h JOIN concerned d ON d.oid = h.relation JOIN pg_class c ON c.oid = d.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE h.locktype = 'relation' GROUP BY h.pid, h.virtualtransaction),
 seen AS (SELECT l.pid IS NULL AS unlocked, a.xact_start AS since, jsonb_build_object(${sessionFields({ pid: "a.pid", query, waitsFor })},
 'holdsBack', a.backend_xid IS NOT NULL OR ${hasSnapshot}, 'hasSnapshot', ${hasSnapshot}, 'locks', COALESCE(l.locks, '[]')) AS session
 FROM pg_stat_activity a LEFT JOIN lock l ON l.pid = a.pid
 WHERE a.pid <> pg_backend_pid() AND a.backend_type IS DISTINCT FROM 'parallel worker' AND (l.pid IS NOT NULL
 OR a.datid = ${THIS_DATABASE} AND a.backend_type NOT IN ${SERVERS_OWN} AND ${isOld("a.xact_start")})
 UNION ALL SELECT l.locks IS NULL, x.prepared, jsonb_build_object(${preparedFields("x")}, 'holdsBack', true, 'hasSnapshot', false, 'locks', COALESCE(l.locks, '[]'))
 FROM pg_prepared_xacts x LEFT JOIN held own ON own.pid IS NULL AND own.locktype = 'transactionid' AND own.transactionid = x.transaction
 LEFT JOIN lock l ON l.pid IS NULL AND l.virtualtransaction = own.virtualtransaction
 WHERE x.database = current_database() AND (l.locks IS NOT NULL OR ${isOld("x.prepared")}))
 SELECT json_build_object('sessions', (SELECT COALESCE(json_agg(s.session), '[]') FROM (SELECT session FROM seen ORDER BY unlocked, since LIMIT ${most}) s),
 'total', (SELECT count(*) FROM seen), 'role', current_user,
 'hidden', (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = ${THIS_DATABASE} AND a.query = '${HIDDEN_QUERY}'))::text AS activity`;
}
