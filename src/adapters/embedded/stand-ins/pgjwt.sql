CREATE FUNCTION @extschema@.url_encode(data bytea) RETURNS text IMMUTABLE LANGUAGE sql
AS $$SELECT translate(encode($1, 'base64'), E'+/=\n', '-_')$$;

CREATE FUNCTION @extschema@.url_decode(data text) RETURNS bytea IMMUTABLE LANGUAGE sql
AS $$SELECT decode(rpad(translate($1, '-_', '+/'), 4 * ((length($1) + 3) / 4), '='), 'base64')$$;

CREATE FUNCTION @extschema@.algorithm_sign(signables text, secret text, algorithm text) RETURNS text IMMUTABLE
LANGUAGE sql AS $$
  SELECT @extschema@.url_encode(@extschema:pgcrypto@.hmac($1, $2,
    CASE $3 WHEN 'HS256' THEN 'sha256' WHEN 'HS384' THEN 'sha384' WHEN 'HS512' THEN 'sha512' ELSE '' END))
$$;

CREATE FUNCTION @extschema@.sign(payload json, secret text, algorithm text DEFAULT 'HS256') RETURNS text IMMUTABLE
LANGUAGE sql AS $$
  SELECT signables || '.' || @extschema@.algorithm_sign(signables, $2, $3)
  FROM concat_ws('.',
    @extschema@.url_encode(convert_to('{"alg":"' || $3 || '","typ":"JWT"}', 'utf8')),
    @extschema@.url_encode(convert_to($1::text, 'utf8'))
  ) AS signables
$$;

CREATE FUNCTION @extschema@.verify(
  token text, secret text, algorithm text DEFAULT 'HS256', OUT header json, OUT payload json, OUT valid boolean
) RETURNS SETOF record IMMUTABLE LANGUAGE sql AS $$
  SELECT convert_from(@extschema@.url_decode(parts[1]), 'utf8')::json,
    convert_from(@extschema@.url_decode(parts[2]), 'utf8')::json,
    parts[3] = @extschema@.algorithm_sign(parts[1] || '.' || parts[2], $2, $3)
  FROM string_to_array($1, '.') AS parts
$$;
