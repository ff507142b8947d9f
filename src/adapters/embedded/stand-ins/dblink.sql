-- Nothing is connected to: commands report success, and queries return no rows.
CREATE FOREIGN DATA WRAPPER dblink_fdw;

CREATE FUNCTION dblink_connect(text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_connect(text, text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_connect_u(text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_connect_u(text, text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
REVOKE ALL ON FUNCTION dblink_connect_u(text) FROM public;
REVOKE ALL ON FUNCTION dblink_connect_u(text, text) FROM public;
CREATE FUNCTION dblink_disconnect() RETURNS text LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_disconnect(text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_get_connections() RETURNS text[] LANGUAGE sql AS $$SELECT NULL::text[]$$;

CREATE FUNCTION dblink(text) RETURNS SETOF record STRICT LANGUAGE plpgsql AS $$BEGIN RETURN; END$$;
CREATE FUNCTION dblink(text, boolean) RETURNS SETOF record STRICT LANGUAGE plpgsql AS $$BEGIN RETURN; END$$;
CREATE FUNCTION dblink(text, text) RETURNS SETOF record STRICT LANGUAGE plpgsql AS $$BEGIN RETURN; END$$;
CREATE FUNCTION dblink(text, text, boolean) RETURNS SETOF record STRICT LANGUAGE plpgsql AS $$BEGIN RETURN; END$$;

CREATE FUNCTION dblink_exec(text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_exec(text, boolean) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_exec(text, text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_exec(text, text, boolean) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;

CREATE FUNCTION dblink_open(text, text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_open(text, text, boolean) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_open(text, text, text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_open(text, text, text, boolean) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_fetch(text, int) RETURNS SETOF record STRICT LANGUAGE plpgsql AS $$BEGIN RETURN; END$$;
CREATE FUNCTION dblink_fetch(text, int, boolean) RETURNS SETOF record STRICT LANGUAGE plpgsql AS $$BEGIN RETURN; END$$;
CREATE FUNCTION dblink_fetch(text, text, int) RETURNS SETOF record STRICT LANGUAGE plpgsql AS $$BEGIN RETURN; END$$;
CREATE FUNCTION dblink_fetch(text, text, int, boolean) RETURNS SETOF record STRICT LANGUAGE plpgsql AS $$BEGIN RETURN; END$$;
CREATE FUNCTION dblink_close(text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_close(text, boolean) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_close(text, text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_close(text, text, boolean) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;

CREATE FUNCTION dblink_send_query(text, text) RETURNS int STRICT LANGUAGE sql AS $$SELECT 1$$;
CREATE FUNCTION dblink_is_busy(text) RETURNS int STRICT LANGUAGE sql AS $$SELECT 0$$;
CREATE FUNCTION dblink_get_result(text) RETURNS SETOF record STRICT LANGUAGE plpgsql AS $$BEGIN RETURN; END$$;
CREATE FUNCTION dblink_get_result(text, boolean) RETURNS SETOF record STRICT LANGUAGE plpgsql AS $$BEGIN RETURN; END$$;
CREATE FUNCTION dblink_cancel_query(text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_error_message(text) RETURNS text STRICT LANGUAGE sql AS $$SELECT 'OK'$$;
CREATE FUNCTION dblink_current_query() RETURNS text LANGUAGE sql AS $$SELECT current_query()$$;
