-- A password in each way to write one.
DO $$
BEGIN
  RAISE NOTICE 'E''it''s'' PASSWORD ''hunter2''; postgres://app:hunter2@db/app; % red % % ::add-mask::x',
    chr(27) || '[31m', chr(155) || '31m', chr(8238) || E'turned\n::error::x ##[group]y';
  EXECUTE format('ALTER ROLE nobody_has_this_name PASSWORD %L', 'hunter2')::text || ';';
EXCEPTION WHEN undefined_object THEN
  RAISE WARNING '% (in: ALTER ROLE x PASSWORD $pw$hunter2$pw$)', SQLERRM
    USING DETAIL = 'set_config(''app.password'', ''hunter2'', false)', HINT = 'host=h password=''''hunter2 x'''' user=u';
END
$$;
