import { userObjectsSql } from "../catalog/user-objects.ts";

/**
 * The user's tables, partitioned tables and materialized views as [schema, name, rows, bytes, index bytes, writes a
 * second], a partitioned table with the sums of its partitions.
 * - A function that measures a table waits while another session holds ACCESS EXCLUSIVE on it. Of such a table the
 *   pages of the last VACUUM or ANALYZE count.
 * - Rows as the planner estimates them: the density of the last ANALYZE times the pages of today.
 * - A standby counts no writes. The counters of a database without a reset are as old as those of the server.
 * @param ownTables SQL expressions for the names of pgstep's own tables
 * @param shortest the seconds that the counters must have counted
 */
export function statisticsSql(ownTables: readonly string[], shortest: number): string {
  return `WITH RECURSIVE ${userObjectsSql(ownTables)},
 locked AS MATERIALIZED (SELECT relation FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND locktype = 'relation'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
 since AS MATERIALIZED (SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE
  EXTRACT(EPOCH FROM now() - COALESCE((SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
  (SELECT stats_reset FROM pg_stat_bgwriter)))::float8 END AS seconds),
 measured AS MATERIALIZED (SELECT c.oid, nspname, c.relname, c.relkind, c.reltuples, c.relpages, pg_stat_get_live_tuples(c.oid) AS live,
  CASE WHEN c.oid IN (SELECT relation FROM locked) THEN c.relpages * current_setting('block_size')::int8
   ELSE COALESCE(pg_table_size(c.oid), 0) END AS bytes,
  CASE WHEN c.oid IN (SELECT relation FROM locked) THEN c.relpages
   ELSE COALESCE(pg_relation_size(c.oid), 0) / current_setting('block_size')::int8 END AS pages,
  (SELECT COALESCE(sum(CASE WHEN indexrelid IN (SELECT relation FROM locked) OR c.oid IN (SELECT relation FROM locked)
   THEN i.relpages * current_setting('block_size')::int8 ELSE COALESCE(pg_relation_size(indexrelid), 0) END), 0)
   FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = c.oid) AS index_bytes,
  pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid) AS writes
  FROM rel JOIN pg_class c ON c.oid = rel.oid JOIN pg_namespace n ON n.oid = relnamespace
  WHERE c.relkind IN ('r', 'm', 'p')),
 estimated AS MATERIALIZED (SELECT *, CASE WHEN pages = 0 THEN 0 WHEN reltuples >= 0 AND relpages > 0 THEN reltuples / relpages * pages
  WHEN live > 0 THEN live END AS rows FROM measured),
 tree AS (SELECT oid AS root, oid FROM measured UNION ALL
  SELECT root, inhrelid FROM tree JOIN pg_inherits ON inhparent = tree.oid JOIN measured p ON p.oid = inhparent AND p.relkind = 'p'),
 totals AS (SELECT root, CASE WHEN count(rows) = count(*) THEN sum(rows) END AS rows, sum(bytes) AS bytes, sum(index_bytes) AS index_bytes, sum(writes) AS writes
  FROM tree JOIN estimated e ON e.oid = tree.oid GROUP BY root)
 SELECT COALESCE(json_agg(json_build_array(nspname, relname, round(t.rows::numeric), t.bytes::int8, t.index_bytes::int8,
  (SELECT t.writes::float8 / seconds FROM since WHERE seconds > ${shortest}))), '[]')::text AS tables
 FROM totals t JOIN measured m ON m.oid = t.root`;
}
