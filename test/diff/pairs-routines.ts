import type { Pair } from "./pair.ts";

const T = "CREATE TABLE t (id int PRIMARY KEY, a int, b text);";
const sql = (name: string, body: string, rest = "IMMUTABLE") =>
  `CREATE FUNCTION ${name} ${rest} LANGUAGE sql AS $_$ ${body} $_$;`;

export const ROUTINE_PAIRS: readonly Pair[] = [
  [
    "function defaults change",
    sql("f(a int, b int DEFAULT 1, c text DEFAULT 'x') RETURNS int", "SELECT 1"),
    sql("f(a int, b int DEFAULT 2, c text DEFAULT upper('it''s') || now()::text) RETURNS int", "SELECT 1", ""),
  ],
  [
    "function defaults are added and removed",
    `${sql("f(a int, b int) RETURNS int", "SELECT 1")} ${sql("g(a int DEFAULT 1) RETURNS int", "SELECT 1")} CREATE VIEW v AS SELECT g(1) AS x;`,
    `${sql("f(a int, b int DEFAULT 2) RETURNS int", "SELECT 1")} ${sql("g(a int) RETURNS int", "SELECT 1")} CREATE VIEW v AS SELECT g(1) AS x;`,
  ],
  [
    "parameter names below dependents",
    `${sql("f(a int) RETURNS int", "SELECT 1")} CREATE TABLE t (x int DEFAULT f(1), g int GENERATED ALWAYS AS (f(2)) STORED CHECK (f(g) > 0)); CREATE INDEX i ON t (f(x)); CREATE DOMAIN d AS int CHECK (f(VALUE) > 0); CREATE TABLE u (y d); CREATE VIEW v AS SELECT f(x) FROM t; GRANT EXECUTE ON FUNCTION f(int) TO reader;`,
    `${sql("f(b int) RETURNS int", "SELECT 2")} CREATE TABLE t (x int DEFAULT f(1), g int GENERATED ALWAYS AS (f(2)) STORED CHECK (f(g) > 0)); CREATE INDEX i ON t (f(x)); CREATE DOMAIN d AS int CHECK (f(VALUE) > 0); CREATE TABLE u (y d); CREATE VIEW v AS SELECT f(x) FROM t; GRANT EXECUTE ON FUNCTION f(int) TO reader;`,
  ],
  [
    "argument type below dependents",
    `${sql("f(int) RETURNS int", "SELECT 1")} CREATE TABLE t (x int DEFAULT f(1), CHECK (f(x) > 0)); CREATE VIEW v AS SELECT f(x) FROM t; CREATE INDEX i ON t (f(x));`,
    `${sql("f(bigint) RETURNS int", "SELECT 1")} CREATE TABLE t (x int DEFAULT f(1), CHECK (f(x) > 0)); CREATE VIEW v AS SELECT f(x) FROM t; CREATE INDEX i ON t (f(x));`,
  ],
  [
    "out parameters",
    "CREATE FUNCTION f(a int, OUT b int, OUT c text) LANGUAGE sql AS 'SELECT 1, ''x'''; CREATE VIEW v AS SELECT * FROM f(1);",
    "CREATE FUNCTION f(a int, OUT b int, INOUT d text DEFAULT 'z', OUT e date) LANGUAGE sql AS 'SELECT 1, ''x'', current_date'; CREATE VIEW v AS SELECT * FROM f(1);",
  ],
  [
    "table function",
    "CREATE FUNCTION f() RETURNS TABLE (a int, b text) LANGUAGE sql AS 'SELECT 1, ''x'''; GRANT EXECUTE ON FUNCTION f() TO reader; COMMENT ON FUNCTION f() IS 'x';",
    "CREATE FUNCTION f() RETURNS TABLE (a int, \"B c\" text) LANGUAGE sql AS 'SELECT 1, ''x'''; GRANT EXECUTE ON FUNCTION f() TO reader; COMMENT ON FUNCTION f() IS 'x';",
  ],
  [
    "set-returning and polymorphic functions",
    `${T} CREATE FUNCTION f() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION p(anyelement, anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';`,
    `${T} CREATE FUNCTION f() RETURNS SETOF t ROWS 50 LANGUAGE sql AS 'SELECT * FROM t'; CREATE FUNCTION p(anycompatible, anycompatiblearray) RETURNS anycompatible LANGUAGE sql AS 'SELECT $1'; CREATE FUNCTION r() RETURNS record LANGUAGE sql AS 'SELECT 1, 2';`,
  ],
  [
    "attributes are removed",
    "CREATE FUNCTION f(a int) RETURNS SETOF int LANGUAGE sql STABLE STRICT SECURITY DEFINER LEAKPROOF PARALLEL RESTRICTED COST 7 ROWS 70 SET search_path = pg_catalog, \"My s\" SET datestyle = 'ISO, DMY' SET work_mem FROM CURRENT AS 'SELECT 1';",
    "CREATE FUNCTION f(a int) RETURNS SETOF int LANGUAGE sql SET timezone = 'Europe/Berlin' AS 'SELECT 1';",
  ],
  [
    "language changes",
    "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a'; CREATE VIEW v AS SELECT f(1) AS x;",
    "CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE s text := 'it''s'; BEGIN -- a; comment\n RETURN a; /* public.t */ END $$; CREATE VIEW v AS SELECT f(1) AS x;",
  ],
  [
    "bodies with dollars and quotes",
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''$$''';",
    "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $x$ BEGIN EXECUTE $y$ SELECT '$_$' $y$; RETURN $$ public.t timestamp without time zone $$ || E'\\n\\\\'; END $x$;",
  ],
  [
    "function becomes an aggregate",
    "CREATE FUNCTION total(int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
    "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);",
  ],
  [
    "procedure changes",
    "CREATE PROCEDURE p(a int) LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON PROCEDURE p(int) TO reader;",
    "CREATE PROCEDURE p(a int, OUT b text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN b := 1; COMMIT; END'; GRANT EXECUTE ON PROCEDURE p(int) TO reader;",
  ],
  [
    "function arguments of a table's type",
    `${T} CREATE FUNCTION full_b(t) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.b'; CREATE VIEW v AS SELECT full_b(t) AS x FROM t;`,
    "CREATE TABLE t (id bigint PRIMARY KEY, b text, c int); CREATE FUNCTION full_b(t) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.b || $1.c'; CREATE VIEW v AS SELECT full_b(t) AS x FROM t;",
  ],
  [
    "function of a dropped table",
    `${T} CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'; CREATE FUNCTION g(x t) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';`,
    "CREATE FUNCTION f() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1';",
  ],
  [
    "standard bodies above each other",
    `${T} CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql RETURN x + 1; CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT sum(f(a)) FROM t; END; CREATE VIEW v AS SELECT g() AS n;`,
    "CREATE TABLE t (id int PRIMARY KEY, a bigint, c text); CREATE FUNCTION f(x bigint) RETURNS bigint LANGUAGE sql RETURN x + 2; CREATE FUNCTION g() RETURNS numeric LANGUAGE sql BEGIN ATOMIC SELECT sum(f(a)) FROM t; END; CREATE VIEW v AS SELECT g() AS n;",
  ],
  [
    "standard body of a procedure",
    T,
    `${T} CREATE PROCEDURE p(x int) LANGUAGE sql BEGIN ATOMIC INSERT INTO t (id) VALUES (x); DELETE FROM t WHERE a = x AND b = 'public.t'; UPDATE t SET b = 'timestamp without time zone'::text; END;`,
  ],
  [
    "table, default and function in a circle",
    "CREATE TABLE t (id int);",
    "CREATE TABLE t (id int, n bigint); CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t; END; ALTER TABLE t ALTER n SET DEFAULT f(); CREATE VIEW v AS SELECT f() AS c; CREATE TABLE u (c bigint DEFAULT f() CHECK (c >= f()));",
  ],
  [
    "function below a policy and a trigger",
    `${T} ${sql("ok(int) RETURNS boolean", "SELECT true")} CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE POLICY p ON t USING (ok(a)); CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (ok(NEW.a)) EXECUTE FUNCTION tf();`,
    `CREATE TABLE t (id int PRIMARY KEY, a text, b text); ${sql("ok(text) RETURNS boolean", "SELECT false")} CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; CREATE POLICY p ON t USING (ok(a)); CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (ok(NEW.a)) EXECUTE FUNCTION tf();`,
  ],
  [
    "aggregates of all kinds",
    "CREATE AGGREGATE s(int) (SFUNC = int4pl, STYPE = int); CREATE VIEW v AS SELECT s(x) FROM (VALUES (1)) AS q(x); GRANT EXECUTE ON FUNCTION s(int) TO reader; COMMENT ON AGGREGATE s(int) IS 'x';",
    "CREATE AGGREGATE s(int) (SFUNC = int4pl, STYPE = int, INITCOND = '5', COMBINEFUNC = int4pl, PARALLEL = safe, MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int); CREATE AGGREGATE pct(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA); CREATE VIEW v AS SELECT s(x) FROM (VALUES (1)) AS q(x); GRANT EXECUTE ON FUNCTION s(int) TO reader; COMMENT ON AGGREGATE s(int) IS 'y';",
  ],
  [
    "aggregate state function changes",
    `${sql("add(int, int) RETURNS int", "SELECT $1 + $2")} CREATE AGGREGATE s(int) (SFUNC = add, STYPE = int, INITCOND = '0');`,
    `${sql("add(state bigint, n int) RETURNS bigint", "SELECT $1 + $2")} CREATE AGGREGATE s(int) (SFUNC = add, STYPE = bigint, INITCOND = '0');`,
  ],
  [
    "operators",
    `${sql("eq(point, point) RETURNS boolean", "SELECT true")} CREATE OPERATOR === (FUNCTION = eq, LEFTARG = point, RIGHTARG = point); CREATE VIEW v AS SELECT point '(1,1)' === point '(1,2)' AS x;`,
    `${sql("eq(point, point) RETURNS boolean", "SELECT true")} ${sql("ne(point, point) RETURNS boolean", "SELECT false")} CREATE OPERATOR === (FUNCTION = eq, LEFTARG = point, RIGHTARG = point, COMMUTATOR = ===, NEGATOR = !==, RESTRICT = eqsel, JOIN = eqjoinsel); CREATE OPERATOR !== (FUNCTION = ne, LEFTARG = point, RIGHTARG = point, COMMUTATOR = !==, NEGATOR = ===); CREATE VIEW v AS SELECT point '(1,1)' === point '(1,2)' AS x;`,
  ],
  [
    "operator function below an index",
    `${sql("c(int, int) RETURNS int", "SELECT $2 - $1")} CREATE OPERATOR CLASS rev FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 c(int, int); CREATE TABLE t (a int); CREATE INDEX i ON t (a rev);`,
    `${sql("c(x int, y int) RETURNS int", "SELECT $2 - $1")} CREATE OPERATOR CLASS rev FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 c(int, int); CREATE TABLE t (a int); CREATE INDEX i ON t (a rev);`,
    { isRefusable: true },
  ],
  [
    "operator family gets members",
    "CREATE OPERATOR FAMILY fam USING btree; COMMENT ON OPERATOR FAMILY fam USING btree IS 'x';",
    "CREATE OPERATOR FAMILY fam USING btree; ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 1 < (int4, int8), FUNCTION 1 (int4, int8) btint48cmp(int4, int8);",
  ],
  [
    "hash operator class",
    "CREATE TABLE t (a int);",
    `${sql("h(int) RETURNS int", "SELECT $1")} CREATE OPERATOR CLASS hc FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 h(int); CREATE TABLE t (a int); CREATE INDEX i ON t USING hash (a hc); COMMENT ON OPERATOR CLASS hc USING hash IS 'x';`,
  ],
  [
    "casts of all kinds",
    `CREATE TYPE e AS ENUM ('a'); CREATE DOMAIN d AS text; CREATE TYPE c AS (x int); ${sql("ci(c) RETURNS int", "SELECT 1")} CREATE CAST (c AS int) WITH FUNCTION ci(c); CREATE CAST (text AS e) WITH INOUT;`,
    `CREATE TYPE e AS ENUM ('a'); CREATE DOMAIN d AS text; CREATE TYPE c AS (x int, y int); ${sql("ci(c) RETURNS int", "SELECT 2")} CREATE CAST (c AS int) WITH FUNCTION ci(c) AS IMPLICIT; CREATE CAST (varchar AS e) WITH INOUT AS ASSIGNMENT; COMMENT ON CAST (c AS int) IS 'x';`,
  ],
  [
    "overloads change places",
    `${sql("f(int) RETURNS int", "SELECT 1")} ${sql("f(text) RETURNS text", "SELECT 'a'")} GRANT EXECUTE ON FUNCTION f(int) TO reader; COMMENT ON FUNCTION f(text) IS 'x';`,
    `${sql("f(int) RETURNS text", "SELECT 'b'")} ${sql("f(text, int DEFAULT 1) RETURNS text", "SELECT 'a'")} ${sql("f() RETURNS int", "SELECT 1")} REVOKE EXECUTE ON FUNCTION f(int) FROM PUBLIC; COMMENT ON FUNCTION f(int) IS 'x';`,
  ],
  [
    "function moves to another schema",
    `CREATE SCHEMA s; ${sql("f(int) RETURNS int", "SELECT 1")} CREATE TABLE t (a int DEFAULT f(1)); CREATE VIEW v AS SELECT f(2) AS x;`,
    `CREATE SCHEMA s; ${sql("s.f(int) RETURNS int", "SELECT 1")} CREATE TABLE t (a int DEFAULT s.f(1)); CREATE VIEW v AS SELECT s.f(2) AS x;`,
  ],
  [
    "window and internal functions",
    "",
    "CREATE FUNCTION rn() RETURNS bigint LANGUAGE internal WINDOW AS 'window_row_number'; CREATE FUNCTION up(text) RETURNS text LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'upper'; CREATE FUNCTION s(int) RETURNS int LANGUAGE sql IMMUTABLE COST 3 AS 'SELECT 1';",
  ],
  [
    "trigger function becomes another kind",
    "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
    "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
  ],
  [
    "functions with types that change",
    "CREATE TYPE c AS (x int); CREATE TYPE e AS ENUM ('a', 'b'); CREATE DOMAIN d AS int; CREATE FUNCTION f(c, e[], d DEFAULT 5) RETURNS TABLE (x c, y e) LANGUAGE plpgsql AS 'BEGIN END'; CREATE FUNCTION g(x e DEFAULT 'a') RETURNS e LANGUAGE sql AS 'SELECT $1';",
    "CREATE TYPE c AS (x bigint, z text); CREATE TYPE e AS ENUM ('b', 'a'); CREATE DOMAIN d AS bigint; CREATE FUNCTION f(c, e[], d DEFAULT 5) RETURNS TABLE (x c, y e) LANGUAGE plpgsql AS 'BEGIN END'; CREATE FUNCTION g(x e DEFAULT 'b') RETURNS e LANGUAGE sql AS 'SELECT $1';",
  ],
];
