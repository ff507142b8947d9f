DO $do$ BEGIN NULL; END $Do$;
SELECT $$;$$;
