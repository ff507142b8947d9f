-- Queries return no data. The comments that configure a schema need nothing of it.
CREATE FUNCTION graphql.resolve(
  query text, variables jsonb DEFAULT '{}', "operationName" text DEFAULT NULL, extensions jsonb DEFAULT NULL
) RETURNS jsonb LANGUAGE sql AS $$SELECT '{"data": null}'::jsonb$$;

CREATE FUNCTION graphql.get_schema_version() RETURNS int LANGUAGE sql AS $$SELECT 1$$;
