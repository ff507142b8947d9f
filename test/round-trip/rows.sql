-- Some rows for every table, as far as its constraints allow, for tests of backups.
DO $rows$
DECLARE
  target record;
  field record;
  names text;
  written text;
BEGIN
  FOR pass IN 1..3 LOOP
    FOR target IN
      SELECT c.oid, c.oid::regclass AS name FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND s.nspname !~ '^pg_' AND s.nspname <> 'information_schema'
        AND c.relname !~ '^(schema_migrations|pgstep_history)'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
      ORDER BY c.oid
    LOOP
      FOR n IN 1..4 LOOP
        names := NULL;
        written := NULL;
        FOR field IN
          SELECT quote_ident(a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type, t.typtype, t.typcategory,
            greatest(a.atttypmod - 4, 0) AS length,
            (SELECT format('(SELECT %I FROM %s ORDER BY ctid OFFSET %s LIMIT 1)', r.attname, k.confrelid::regclass, (n + pass) % 4)
              FROM pg_constraint k JOIN pg_attribute r ON r.attrelid = k.confrelid AND r.attnum = k.confkey[array_position(k.conkey, a.attnum)]
              WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY (k.conkey) LIMIT 1) AS referenced
          FROM pg_attribute a JOIN pg_type d ON d.oid = a.atttypid
          JOIN pg_type t ON t.oid = CASE d.typtype WHEN 'd' THEN d.typbasetype ELSE d.oid END
          WHERE a.attrelid = target.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = '' AND NOT a.atthasdef
          ORDER BY a.attnum
        LOOP
          names := concat_ws(', ', names, field.name);
          written := concat_ws(', ', written, COALESCE(field.referenced, format('(%s)::%s', CASE
            WHEN field.typtype = 'e' THEN format('enum_first(NULL::%s)', field.type)
            WHEN field.typcategory = 'N' THEN (pass * 4 + n)::text
            WHEN field.typcategory = 'S' AND field.length > 0 THEN quote_literal(left(pass || '' || n || E'\tü\\n"', field.length))
            WHEN field.typcategory = 'S' THEN quote_literal(pass || '-' || n || E'\tü\\n"')
            WHEN field.typcategory = 'B' THEN (n % 2 = 0)::text
            WHEN field.typcategory = 'D' THEN format('timestamp ''2026-01-01 10:00'' + interval ''%s days''', n)
            WHEN field.typcategory = 'T' THEN format('interval ''%s days''', n)
            WHEN field.typcategory = 'I' THEN format('''10.0.%s.%s''::inet', pass, n)
            WHEN field.typcategory = 'A' THEN '''{}'''
            WHEN field.typcategory = 'R' THEN '''empty'''
            WHEN field.type = 'uuid' THEN format('md5(%L)', pass || ' ' || n)
            WHEN field.type IN ('json', 'jsonb') THEN format('''{"a": %s}''', n)
            WHEN field.type = 'bytea' THEN format('''\x00ff0%s''', n)
            WHEN field.type = 'tsvector' THEN '''a b'''
            ELSE 'NULL' END, field.type)));
        END LOOP;
        BEGIN
          EXECUTE CASE WHEN names IS NULL THEN format('INSERT INTO %s DEFAULT VALUES', target.name)
            ELSE format('INSERT INTO %s (%s) SELECT %s ON CONFLICT DO NOTHING', target.name, names, written) END;
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
      END LOOP;
    END LOOP;
  END LOOP;
END
$rows$;
