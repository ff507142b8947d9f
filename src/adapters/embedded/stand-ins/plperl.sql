-- Functions can be created, without a look at their bodies, and cannot be called.
CREATE TRUSTED LANGUAGE plperl HANDLER pg_catalog.plpgsql_call_handler;
