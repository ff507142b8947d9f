CREATE FUNCTION uuid_generate_v7() RETURNS uuid VOLATILE PARALLEL SAFE LANGUAGE sql AS $$SELECT uuidv7()$$;

CREATE FUNCTION uuid_v7_to_timestamptz(uuid) RETURNS timestamptz IMMUTABLE STRICT PARALLEL SAFE
LANGUAGE sql AS $$SELECT uuid_extract_timestamp($1)$$;

-- With "zero", the bits after the time are 0 instead of random.
CREATE FUNCTION uuid_timestamptz_to_v7(timestamptz, zero boolean DEFAULT false) RETURNS uuid VOLATILE STRICT PARALLEL SAFE
LANGUAGE sql AS $$
  SELECT (lpad(to_hex(floor(extract(epoch FROM $1) * 1000)::bigint), 12, '0') || '7'
    || CASE WHEN $2 THEN '0008000000000000000' ELSE substr(md5(random()::text), 1, 3) || '8'
    || substr(md5(random()::text), 1, 15) END)::uuid
$$;
