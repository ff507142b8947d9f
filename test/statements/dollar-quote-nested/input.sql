CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $outer$
BEGIN
  EXECUTE $inner$ SELECT $$;$$; $inner$;
END;
$outer$;
DO $$ BEGIN NULL; END $$;
