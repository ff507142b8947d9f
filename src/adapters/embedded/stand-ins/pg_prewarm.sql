CREATE FUNCTION pg_prewarm(
  regclass, mode text DEFAULT 'buffer', fork text DEFAULT 'main', first_block bigint DEFAULT NULL,
  last_block bigint DEFAULT NULL
) RETURNS bigint LANGUAGE sql AS $$SELECT pg_relation_size($1, $3) / current_setting('block_size')::int$$;

CREATE FUNCTION autoprewarm_start_worker() RETURNS void STRICT LANGUAGE sql AS $$$$;
CREATE FUNCTION autoprewarm_dump_now() RETURNS bigint STRICT LANGUAGE sql AS $$SELECT 0::bigint$$;
