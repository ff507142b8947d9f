DO $$
BEGIN
  EXECUTE 'ALTER ROLE nobody_has_this_name PASSWORD ''hunter2'' NO SUCH OPTION';
END
$$;
