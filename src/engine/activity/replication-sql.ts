/**
 * The receivers of the server's WAL, and the slots without a consumer, as JSON; no row on a standby, which has no WAL of its
 * own.
 */
export const REPLICATION_SQL = `SELECT json_build_object(
 'synchronousNames', current_setting('synchronous_standby_names'), 'synchronousCommit', current_setting('synchronous_commit'),
 'receivers', (SELECT COALESCE(json_agg(json_build_object('pid', r.pid, 'name', NULLIF(r.application_name, ''), 'address', host(r.client_addr),
 'state', r.state, 'sync', r.sync_state, 'lagBytes', GREATEST(0, pg_wal_lsn_diff(now.lsn, r.replay_lsn)),
 'lagMs', floor(1000 * date_part('epoch', r.replay_lag)))), '[]') FROM pg_stat_replication r),
 'slots', (SELECT COALESCE(json_agg(json_build_object('name', s.slot_name, 'kind', s.slot_type, 'keptBytes', GREATEST(0, pg_wal_lsn_diff(now.lsn, s.restart_lsn)))
 ORDER BY s.slot_name), '[]') FROM pg_replication_slots s WHERE NOT s.active AND NOT s.temporary AND s.restart_lsn IS NOT NULL AND s.wal_status IS DISTINCT FROM 'lost')
 )::text AS replication
 FROM (SELECT pg_current_wal_lsn() AS lsn WHERE NOT pg_is_in_recovery()) now`;
