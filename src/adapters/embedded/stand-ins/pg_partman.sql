-- The signatures of versions 4 and 5. A table gets its template and its default partition, and no other partition.

CREATE TABLE @extschema@.part_config (
  parent_table text PRIMARY KEY,
  control text NOT NULL,
  time_encoder text,
  time_decoder text,
  partition_interval text NOT NULL,
  partition_type text NOT NULL,
  premake int NOT NULL DEFAULT 4,
  automatic_maintenance text NOT NULL DEFAULT 'on',
  template_table text,
  retention text,
  retention_schema text,
  retention_keep_index boolean NOT NULL DEFAULT true,
  retention_keep_table boolean NOT NULL DEFAULT true,
  retention_keep_publication boolean NOT NULL DEFAULT false,
  epoch text NOT NULL DEFAULT 'none',
  constraint_cols text[],
  optimize_constraint int NOT NULL DEFAULT 30,
  infinite_time_partitions boolean NOT NULL DEFAULT false,
  datetime_string text,
  jobmon boolean NOT NULL DEFAULT true,
  sub_partition_set_full boolean NOT NULL DEFAULT false,
  undo_in_progress boolean NOT NULL DEFAULT false,
  inherit_privileges boolean DEFAULT false,
  constraint_valid boolean NOT NULL DEFAULT true,
  ignore_default_data boolean NOT NULL DEFAULT true,
  date_trunc_interval text,
  maintenance_order int,
  maintenance_last_run timestamptz,
  -- Version 4 only.
  inherit_fk boolean NOT NULL DEFAULT true,
  upsert text NOT NULL DEFAULT '',
  publications text[],
  trigger_return_null boolean NOT NULL DEFAULT true,
  trigger_exception_handling boolean DEFAULT false
);

CREATE TABLE @extschema@.part_config_sub (
  sub_parent text PRIMARY KEY REFERENCES @extschema@.part_config ON DELETE CASCADE ON UPDATE CASCADE
    DEFERRABLE INITIALLY DEFERRED,
  sub_control text NOT NULL,
  sub_partition_interval text NOT NULL,
  sub_partition_type text NOT NULL,
  sub_premake int NOT NULL DEFAULT 4,
  sub_automatic_maintenance text NOT NULL DEFAULT 'on',
  sub_template_table text,
  sub_retention text,
  sub_retention_schema text,
  sub_retention_keep_index boolean NOT NULL DEFAULT true,
  sub_retention_keep_table boolean NOT NULL DEFAULT true,
  sub_epoch text NOT NULL DEFAULT 'none',
  sub_constraint_cols text[],
  sub_optimize_constraint int NOT NULL DEFAULT 30,
  sub_infinite_time_partitions boolean NOT NULL DEFAULT false,
  sub_jobmon boolean NOT NULL DEFAULT true,
  sub_inherit_privileges boolean DEFAULT false,
  sub_constraint_valid boolean NOT NULL DEFAULT true,
  sub_ignore_default_data boolean NOT NULL DEFAULT true,
  sub_default_table boolean DEFAULT true,
  sub_date_trunc_interval text
);

-- The order of version 5, whose third and fourth parameter version 4 has the other way round.
CREATE FUNCTION @extschema@.create_parent(
  p_parent_table text,
  p_control text,
  p_interval text,
  p_type text DEFAULT 'range',
  p_epoch text DEFAULT 'none',
  p_premake int DEFAULT 4,
  p_start_partition text DEFAULT NULL,
  p_default_table boolean DEFAULT true,
  p_automatic_maintenance text DEFAULT 'on',
  p_constraint_cols text[] DEFAULT NULL,
  p_template_table text DEFAULT NULL,
  p_jobmon boolean DEFAULT true,
  p_date_trunc_interval text DEFAULT NULL,
  p_control_not_null boolean DEFAULT true,
  p_time_encoder text DEFAULT NULL,
  p_time_decoder text DEFAULT NULL,
  p_inherit_fk boolean DEFAULT true,
  p_upsert text DEFAULT '',
  p_publications text[] DEFAULT NULL,
  p_trigger_return_null boolean DEFAULT true
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  swapped boolean := p_interval IN ('native', 'partman');
  partition_type text := CASE WHEN swapped THEN p_interval ELSE p_type END;
  partition_interval text := CASE WHEN swapped THEN p_type ELSE p_interval END;
  declarative boolean := partition_type <> 'partman';
  parent regclass := to_regclass(p_parent_table);
  parent_schema name;
  parent_name name;
  kind "char";
  not_null boolean;
  template text := p_template_table;
BEGIN
  IF strpos(p_parent_table, '.') = 0 THEN
    RAISE 'the parent table % must be named with its schema', p_parent_table;
  END IF;
  IF parent IS NULL THEN
    RAISE 'the parent table % does not exist', p_parent_table;
  END IF;
  SELECT n.nspname, c.relname, c.relkind INTO parent_schema, parent_name, kind
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = parent;
  IF declarative AND kind <> 'p' THEN
    RAISE 'the parent table % is not partitioned', p_parent_table USING HINT = 'Create it with PARTITION BY.';
  END IF;
  SELECT a.attnotnull INTO not_null FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = parent AND a.attname = p_control AND NOT a.attisdropped;
  IF not_null IS NULL THEN
    RAISE 'the control column % of the parent table % does not exist', p_control, p_parent_table;
  END IF;
  IF p_control_not_null AND NOT not_null THEN
    RAISE 'the control column % of the parent table % must be NOT NULL', p_control, p_parent_table;
  END IF;
  IF declarative AND template IS NULL THEN
    template := format('@extschema@.%I', 'template_' || parent_schema || '_' || parent_name);
    EXECUTE format('CREATE TABLE IF NOT EXISTS %s (LIKE %s)', template, parent);
  END IF;
  IF declarative AND p_default_table THEN
    EXECUTE format('CREATE TABLE %I.%I (LIKE %s INCLUDING ALL)', parent_schema, parent_name || '_default', parent);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I.%I DEFAULT', parent, parent_schema, parent_name || '_default');
  END IF;
  INSERT INTO @extschema@.part_config (
    parent_table, control, partition_interval, partition_type, epoch, premake, automatic_maintenance, constraint_cols,
    template_table, jobmon, date_trunc_interval, time_encoder, time_decoder, inherit_fk, upsert, publications,
    trigger_return_null
  ) VALUES (
    p_parent_table, p_control, partition_interval, partition_type, coalesce(p_epoch, 'none'), p_premake,
    p_automatic_maintenance, p_constraint_cols, template, p_jobmon, p_date_trunc_interval, p_time_encoder,
    p_time_decoder, p_inherit_fk, p_upsert, p_publications, p_trigger_return_null
  );
  RETURN true;
END
$$;

CREATE FUNCTION @extschema@.create_sub_parent(
  p_top_parent text,
  p_control text,
  p_interval text,
  p_type text DEFAULT 'range',
  p_default_table boolean DEFAULT true,
  p_declarative_check text DEFAULT NULL,
  p_constraint_cols text[] DEFAULT NULL,
  p_premake int DEFAULT 4,
  p_start_partition text DEFAULT NULL,
  p_epoch text DEFAULT 'none',
  p_jobmon boolean DEFAULT true,
  p_date_trunc_interval text DEFAULT NULL,
  p_control_not_null boolean DEFAULT true,
  p_native_check text DEFAULT NULL
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  swapped boolean := p_interval IN ('native', 'partman');
BEGIN
  IF NOT EXISTS (SELECT FROM @extschema@.part_config WHERE parent_table = p_top_parent) THEN
    RAISE 'the parent table % is not managed by pg_partman', p_top_parent USING HINT = 'Call create_parent first.';
  END IF;
  INSERT INTO @extschema@.part_config_sub (
    sub_parent, sub_control, sub_partition_interval, sub_partition_type, sub_premake, sub_epoch, sub_constraint_cols,
    sub_jobmon, sub_default_table, sub_date_trunc_interval
  ) VALUES (
    p_top_parent, p_control, CASE WHEN swapped THEN p_type ELSE p_interval END,
    CASE WHEN swapped THEN p_interval ELSE p_type END, p_premake, p_epoch, p_constraint_cols, p_jobmon,
    p_default_table, p_date_trunc_interval
  );
  RETURN true;
END
$$;

CREATE FUNCTION @extschema@.run_maintenance(
  p_parent_table text DEFAULT NULL, p_analyze boolean DEFAULT false, p_jobmon boolean DEFAULT true
) RETURNS void LANGUAGE plpgsql AS $$BEGIN END$$;

CREATE PROCEDURE @extschema@.run_maintenance_proc(
  p_wait int DEFAULT 0, p_analyze boolean DEFAULT NULL, p_jobmon boolean DEFAULT true
) LANGUAGE plpgsql AS $$BEGIN END$$;

CREATE FUNCTION @extschema@.create_partition_time(
  p_parent_table text, p_partition_times timestamptz[], p_start_partition text DEFAULT NULL
) RETURNS boolean LANGUAGE sql AS $$SELECT false$$;

CREATE FUNCTION @extschema@.create_partition_id(
  p_parent_table text, p_partition_ids bigint[], p_start_partition text DEFAULT NULL
) RETURNS boolean LANGUAGE sql AS $$SELECT false$$;

CREATE FUNCTION @extschema@.partition_data_time(
  p_parent_table text, p_batch_count int DEFAULT 1, p_batch_interval interval DEFAULT NULL,
  p_lock_wait numeric DEFAULT 0, p_order text DEFAULT 'ASC', p_analyze boolean DEFAULT true,
  p_source_table text DEFAULT NULL, p_ignored_columns text[] DEFAULT NULL
) RETURNS bigint LANGUAGE sql AS $$SELECT 0::bigint$$;

CREATE FUNCTION @extschema@.partition_data_id(
  p_parent_table text, p_batch_count int DEFAULT 1, p_batch_interval bigint DEFAULT NULL,
  p_lock_wait numeric DEFAULT 0, p_order text DEFAULT 'ASC', p_analyze boolean DEFAULT true,
  p_source_table text DEFAULT NULL, p_ignored_columns text[] DEFAULT NULL
) RETURNS bigint LANGUAGE sql AS $$SELECT 0::bigint$$;

CREATE PROCEDURE @extschema@.partition_data_proc(
  p_parent_table text, p_loop_count int DEFAULT NULL, p_interval text DEFAULT NULL, p_lock_wait int DEFAULT 0,
  p_lock_wait_tries int DEFAULT 10, p_wait int DEFAULT 1, p_order text DEFAULT 'ASC',
  p_source_table text DEFAULT NULL, p_ignored_columns text[] DEFAULT NULL, p_quiet boolean DEFAULT false
) LANGUAGE plpgsql AS $$BEGIN END$$;

CREATE FUNCTION @extschema@.drop_partition_time(
  p_parent_table text, p_retention interval DEFAULT NULL, p_keep_table boolean DEFAULT NULL,
  p_keep_index boolean DEFAULT NULL, p_retention_schema text DEFAULT NULL,
  p_reference_timestamp timestamptz DEFAULT CURRENT_TIMESTAMP
) RETURNS int LANGUAGE sql AS $$SELECT 0$$;

CREATE FUNCTION @extschema@.drop_partition_id(
  p_parent_table text, p_retention bigint DEFAULT NULL, p_keep_table boolean DEFAULT NULL,
  p_keep_index boolean DEFAULT NULL, p_retention_schema text DEFAULT NULL
) RETURNS int LANGUAGE sql AS $$SELECT 0$$;

CREATE FUNCTION @extschema@.show_partitions(
  p_parent_table text, p_order text DEFAULT 'ASC', p_include_default boolean DEFAULT false,
  OUT partition_schemaname text, OUT partition_tablename text
) RETURNS SETOF record LANGUAGE sql AS $$
  SELECT n.nspname::text, c.relname::text
  FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE i.inhparent = $1::regclass AND ($3 OR pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT')
  ORDER BY 2
$$;

CREATE FUNCTION @extschema@.check_default(p_exact_count boolean DEFAULT true, OUT default_table text, OUT count bigint)
RETURNS SETOF record LANGUAGE sql AS $$SELECT NULL::text, 0::bigint WHERE false$$;

CREATE FUNCTION @extschema@.reapply_privileges(p_parent_table text) RETURNS void LANGUAGE plpgsql AS $$BEGIN END$$;
