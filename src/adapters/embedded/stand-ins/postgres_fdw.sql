-- Without a handler: servers, user mappings and foreign tables can be created, and no row of them can be read.
CREATE FOREIGN DATA WRAPPER postgres_fdw;

CREATE FUNCTION postgres_fdw_get_connections(
  check_conn boolean DEFAULT false, OUT server_name text, OUT user_name text, OUT valid boolean,
  OUT used_in_xact boolean, OUT closed boolean, OUT remote_backend_pid int
) RETURNS SETOF record LANGUAGE sql AS $$SELECT NULL::text, NULL::text, false, false, false, 0 WHERE false$$;

CREATE FUNCTION postgres_fdw_disconnect(text) RETURNS boolean LANGUAGE sql AS $$SELECT false$$;
CREATE FUNCTION postgres_fdw_disconnect_all() RETURNS boolean LANGUAGE sql AS $$SELECT false$$;
