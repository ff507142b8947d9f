import type { Pair } from "./pair.ts";

const T = "CREATE TABLE t (id int PRIMARY KEY, a int, b text);";
const F = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';";

export const CODE_PAIRS: readonly Pair[] = [
  ["view", T, `${T} CREATE VIEW v AS SELECT id, a FROM t WHERE a > 0;`],
  [
    "view with another query",
    `${T} CREATE VIEW v AS SELECT id, a FROM t;`,
    `${T} CREATE VIEW v AS SELECT id, a FROM t WHERE a > 0;`,
  ],
  [
    "view with a further column",
    `${T} CREATE VIEW v AS SELECT id FROM t;`,
    `${T} CREATE VIEW v AS SELECT id, a FROM t;`,
  ],
  [
    "view under views",
    `${T} CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT a FROM v; CREATE VIEW x AS SELECT a FROM w;`,
    `${T} CREATE VIEW v AS SELECT b, id, a FROM t; CREATE VIEW w AS SELECT a FROM v; CREATE VIEW x AS SELECT a FROM w;`,
  ],
  [
    "view under a function",
    `${T} CREATE VIEW v AS SELECT id FROM t; CREATE FUNCTION g() RETURNS SETOF v LANGUAGE sql BEGIN ATOMIC SELECT * FROM v; END;`,
    `${T} CREATE VIEW v AS SELECT id::bigint FROM t; CREATE FUNCTION g() RETURNS SETOF v LANGUAGE sql BEGIN ATOMIC SELECT * FROM v; END;`,
  ],
  [
    "view options",
    `${T} CREATE VIEW v AS SELECT id FROM t;`,
    `${T} CREATE VIEW v WITH (security_barrier = true, security_invoker = true) AS SELECT id FROM t WITH CASCADED CHECK OPTION;`,
    { since: 15 },
  ],
  [
    "view column default",
    `${T} CREATE VIEW v AS SELECT id, a FROM t;`,
    `${T} CREATE VIEW v AS SELECT id, a FROM t; ALTER VIEW v ALTER a SET DEFAULT 5;`,
  ],
  [
    "view with trigger, rule, comment, grant",
    `${T} ${F} CREATE VIEW v AS SELECT id, a FROM t; CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f(); COMMENT ON VIEW v IS 'x'; COMMENT ON COLUMN v.a IS 'y'; GRANT SELECT ON v TO reader; GRANT UPDATE (a) ON v TO writer;`,
    `${T} ${F} CREATE VIEW v AS SELECT a, id FROM t; CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f(); COMMENT ON VIEW v IS 'x'; COMMENT ON COLUMN v.a IS 'y'; GRANT SELECT ON v TO reader; GRANT UPDATE (a) ON v TO writer;`,
  ],
  ["recursive view", "", "CREATE RECURSIVE VIEW v (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM v WHERE n < 9;"],
  [
    "view becomes a materialized view",
    `${T} CREATE VIEW v AS SELECT id FROM t;`,
    `${T} CREATE MATERIALIZED VIEW v AS SELECT id FROM t;`,
  ],
  [
    "materialized view",
    `${T} CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t; CREATE INDEX i ON v (a);`,
    `${T} CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t WHERE a > 0; CREATE INDEX i ON v (a); CREATE UNIQUE INDEX k ON v (id);`,
  ],
  [
    "materialized view under a view",
    `${T} CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t; CREATE VIEW v AS SELECT * FROM m;`,
    `${T} CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t WHERE a > 0; CREATE VIEW v AS SELECT * FROM m;`,
  ],
  [
    "materialized view without data",
    `${T} CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t;`,
    `${T} CREATE MATERIALIZED VIEW m WITH (fillfactor = 50) AS SELECT id, a FROM t; COMMENT ON MATERIALIZED VIEW m IS 'x';`,
  ],
  [
    "function",
    "",
    "CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT b || a $$;",
  ],
  [
    "function body",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';",
  ],
  [
    "function result",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'a' $$;",
  ],
  [
    "function result under a view",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT f() AS x;",
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'a' $$; CREATE VIEW v AS SELECT f() AS x;",
  ],
  [
    "function parameter names",
    "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION f(int) IS 'x';",
    "CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION f(int) IS 'x';",
  ],
  [
    "function default removed",
    "CREATE FUNCTION f(a int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT a';",
    "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';",
  ],
  [
    "function attributes",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER LEAKPROOF COST 7 SET search_path = pg_catalog, public SET work_mem = '1MB' AS 'SELECT 1';",
  ],
  [
    "function in a default, a check, an index and a policy",
    "CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a int DEFAULT f(1), CHECK (f(a) > 0)); CREATE INDEX i ON t (f(a)); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (f(a) = 1);",
    "CREATE FUNCTION f(x int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT 1::bigint'; CREATE TABLE t (a int DEFAULT f(1), CHECK (f(a) > 0)); CREATE INDEX i ON t (f(a)); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (f(a) = 1);",
  ],
  [
    "function of a new table",
    "",
    `${T} CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'; CREATE FUNCTION g(x t) RETURNS int LANGUAGE sql AS 'SELECT x.a';`,
  ],
  [
    "functions that call each other",
    "",
    "SET check_function_bodies = off; CREATE FUNCTION a(n int) RETURNS int LANGUAGE sql AS 'SELECT CASE WHEN n > 0 THEN b(n - 1) END'; CREATE FUNCTION b(n int) RETURNS int LANGUAGE sql AS 'SELECT a(n)';",
  ],
  [
    "function with a standard body",
    "",
    `${T} CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t; END;`,
  ],
  [
    "standard body under a column type",
    `${T} CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT sum(a) FROM t; END;`,
    "CREATE TABLE t (id int PRIMARY KEY, a smallint, b text); CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT sum(a) FROM t; END;",
  ],
  [
    "overloads",
    "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f(text, VARIADIC int[]) RETURNS TABLE (x int, y text) LANGUAGE sql AS $$ SELECT 1, 'a' $$;",
  ],
  [
    "procedure",
    "",
    "CREATE PROCEDURE p(INOUT a int, b text) LANGUAGE plpgsql AS 'BEGIN a := 1; END'; COMMENT ON PROCEDURE p(int, text) IS 'x';",
  ],
  [
    "procedure becomes a function",
    "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';",
    "CREATE FUNCTION p() RETURNS int LANGUAGE sql AS 'SELECT 1';",
  ],
  [
    "aggregate",
    "",
    "CREATE FUNCTION add(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2'; CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int, INITCOND = '0'); CREATE AGGREGATE n(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');",
  ],
  [
    "aggregate changed",
    "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0'); CREATE VIEW v AS SELECT total(x) FROM (VALUES (1)) AS t(x);",
    "CREATE AGGREGATE total(int) (SFUNC = int4mul, STYPE = int, INITCOND = '1'); CREATE VIEW v AS SELECT total(x) FROM (VALUES (1)) AS t(x);",
  ],
  [
    "trigger",
    `${T} ${F}`,
    `${T} ${F} CREATE TRIGGER g BEFORE INSERT OR UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION f();`,
  ],
  [
    "trigger changed",
    `${T} ${F} CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();`,
    `${T} ${F} CREATE TRIGGER g AFTER INSERT ON t REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION f('x');`,
  ],
  [
    "trigger disabled",
    `${T} ${F} CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();`,
    `${T} ${F} CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER g;`,
  ],
  [
    "constraint trigger",
    `${T} ${F}`,
    `${T} ${F} CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER g; COMMENT ON TRIGGER g ON t IS 'x';`,
  ],
  [
    "trigger function renamed",
    `${T} ${F} CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();`,
    `${T} CREATE FUNCTION h() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION h();`,
  ],
  [
    "rule",
    T,
    `${T} CREATE RULE r AS ON DELETE TO t DO INSTEAD UPDATE t SET a = 0 WHERE id = OLD.id; COMMENT ON RULE r ON t IS 'x';`,
  ],
  [
    "rule changed",
    `${T} CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;`,
    `${T} CREATE RULE r AS ON DELETE TO t WHERE OLD.a = 1 DO INSTEAD NOTHING; ALTER TABLE t DISABLE RULE r;`,
  ],
  [
    "policy",
    T,
    `${T} ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE TO reader, writer USING (a > 0) WITH CHECK (b <> ''); COMMENT ON POLICY p ON t IS 'x';`,
  ],
  [
    "policy changed",
    `${T} CREATE POLICY p ON t USING (a > 0); CREATE POLICY q ON t FOR SELECT USING (true);`,
    `${T} CREATE POLICY p ON t TO reader USING (a > 1) WITH CHECK (true); CREATE POLICY q ON t FOR INSERT WITH CHECK (true);`,
  ],
  [
    "event trigger",
    "",
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER ev ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION e(); COMMENT ON EVENT TRIGGER ev IS 'x';",
  ],
  [
    "event trigger disabled",
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER ev ON sql_drop EXECUTE FUNCTION e();",
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER ev ON sql_drop EXECUTE FUNCTION e(); ALTER EVENT TRIGGER ev DISABLE;",
  ],
  [
    "cast",
    "CREATE TYPE e AS ENUM ('a');",
    "CREATE TYPE e AS ENUM ('a'); CREATE FUNCTION c(e) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE CAST (e AS int) WITH FUNCTION c(e) AS ASSIGNMENT; COMMENT ON CAST (e AS int) IS 'x';",
  ],
  [
    "cast context",
    "CREATE TYPE e AS ENUM ('a'); CREATE CAST (text AS e) WITH INOUT AS ASSIGNMENT;",
    "CREATE TYPE e AS ENUM ('a'); CREATE CAST (text AS e) WITH INOUT AS IMPLICIT;",
  ],
  [
    "operator",
    "",
    "CREATE FUNCTION eq(point, point) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'; CREATE OPERATOR === (FUNCTION = eq, LEFTARG = point, RIGHTARG = point, COMMUTATOR = ===); COMMENT ON OPERATOR === (point, point) IS 'x';",
  ],
  [
    "operator overloads",
    "CREATE FUNCTION g(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE OPERATOR @#@ (FUNCTION = g, LEFTARG = int, RIGHTARG = int);",
    "CREATE FUNCTION g(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE FUNCTION h(text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE OPERATOR @#@ (FUNCTION = g, LEFTARG = int, RIGHTARG = int); CREATE OPERATOR @#@ (FUNCTION = h, RIGHTARG = text);",
  ],
  [
    "operator class",
    "",
    "CREATE FUNCTION c(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $2 - $1'; CREATE OPERATOR CLASS rev FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 c(int, int); CREATE TABLE t (a int); CREATE INDEX i ON t (a rev);",
  ],
  ["operator family", "", "CREATE OPERATOR FAMILY fam USING hash;"],
  [
    "collation",
    "",
    "CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk'); CREATE TABLE t (a text COLLATE german);",
  ],
  [
    "collation changed",
    "CREATE COLLATION c (provider = icu, locale = 'de');",
    "CREATE COLLATION c (provider = icu, locale = 'sv', deterministic = false);",
  ],
  [
    "text search",
    "",
    "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, StopWords = 'english'); CREATE TEXT SEARCH CONFIGURATION cfg (COPY = simple); ALTER TEXT SEARCH CONFIGURATION cfg ALTER MAPPING FOR asciiword WITH d;",
  ],
  [
    "text search changed",
    "CREATE TEXT SEARCH CONFIGURATION cfg (COPY = simple);",
    "CREATE TEXT SEARCH CONFIGURATION cfg (COPY = english); COMMENT ON TEXT SEARCH CONFIGURATION cfg IS 'x';",
  ],
  [
    "foreign data",
    "",
    "CREATE FOREIGN DATA WRAPPER w OPTIONS (debug 'true'); CREATE SERVER s TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER w OPTIONS (host 'a', \"Port\" '5'); CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (name 'n'); CREATE FOREIGN TABLE ft (a int OPTIONS (x 'y') NOT NULL, b text) SERVER s OPTIONS (t 'u');",
  ],
  [
    "foreign server options",
    "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'a', port '1'); CREATE FOREIGN TABLE ft (a int) SERVER s; CREATE USER MAPPING FOR reader SERVER s;",
    "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'b', db 'x'); CREATE FOREIGN TABLE ft (a int) SERVER s; CREATE USER MAPPING FOR reader SERVER s;",
  ],
  [
    "foreign table columns",
    "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE ft (a int) SERVER s; CREATE VIEW v AS SELECT a FROM ft;",
    "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE ft (a bigint, b text) SERVER s OPTIONS (x 'y'); CREATE VIEW v AS SELECT a FROM ft;",
  ],
  ["publication", T, `${T} CREATE PUBLICATION p FOR TABLE t;`],
  [
    "publication tables",
    `${T} CREATE TABLE u (a int); CREATE PUBLICATION p FOR TABLE t;`,
    `${T} CREATE TABLE u (a int); CREATE PUBLICATION p FOR TABLE u, t (id, a) WHERE (a > 0) WITH (publish = 'insert');`,
    { since: 15 },
  ],
  [
    "publication kinds",
    `${T} CREATE PUBLICATION p FOR TABLE t;`,
    `${T} CREATE PUBLICATION p FOR ALL TABLES; CREATE PUBLICATION q FOR TABLES IN SCHEMA public; COMMENT ON PUBLICATION q IS 'x';`,
    { since: 15 },
  ],
  ["extension", "", "CREATE EXTENSION pgcrypto; CREATE TABLE t (a uuid DEFAULT gen_random_uuid());"],
  [
    "extension schema",
    "CREATE SCHEMA e; CREATE EXTENSION hstore; CREATE TABLE t (h hstore);",
    "CREATE SCHEMA e; CREATE EXTENSION hstore SCHEMA e; CREATE TABLE t (h e.hstore);",
  ],
  [
    "access method",
    "",
    "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE t (a int) USING heap2;",
  ],
  ["conversion", "", "CREATE CONVERSION cv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;"],
  [
    "transform",
    "",
    "CREATE FUNCTION fs(internal) RETURNS internal LANGUAGE internal STRICT IMMUTABLE AS 'varchar_support'; CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION fs(internal));",
  ],
  [
    "language",
    "",
    "CREATE FUNCTION h() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'; CREATE TRUSTED LANGUAGE other HANDLER h;",
  ],
];
