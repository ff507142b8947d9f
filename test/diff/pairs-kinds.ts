import type { Pair } from "./pair.ts";

const ABC = "CREATE TYPE mood AS ENUM ('a', 'b', 'c');";
const AC = "CREATE TYPE mood AS ENUM ('c', 'a');";

export const KIND_PAIRS: readonly Pair[] = [
  [
    "enum loses a value that is used everywhere",
    `${ABC} COMMENT ON TYPE mood IS 'm'; GRANT USAGE ON TYPE mood TO reader; REVOKE USAGE ON TYPE mood FROM PUBLIC; CREATE TABLE t (id int PRIMARY KEY, m mood DEFAULT 'a' NOT NULL CHECK (m <> 'c'), l mood[] DEFAULT '{a,c}', u mood UNIQUE); CREATE INDEX i ON t (m) WHERE m IN ('a', 'c'); CREATE VIEW v AS SELECT m, l FROM t WHERE m = 'a'; CREATE MATERIALIZED VIEW mv AS SELECT m FROM v; CREATE FUNCTION f(mood DEFAULT 'a') RETURNS SETOF mood LANGUAGE sql AS 'SELECT $1'; CREATE POLICY p ON t USING (m = 'a');`,
    `${AC} COMMENT ON TYPE mood IS 'm'; GRANT USAGE ON TYPE mood TO reader; REVOKE USAGE ON TYPE mood FROM PUBLIC; CREATE TABLE t (id int PRIMARY KEY, m mood DEFAULT 'a' NOT NULL CHECK (m <> 'c'), l mood[] DEFAULT '{a,c}', u mood UNIQUE); CREATE INDEX i ON t (m) WHERE m IN ('a', 'c'); CREATE VIEW v AS SELECT m, l FROM t WHERE m = 'a'; CREATE MATERIALIZED VIEW mv AS SELECT m FROM v; CREATE FUNCTION f(mood DEFAULT 'a') RETURNS SETOF mood LANGUAGE sql AS 'SELECT $1'; CREATE POLICY p ON t USING (m = 'a');`,
  ],
  [
    "enum in a composite type loses a value",
    `${ABC} CREATE TYPE box AS (m mood, n int); CREATE FUNCTION f(box) RETURNS int LANGUAGE sql AS 'SELECT 1';`,
    `${AC} CREATE TYPE box AS (m mood, n int); CREATE FUNCTION f(box) RETURNS int LANGUAGE sql AS 'SELECT 1';`,
  ],
  [
    "enum in a composite type of a column loses a value",
    `${ABC} CREATE TYPE box AS (m mood, n int); CREATE TABLE t (b box);`,
    `${AC} CREATE TYPE box AS (m mood, n int); CREATE TABLE t (b box);`,
    { isRefusable: true },
  ],
  [
    "enum under a domain loses a value",
    `${ABC} CREATE DOMAIN d AS mood DEFAULT 'a' CHECK (VALUE <> 'c');`,
    `${AC} CREATE DOMAIN d AS mood DEFAULT 'a' CHECK (VALUE <> 'c');`,
  ],
  [
    "enum under a domain of a column loses a value",
    `${ABC} CREATE DOMAIN d AS mood; CREATE TABLE t (m d);`,
    `${AC} CREATE DOMAIN d AS mood; CREATE TABLE t (m d);`,
    { isRefusable: true },
  ],
  [
    "enum of partitions and a foreign key loses a value",
    `${ABC} CREATE TABLE p (m mood PRIMARY KEY); CREATE TABLE c (m mood REFERENCES p); CREATE TABLE g (m mood, t text GENERATED ALWAYS AS (CASE WHEN m = 'a' THEN 'x' END) STORED);`,
    `${AC} CREATE TABLE p (m mood PRIMARY KEY); CREATE TABLE c (m mood REFERENCES p); CREATE TABLE g (m mood, t text GENERATED ALWAYS AS (CASE WHEN m = 'a' THEN 'x' END) STORED);`,
  ],
  ["enum changes its order", ABC, "CREATE TYPE mood AS ENUM ('c', 'b', 'a', 'd');"],
  [
    "enum gets values everywhere",
    `${ABC} CREATE TABLE t (m mood DEFAULT 'a');`,
    "CREATE TYPE mood AS ENUM ('x', 'a', 'y', 'z', 'b', 'c', '', 'it''s', 'B'); CREATE TABLE t (m mood DEFAULT 'y', CHECK (m <> 'z')); CREATE INDEX ON t (m) WHERE m = 'B';",
  ],
  [
    "enum is replaced by text and a check",
    `${ABC} CREATE TABLE t (m mood DEFAULT 'a' NOT NULL); CREATE INDEX i ON t (m) WHERE m = 'b'; CREATE VIEW v AS SELECT m FROM t WHERE m <> 'c';`,
    "CREATE TABLE t (m text DEFAULT 'a' NOT NULL CHECK (m IN ('a', 'b', 'c'))); CREATE INDEX i ON t (m) WHERE m = 'b'; CREATE VIEW v AS SELECT m FROM t WHERE m <> 'c';",
  ],
  [
    "enum array becomes a text array",
    `${ABC} CREATE TABLE t (m mood[] DEFAULT '{a}' NOT NULL);`,
    "CREATE TABLE t (m text[] DEFAULT '{a}' NOT NULL);",
  ],
  ["enum becomes a domain", ABC, "CREATE DOMAIN mood AS text CHECK (VALUE IN ('a', 'b'));"],
  [
    "enum becomes a domain in use",
    `${ABC} CREATE TABLE t (m mood DEFAULT 'a');`,
    "CREATE DOMAIN mood AS text CHECK (VALUE IN ('a', 'b')); CREATE TABLE t (m mood DEFAULT 'a');",
  ],
  [
    "domain with everything in use",
    "CREATE DOMAIN d AS text CONSTRAINT k CHECK (VALUE <> ''); CREATE TABLE t (a d DEFAULT 'x', b d[] DEFAULT '{}', c d NOT NULL); CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION f(d) RETURNS d LANGUAGE sql AS 'SELECT $1';",
    "CREATE DOMAIN d AS text DEFAULT 'y' NOT NULL CONSTRAINT k CHECK (VALUE <> 'n') CONSTRAINT l CHECK (length(VALUE) < 9); CREATE TABLE t (a d DEFAULT 'x', b d[] DEFAULT '{}', c d NOT NULL); CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION f(d) RETURNS d LANGUAGE sql AS 'SELECT $1'; COMMENT ON CONSTRAINT l ON DOMAIN d IS 'x'; COMMENT ON DOMAIN d IS 'd';",
  ],
  [
    "domain over a domain",
    "CREATE DOMAIN a AS int CHECK (VALUE > 0); CREATE DOMAIN b AS a CHECK (VALUE < 9); CREATE TABLE t (x b);",
    "CREATE DOMAIN a AS int CHECK (VALUE > 1); CREATE DOMAIN b AS a DEFAULT 3 CHECK (VALUE < 8); CREATE TABLE t (x b);",
  ],
  [
    "domain is dissolved",
    "CREATE DOMAIN d AS varchar(20) CHECK (VALUE <> ''); CREATE TABLE t (a d, b d[]);",
    "CREATE TABLE t (a varchar(20), b varchar(20)[]);",
  ],
  [
    "domain over a composite and an array",
    "CREATE TYPE c AS (x int); CREATE DOMAIN d AS c; CREATE DOMAIN e AS int[] CHECK (cardinality(VALUE) < 3);",
    "CREATE TYPE c AS (x int, y text); CREATE DOMAIN d AS c CHECK ((VALUE).y <> ''); CREATE DOMAIN e AS int[] CHECK (cardinality(VALUE) < 4); CREATE TABLE t (d d, e e);",
  ],
  ["collation of a domain", 'CREATE DOMAIN d AS text COLLATE "C";', "CREATE DOMAIN d AS text; CREATE TABLE t (a d);"],
  [
    "composite type in use changes",
    "CREATE TYPE c AS (x int, y text); CREATE TABLE t (a c, b c[]); CREATE VIEW v AS SELECT (a).x FROM t; CREATE FUNCTION f(c) RETURNS c LANGUAGE sql AS 'SELECT $1';",
    "CREATE TYPE c AS (x int, z date, y text); CREATE TABLE t (a c, b c[]); CREATE VIEW v AS SELECT (a).x FROM t; CREATE FUNCTION f(c) RETURNS c LANGUAGE sql AS 'SELECT $1'; COMMENT ON COLUMN c.z IS 'z';",
  ],
  [
    "type of an attribute in use",
    "CREATE TYPE c AS (x int, y text); CREATE TABLE t (a c);",
    "CREATE TYPE c AS (x bigint, y text); CREATE TABLE t (a c);",
    { isRefusable: true },
  ],
  [
    "type of an attribute above views",
    "CREATE TYPE c AS (x int); CREATE FUNCTION f() RETURNS c LANGUAGE sql AS 'SELECT ROW(1)::c'; CREATE VIEW v AS SELECT (f()).x; CREATE TYPE outer_c AS (c c, n int);",
    "CREATE TYPE c AS (x text); CREATE FUNCTION f() RETURNS c LANGUAGE sql AS 'SELECT ROW(''1'')::c'; CREATE VIEW v AS SELECT (f()).x; CREATE TYPE outer_c AS (c c, n int);",
  ],
  [
    "range type in use",
    "CREATE TYPE r AS RANGE (subtype = float8); CREATE TABLE t (a r, m multirange_of_r); ".replace(
      "multirange_of_r",
      "int4multirange",
    ),
    "CREATE TYPE r AS RANGE (subtype = float8, subtype_diff = float8mi); CREATE TABLE t (a r, m int4multirange); CREATE INDEX ON t USING gist (a);",
    { isRefusable: true },
  ],
  [
    "multirange in a column",
    "",
    "CREATE TYPE r AS RANGE (subtype = text, collation = \"C\"); CREATE TABLE t (a r, m r_multirange DEFAULT '{}'); CREATE VIEW v AS SELECT unnest(m) FROM t; COMMENT ON TYPE r IS 'x';",
  ],
  [
    "base type in use",
    "",
    "CREATE TYPE b; CREATE FUNCTION bin(cstring) RETURNS b LANGUAGE internal IMMUTABLE STRICT AS 'textin'; CREATE FUNCTION bout(b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; CREATE TYPE b (INPUT = bin, OUTPUT = bout, LIKE = text, CATEGORY = 'S', DEFAULT = 'x', COLLATABLE = true); CREATE TABLE t (a b, c b[]); CREATE CAST (b AS text) WITHOUT FUNCTION AS IMPLICIT; COMMENT ON TYPE b IS 'x';",
  ],
  [
    "collation of a column changes",
    "CREATE COLLATION c (provider = icu, locale = 'de'); CREATE TABLE t (a text COLLATE c UNIQUE); CREATE DOMAIN d AS text COLLATE c; CREATE INDEX ON t (lower(a COLLATE c));",
    "CREATE COLLATION c (provider = icu, locale = 'sv'); CREATE TABLE t (a text COLLATE c UNIQUE); CREATE DOMAIN d AS text COLLATE c; CREATE INDEX ON t (lower(a COLLATE c));",
    { isRefusable: true },
  ],
  [
    "text search in use",
    "CREATE TEXT SEARCH CONFIGURATION cfg (COPY = english); CREATE TABLE t (b text, d tsvector GENERATED ALWAYS AS (to_tsvector('cfg', b)) STORED); CREATE INDEX i ON t USING gin (to_tsvector('cfg', b));",
    "CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = snowball, Language = 'german', StopWords = 'german'); CREATE TEXT SEARCH CONFIGURATION cfg (COPY = english); ALTER TEXT SEARCH CONFIGURATION cfg ALTER MAPPING FOR asciiword, word WITH dict, simple; CREATE TABLE t (b text, d tsvector GENERATED ALWAYS AS (to_tsvector('cfg', b)) STORED); CREATE INDEX i ON t USING gin (to_tsvector('cfg', b)); COMMENT ON TEXT SEARCH DICTIONARY dict IS 'x';",
  ],
  [
    "text search dictionary changes",
    "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, StopWords = 'english'); CREATE TEXT SEARCH CONFIGURATION cfg (PARSER = \"default\"); ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR word WITH d;",
    "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, StopWords = 'german', Accept = false); CREATE TEXT SEARCH CONFIGURATION cfg (PARSER = \"default\"); ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR word, url WITH d, simple;",
  ],
  [
    "text search template and parser",
    "",
    "CREATE TEXT SEARCH TEMPLATE tm (INIT = dsimple_init, LEXIZE = dsimple_lexize); CREATE TEXT SEARCH PARSER pa (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline); CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = tm); CREATE TEXT SEARCH CONFIGURATION cfg (PARSER = pa); COMMENT ON TEXT SEARCH PARSER pa IS 'x'; COMMENT ON TEXT SEARCH TEMPLATE tm IS 'y';",
  ],
  [
    "extension of a column is dropped",
    "CREATE EXTENSION citext; CREATE TABLE t (a citext UNIQUE, b citext[] DEFAULT '{}');",
    "CREATE TABLE t (a text UNIQUE, b text[] DEFAULT '{}');",
  ],
  [
    "extensions with operators in use",
    "CREATE TABLE t (a text, p ltree_path);".replace("ltree_path", "text"),
    "CREATE SCHEMA ext; CREATE EXTENSION pg_trgm SCHEMA ext; CREATE EXTENSION ltree; CREATE EXTENSION btree_gin; CREATE TABLE t (a text, p ltree); CREATE INDEX ON t USING gin (a ext.gin_trgm_ops); CREATE INDEX ON t USING gist (p); COMMENT ON EXTENSION ltree IS 'paths';",
  ],
  [
    "table becomes a type",
    "CREATE TABLE t (a int); CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "CREATE TYPE t AS (a int); CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1';",
  ],
  ["sequence becomes a table", "CREATE SEQUENCE s; GRANT USAGE ON SEQUENCE s TO reader;", "CREATE TABLE s (a int);"],
  [
    "index and table change names",
    "CREATE TABLE t (a int); CREATE INDEX x ON t (a);",
    "CREATE TABLE t (a int); CREATE TABLE x (a int); CREATE INDEX y ON t (a);",
  ],
  [
    "table becomes a foreign table",
    "CREATE TABLE x (a int);",
    "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE x (a int) SERVER s;",
  ],
  [
    "table becomes a materialized view",
    "CREATE TABLE t (a int); CREATE TABLE x (a int); CREATE INDEX i ON x (a);",
    "CREATE TABLE t (a int); CREATE MATERIALIZED VIEW x AS SELECT a FROM t; CREATE INDEX i ON x (a);",
  ],
  [
    "domain becomes a composite type",
    "CREATE DOMAIN d AS int; CREATE TABLE t (a d);",
    "CREATE TYPE d AS (x int); CREATE TABLE t (a d);",
  ],
  [
    "access method of a table",
    "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE t (a int);",
    "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE t (a int) USING heap2; CREATE MATERIALIZED VIEW m USING heap2 AS SELECT a FROM t; COMMENT ON ACCESS METHOD heap2 IS 'x';",
    { since: 15 },
  ],
];
