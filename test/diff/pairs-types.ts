import type { Pair } from "./pair.ts";

const T = "CREATE TABLE t (id int PRIMARY KEY, a int, b text);";
const ENUM = "CREATE TYPE mood AS ENUM ('sad', 'ok');";

export const TYPE_PAIRS: readonly Pair[] = [
  ["enum", "", `${ENUM} COMMENT ON TYPE mood IS 'x';`],
  ["enum values", ENUM, "CREATE TYPE mood AS ENUM ('awful', 'sad', 'so-so', 'ok', 'good', 'it''s great');"],
  [
    "enum values used at once",
    `${ENUM} CREATE TABLE t (m mood DEFAULT 'ok');`,
    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'great'); CREATE TABLE t (m mood DEFAULT 'great'); CREATE VIEW v AS SELECT 'great'::mood AS m;",
  ],
  [
    "enum value removed",
    "CREATE TYPE mood AS ENUM ('a', 'b', 'c'); CREATE TABLE t (m mood DEFAULT 'a' NOT NULL, l mood[]); CREATE INDEX i ON t (m) WHERE m = 'a'; CREATE VIEW v AS SELECT m FROM t WHERE m = 'a';",
    "CREATE TYPE mood AS ENUM ('c', 'a'); CREATE TABLE t (m mood DEFAULT 'a' NOT NULL, l mood[]); CREATE INDEX i ON t (m) WHERE m = 'a'; CREATE VIEW v AS SELECT m FROM t WHERE m = 'a';",
  ],
  [
    "enum value removed under a function",
    "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1'; CREATE TABLE t (m mood CHECK (m <> 'a'));",
    "CREATE TYPE mood AS ENUM ('b'); CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1'; CREATE TABLE t (m mood CHECK (m <> 'b'));",
  ],
  ["enum becomes text", `${ENUM} CREATE TABLE t (m mood DEFAULT 'ok');`, "CREATE TABLE t (m text DEFAULT 'ok');"],
  [
    "enum becomes another enum",
    `${ENUM} CREATE TABLE t (m mood DEFAULT 'ok');`,
    "CREATE TYPE feel AS ENUM ('sad', 'ok'); CREATE TABLE t (m feel DEFAULT 'ok');",
  ],
  [
    "domain",
    "",
    "CREATE DOMAIN d AS text COLLATE \"C\" DEFAULT 'x' NOT NULL CONSTRAINT len CHECK (length(VALUE) > 1); CREATE TABLE t (a d);",
  ],
  [
    "domain changed",
    "CREATE DOMAIN d AS int CHECK (VALUE > 0); CREATE TABLE t (a d);",
    "CREATE DOMAIN d AS int DEFAULT 5 NOT NULL CHECK (VALUE > 1); CREATE TABLE t (a d);",
  ],
  [
    "domain checks",
    "CREATE DOMAIN d AS int CONSTRAINT a CHECK (VALUE > 0) CONSTRAINT b CHECK (VALUE < 9);",
    "CREATE DOMAIN d AS int CONSTRAINT c CHECK (VALUE > 0);",
  ],
  [
    "domain check not valid",
    "CREATE DOMAIN d AS int;",
    "CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID; COMMENT ON CONSTRAINT c ON DOMAIN d IS 'x';",
  ],
  ["domain base", "CREATE DOMAIN d AS int;", "CREATE DOMAIN d AS bigint;"],
  [
    "domain base under a function",
    "CREATE DOMAIN d AS int; CREATE FUNCTION f(d) RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "CREATE DOMAIN d AS bigint; CREATE FUNCTION f(d) RETURNS int LANGUAGE sql AS 'SELECT 1';",
  ],
  [
    "domain base under a column",
    "CREATE DOMAIN d AS int; CREATE TABLE t (a d);",
    "CREATE DOMAIN d AS bigint; CREATE TABLE t (a d);",
    { isRefusable: true },
  ],
  [
    "column becomes a domain",
    "CREATE TABLE t (a text);",
    "CREATE DOMAIN d AS text CHECK (VALUE <> ''); CREATE TABLE t (a d);",
  ],
  [
    "composite type",
    "",
    "CREATE TYPE addr AS (street text, zip varchar(5)); COMMENT ON COLUMN addr.zip IS 'x'; CREATE TABLE t (a addr);",
  ],
  [
    "composite attributes",
    "CREATE TYPE addr AS (street text, zip varchar(5));",
    'CREATE TYPE addr AS (street text, zip varchar(9), city text COLLATE "C");',
  ],
  [
    "composite attributes under a function",
    "CREATE TYPE addr AS (street text); CREATE FUNCTION f() RETURNS addr LANGUAGE sql AS $$ SELECT ROW('x')::addr $$;",
    "CREATE TYPE addr AS (street text, city text); CREATE FUNCTION f() RETURNS addr LANGUAGE sql AS $$ SELECT ROW('x', 'y')::addr $$;",
  ],
  [
    "composite attributes under a column",
    "CREATE TYPE addr AS (street text); CREATE TABLE t (a addr);",
    "CREATE TYPE addr AS (street text, city text); CREATE TABLE t (a addr);",
  ],
  ["range type", "", "CREATE TYPE fr AS RANGE (subtype = float8, subtype_diff = float8mi); CREATE TABLE t (r fr);"],
  [
    "range type changed",
    "CREATE TYPE fr AS RANGE (subtype = float8);",
    "CREATE TYPE fr AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = mfr);",
  ],
  [
    "base type",
    "",
    "CREATE TYPE b; CREATE FUNCTION bin(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS 'textin'; CREATE FUNCTION bout(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; CREATE TYPE b (INPUT = bin, OUTPUT = bout, LIKE = text);",
  ],
  ["shell type", "", "CREATE TYPE later;"],
  [
    "comments",
    T,
    `${T} COMMENT ON TABLE t IS 'it''s \\ a table'; COMMENT ON COLUMN t.a IS 'a column'; COMMENT ON SCHEMA public IS 'mine';`,
  ],
  [
    "comment changed",
    `${T} COMMENT ON TABLE t IS 'x'; COMMENT ON COLUMN t.a IS 'y';`,
    `${T} COMMENT ON TABLE t IS 'z';`,
  ],
  ["schema", "", "CREATE SCHEMA s; COMMENT ON SCHEMA s IS 'x'; GRANT USAGE ON SCHEMA s TO reader;"],
  ["grants", T, `${T} GRANT SELECT ON t TO reader; GRANT ALL ON t TO writer; GRANT UPDATE (a, b) ON t TO reader;`],
  [
    "grants changed",
    `${T} GRANT SELECT, INSERT ON t TO reader; GRANT UPDATE (a) ON t TO reader;`,
    `${T} GRANT SELECT ON t TO reader WITH GRANT OPTION; GRANT UPDATE (a) ON t TO reader; GRANT REFERENCES (b) ON t TO PUBLIC;`,
  ],
  ["column grant becomes a table grant", `${T} GRANT SELECT (a) ON t TO reader;`, `${T} GRANT SELECT ON t TO reader;`],
  ["revoked from the owner", T, `${T} REVOKE DELETE ON t FROM postgres;`],
  [
    "revoked from public",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE e AS ENUM ('a');",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE e AS ENUM ('a'); REVOKE ALL ON FUNCTION f() FROM PUBLIC; REVOKE USAGE ON TYPE e FROM PUBLIC; GRANT EXECUTE ON FUNCTION f() TO reader;",
  ],
  [
    "grants on other objects",
    "CREATE SEQUENCE s; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'; CREATE DOMAIN d AS int; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER sv FOREIGN DATA WRAPPER w;",
    "CREATE SEQUENCE s; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'; CREATE DOMAIN d AS int; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER sv FOREIGN DATA WRAPPER w; GRANT USAGE ON SEQUENCE s TO reader; GRANT EXECUTE ON PROCEDURE p() TO reader; REVOKE ALL ON DOMAIN d FROM PUBLIC; GRANT USAGE ON FOREIGN DATA WRAPPER w TO reader; GRANT USAGE ON FOREIGN SERVER sv TO reader; GRANT USAGE ON LANGUAGE plpgsql TO reader;",
  ],
  [
    "grants on schema public",
    "",
    "GRANT CREATE ON SCHEMA public TO reader; REVOKE USAGE ON SCHEMA public FROM PUBLIC;",
  ],
  [
    "default privileges",
    "CREATE SCHEMA s;",
    "CREATE SCHEMA s; ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO writer; ALTER DEFAULT PRIVILEGES FOR ROLE writer REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;",
  ],
  [
    "default privileges and a new table",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;",
    "CREATE TABLE t (a int);",
  ],
  [
    "a little of everything",
    `${ENUM} ${T} CREATE VIEW v AS SELECT * FROM t;`,
    "CREATE TYPE mood AS ENUM ('sad', 'fine', 'ok'); CREATE TABLE u (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY); CREATE TABLE t (id bigint PRIMARY KEY REFERENCES u, m mood DEFAULT 'fine', b varchar(20)); CREATE INDEX ON t (m); CREATE VIEW v AS SELECT * FROM t; CREATE FUNCTION f(mood) RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t WHERE m = $1'; COMMENT ON VIEW v IS 'all'; GRANT SELECT ON v TO reader;",
  ],
  [
    "locale of a collation that columns, indexes and views use",
    "CREATE COLLATION german (provider = icu, locale = 'de'); CREATE TABLE t (a text COLLATE german DEFAULT 'x', b varchar(9) COLLATE german); CREATE INDEX ON t (a); CREATE VIEW v AS SELECT a FROM t;",
    "CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk'); CREATE TABLE t (a text COLLATE german DEFAULT 'x', b varchar(9) COLLATE german); CREATE INDEX ON t (a); CREATE VIEW v AS SELECT a FROM t;",
  ],
  [
    "columns of a table whose rows are values",
    "CREATE TABLE t (id int, a text); CREATE FUNCTION label(t) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.a'; CREATE VIEW v AS SELECT t.label FROM t; CREATE TABLE holder (one t, many t[]);",
    "CREATE TABLE t (id bigint, a text, b int); CREATE FUNCTION label(t) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.a || $1.b'; CREATE VIEW v AS SELECT t.label FROM t; CREATE TABLE holder (one t, many t[]);",
  ],
  [
    "attributes of the type of a table",
    "CREATE TYPE r AS (a int, b text); CREATE TABLE t OF r (PRIMARY KEY (a));",
    "CREATE TYPE r AS (a int, b text COLLATE \"C\", c date); CREATE TABLE t OF r (PRIMARY KEY (a), b WITH OPTIONS DEFAULT 'x' NOT NULL); CREATE INDEX ON t (c);",
  ],
];
