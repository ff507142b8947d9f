DO $$
BEGIN
  RAISE NOTICE 'looking around';
  RAISE WARNING 'this will not end well';
  RAISE EXCEPTION 'not on a Friday' USING DETAIL = 'It is Friday.', HINT = 'Wait for Monday.', ERRCODE = 'P0001';
END $$;
