import type { Pair } from "./pair.ts";

const T = "CREATE TABLE t (id int PRIMARY KEY, a int, b text);";
const BIG = "CREATE TABLE t (id int PRIMARY KEY, a bigint, b text);";
const F = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';";
/** Three views above each other, with everything that a view can have. */
const CHAIN = `${F} CREATE VIEW v1 AS SELECT id, a, b FROM t; CREATE VIEW v2 WITH (security_barrier) AS SELECT id, a FROM v1 WHERE a > 0; CREATE VIEW v3 AS SELECT v1.id, v2.a FROM v1 JOIN v2 USING (id);
 CREATE RULE r AS ON INSERT TO v3 DO INSTEAD INSERT INTO t (id, a) VALUES (NEW.id, NEW.a); CREATE RULE r2 AS ON DELETE TO v2 DO ALSO NOTHING; CREATE TRIGGER g INSTEAD OF UPDATE ON v1 FOR EACH ROW EXECUTE FUNCTION f(); COMMENT ON TRIGGER g ON v1 IS 'g'; COMMENT ON RULE r ON v3 IS 'r';
 COMMENT ON VIEW v2 IS 'two'; COMMENT ON COLUMN v3.a IS 'three'; GRANT SELECT ON v1, v2 TO reader; GRANT UPDATE (a) ON v2 TO writer; GRANT SELECT ON v3 TO reader WITH GRANT OPTION; ALTER VIEW v1 ALTER a SET DEFAULT 5; CREATE FUNCTION over_v3() RETURNS SETOF v3 LANGUAGE sql AS 'SELECT * FROM v3'; REVOKE ALL ON FUNCTION over_v3() FROM PUBLIC; COMMENT ON FUNCTION over_v3() IS 'f';`;

export const VIEW_PAIRS: readonly Pair[] = [
  ["chain of views above a type", `${T} ${CHAIN}`, `${BIG} ${CHAIN}`],
  [
    "view in the middle of a chain",
    `${T} ${CHAIN}`,
    `${T} ${CHAIN.replace("SELECT id, a FROM v1 WHERE a > 0", "SELECT a, id, b FROM v1 WHERE a > 1")}`,
  ],
  ["chain of views is dropped", `${T} ${CHAIN}`, T],
  [
    "view options change",
    `${T} CREATE VIEW v WITH (security_barrier = true, check_option = local) AS SELECT id FROM t;`,
    `${T} CREATE VIEW v WITH (security_invoker = true) AS SELECT id FROM t;`,
    { since: 15 },
  ],
  [
    "view column is renamed",
    `${T} CREATE VIEW v AS SELECT id, a AS x FROM t; CREATE VIEW w AS SELECT x FROM v;`,
    `${T} CREATE VIEW v AS SELECT id, a AS y FROM t; CREATE VIEW w AS SELECT y AS x FROM v;`,
  ],
  [
    "view column changes its type",
    `${T} CREATE VIEW v AS SELECT id, a FROM t; GRANT ALL ON v TO reader; COMMENT ON VIEW v IS 'x';`,
    `${T} CREATE VIEW v AS SELECT id, a::text FROM t; GRANT ALL ON v TO reader; COMMENT ON VIEW v IS 'x';`,
  ],
  [
    "view column default",
    `${T} CREATE VIEW v AS SELECT id, a FROM t; ALTER VIEW v ALTER a SET DEFAULT 5;`,
    `${T} CREATE VIEW v AS SELECT id, a, b FROM t; ALTER VIEW v ALTER b SET DEFAULT 'x';`,
  ],
  [
    "view of all columns",
    `${T} CREATE VIEW v AS SELECT * FROM t;`,
    "CREATE TABLE t (id int PRIMARY KEY, n text, a int, b text); CREATE VIEW v AS SELECT * FROM t;",
  ],
  [
    "views in schemas",
    `CREATE SCHEMA s; ${T} CREATE VIEW v AS SELECT id FROM t; CREATE VIEW s.w AS SELECT id FROM v;`,
    `CREATE SCHEMA s; ${T} CREATE VIEW s.v AS SELECT id FROM t; CREATE VIEW w AS SELECT id FROM s.v;`,
  ],
  [
    "view with odd expressions",
    T,
    `${T} CREATE VIEW v AS WITH q AS MATERIALIZED (SELECT a, row_number() OVER w AS n FROM t WINDOW w AS (PARTITION BY b ORDER BY id DESC NULLS LAST)) SELECT q.a, 'it''s \\ "x"'::text AS s, ARRAY[1, 2]::bigint[] AS r, interval '1 day' AS i, current_date AS d, CASE WHEN q.n IS DISTINCT FROM 1 THEN NULL ELSE coalesce(q.a, 0) END AS c, (SELECT count(*) FILTER (WHERE t.a > 1) FROM t) AS k, '{"a": 1}'::jsonb -> 'a' AS j, timestamptz '2026-01-01 00:00+00' AT TIME ZONE 'Europe/Berlin' AS z FROM q LEFT JOIN LATERAL (SELECT 1 AS one) l ON true WHERE q.a IN (1, 2) AND EXISTS (SELECT FROM t x WHERE x.id = q.a) ORDER BY 1 LIMIT 5;`,
  ],
  [
    "view with unions and values",
    `${T} CREATE VIEW v AS SELECT id FROM t UNION SELECT a FROM t;`,
    `${T} CREATE VIEW v AS (SELECT id FROM t EXCEPT SELECT a FROM t) UNION ALL VALUES (1), (2); CREATE VIEW w (x, y) AS SELECT a, b FROM t GROUP BY GROUPING SETS ((a, b), (a), ()) HAVING count(*) > 1;`,
  ],
  [
    "view of a function",
    "CREATE FUNCTION f(n int) RETURNS TABLE (a int, b text) LANGUAGE sql AS 'SELECT 1, ''x'''; CREATE VIEW v AS SELECT a, b FROM f(3);",
    "CREATE FUNCTION f(n int) RETURNS TABLE (a bigint, b text, c int) LANGUAGE sql AS 'SELECT 1::bigint, ''x'', 2'; CREATE VIEW v AS SELECT a, b FROM f(3);",
  ],
  [
    "view becomes a table",
    `${T} CREATE VIEW v AS SELECT id, a FROM t; GRANT SELECT ON v TO reader;`,
    `${T} CREATE TABLE v (id int, a int); GRANT SELECT ON v TO reader; CREATE INDEX ON v (a);`,
  ],
  [
    "materialized view becomes a view under a view",
    `${T} CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t; CREATE INDEX mi ON m (a); CREATE VIEW w AS SELECT a FROM m; GRANT SELECT ON m TO reader;`,
    `${T} CREATE VIEW m AS SELECT id, a FROM t; CREATE VIEW w AS SELECT a FROM m; GRANT SELECT ON m TO reader;`,
  ],
  [
    "chain of materialized views",
    `${T} CREATE MATERIALIZED VIEW m1 AS SELECT id, a FROM t; CREATE UNIQUE INDEX k1 ON m1 (id); CREATE MATERIALIZED VIEW m2 WITH (fillfactor = 50) AS SELECT a, count(*) AS n FROM m1 GROUP BY a; CREATE INDEX k2 ON m2 (n) WHERE n > 1; COMMENT ON MATERIALIZED VIEW m2 IS 'x'; COMMENT ON COLUMN m2.n IS 'n'; COMMENT ON INDEX k2 IS 'k'; GRANT SELECT ON m1, m2 TO reader; ALTER MATERIALIZED VIEW m2 ALTER a SET STATISTICS 50; ALTER MATERIALIZED VIEW m1 CLUSTER ON k1; CREATE STATISTICS ms ON a, n FROM m2;`,
    `${BIG} CREATE MATERIALIZED VIEW m1 AS SELECT id, a FROM t; CREATE UNIQUE INDEX k1 ON m1 (id); CREATE MATERIALIZED VIEW m2 WITH (fillfactor = 50) AS SELECT a, count(*) AS n FROM m1 GROUP BY a; CREATE INDEX k2 ON m2 (n) WHERE n > 1; COMMENT ON MATERIALIZED VIEW m2 IS 'x'; COMMENT ON COLUMN m2.n IS 'n'; COMMENT ON INDEX k2 IS 'k'; GRANT SELECT ON m1, m2 TO reader; ALTER MATERIALIZED VIEW m2 ALTER a SET STATISTICS 50; ALTER MATERIALIZED VIEW m1 CLUSTER ON k1; CREATE STATISTICS ms ON a, n FROM m2;`,
  ],
  [
    "options of a materialized view",
    `${T} CREATE MATERIALIZED VIEW m AS SELECT id, b FROM t; CREATE UNIQUE INDEX mi ON m (id);`,
    `${T} CREATE MATERIALIZED VIEW m WITH (fillfactor = 50, autovacuum_enabled = false) AS SELECT id, b FROM t; CREATE INDEX mi ON m (b); ALTER MATERIALIZED VIEW m ALTER b SET STORAGE EXTERNAL, ALTER b SET STATISTICS 5; ALTER MATERIALIZED VIEW m CLUSTER ON mi;`,
  ],
  [
    "view with triggers changes",
    `${T} ${F} CREATE VIEW v AS SELECT id, a FROM t; CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();`,
    `${T} ${F} CREATE VIEW v AS SELECT id, b FROM t; CREATE TRIGGER g INSTEAD OF INSERT OR UPDATE ON v FOR EACH ROW EXECUTE FUNCTION f('x'); CREATE TRIGGER h BEFORE INSERT ON v FOR EACH STATEMENT EXECUTE FUNCTION f();`,
  ],
  [
    "rules of a view change",
    `${T} CREATE VIEW v AS SELECT id, a FROM t; CREATE RULE r AS ON UPDATE TO v DO INSTEAD UPDATE t SET a = NEW.a WHERE t.id = OLD.id;`,
    `${T} CREATE VIEW v AS SELECT id, a FROM t; CREATE RULE r AS ON UPDATE TO v WHERE OLD.a > 0 DO INSTEAD (UPDATE t SET a = NEW.a WHERE t.id = OLD.id; DELETE FROM t WHERE t.a IS NULL); CREATE RULE n AS ON UPDATE TO v DO INSTEAD NOTHING;`,
  ],
  [
    "rules with all states",
    `${T} CREATE RULE r AS ON INSERT TO t DO ALSO NOTHING; CREATE RULE q AS ON DELETE TO t DO INSTEAD NOTHING;`,
    `${T} CREATE RULE r AS ON INSERT TO t DO ALSO NOTHING; ALTER TABLE t ENABLE REPLICA RULE r; CREATE RULE q AS ON DELETE TO t WHERE OLD.id = 5 DO INSTEAD NOTHING; ALTER TABLE t ENABLE ALWAYS RULE q; COMMENT ON RULE q ON t IS 'x';`,
  ],
  [
    "triggers with all states",
    `${T} ${F} CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); CREATE TRIGGER b AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f(); CREATE TRIGGER c BEFORE TRUNCATE ON t EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER c;`,
    `${T} ${F} CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t ENABLE REPLICA TRIGGER a; CREATE TRIGGER b AFTER UPDATE OF a, b ON t FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION f('it''s', 'a\\b', '2'); ALTER TABLE t ENABLE ALWAYS TRIGGER b; CREATE TRIGGER c BEFORE TRUNCATE ON t EXECUTE FUNCTION f();`,
  ],
  [
    "transition tables",
    `${T} ${F} CREATE TRIGGER a AFTER UPDATE ON t REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION f();`,
    `${T} ${F} CREATE TRIGGER a AFTER UPDATE ON t REFERENCING NEW TABLE AS "New rows" FOR EACH STATEMENT EXECUTE FUNCTION f(); CREATE TRIGGER b AFTER DELETE ON t REFERENCING OLD TABLE AS o FOR EACH ROW EXECUTE FUNCTION f();`,
  ],
  [
    "constraint triggers",
    `${T} ${F} CREATE TABLE u (id int); CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();`,
    `${T} ${F} CREATE TABLE u (id int); CREATE CONSTRAINT TRIGGER g AFTER INSERT OR UPDATE OF a ON t FROM u DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION f();`,
  ],
  [
    "policies with subqueries and functions",
    `${T} CREATE TABLE m (u text, t int); CREATE FUNCTION me() RETURNS text LANGUAGE sql STABLE AS 'SELECT current_user::text'; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (EXISTS (SELECT FROM m WHERE m.t = t.id AND m.u = me()));`,
    `${BIG} CREATE TABLE m (u text, t int); CREATE FUNCTION me() RETURNS name LANGUAGE sql STABLE AS 'SELECT current_user'; ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t AS RESTRICTIVE FOR DELETE TO reader, CURRENT_USER USING (EXISTS (SELECT FROM m WHERE m.t = t.id AND m.u = me())); CREATE POLICY "a b" ON t FOR INSERT TO PUBLIC WITH CHECK (b = me()); COMMENT ON POLICY "a b" ON t IS 'x';`,
  ],
  [
    "policy loses its conditions",
    `${T} CREATE POLICY p ON t USING (a > 0) WITH CHECK (a > 1); CREATE POLICY q ON t FOR UPDATE TO reader USING (true);`,
    `${T} CREATE POLICY p ON t WITH CHECK (a > 1); CREATE POLICY q ON t FOR UPDATE TO writer, reader USING (false) WITH CHECK (b IS NULL);`,
  ],
  [
    "event triggers",
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER x ON ddl_command_start EXECUTE FUNCTION e(); CREATE EVENT TRIGGER y ON sql_drop EXECUTE FUNCTION e();",
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE FUNCTION e2() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER x ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION e(); CREATE EVENT TRIGGER y ON sql_drop EXECUTE FUNCTION e2(); ALTER EVENT TRIGGER y ENABLE ALWAYS; COMMENT ON EVENT TRIGGER y IS 'x';",
  ],
  [
    "event trigger function changes its language",
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER x ON ddl_command_start EXECUTE FUNCTION e();",
    "CREATE SCHEMA s; CREATE FUNCTION s.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER x ON ddl_command_start EXECUTE FUNCTION s.e();",
  ],
];
