/** A schema with one of each thing that migrations make, for PostgreSQL 14 and later; run by a superuser. */
export const RICH = `
CREATE SCHEMA rich;
CREATE TYPE rich.mood AS ENUM ('sad', 'ok');
CREATE TYPE rich.addr AS (street text, zip text);
CREATE TYPE rich.span AS RANGE (subtype = numeric);
CREATE DOMAIN rich.email AS text DEFAULT 'x@y' CHECK (VALUE LIKE '%@%' AND length(VALUE) > 2);
CREATE DOMAIN rich.code AS varchar(10) COLLATE "C" NOT NULL CHECK (VALUE IN ('x', 'y'));
CREATE SEQUENCE rich.numbers START 5 INCREMENT 5 MAXVALUE 9007199254740993 CACHE 3 CYCLE;
CREATE FUNCTION rich.full_name(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT a || ' ' || b $$;
CREATE FUNCTION rich.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE PROCEDURE rich.work(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN a := 1; END $$;
CREATE TABLE rich.accounts (
  id bigint GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5) PRIMARY KEY, serial serial, email rich.email UNIQUE, name text NOT NULL DEFAULT 'it''s', mood rich.mood DEFAULT 'ok',
  addr rich.addr, balance numeric(12,2) DEFAULT 1.50, meta jsonb NOT NULL DEFAULT '{}'::jsonb, made timestamptz DEFAULT now(), day date DEFAULT current_date, who text DEFAULT current_user,
  arr text[] DEFAULT '{}', wait interval DEFAULT '1 day', utc timestamp DEFAULT (now() AT TIME ZONE 'utc'), ok bool DEFAULT true, v varchar(5) DEFAULT 'x', n int DEFAULT -1, c char(3) DEFAULT 'a',
  u uuid DEFAULT gen_random_uuid(), num bigint DEFAULT nextval('rich.numbers'), raw bytea DEFAULT '\\x00', bits bit(3) DEFAULT b'101', full_n text GENERATED ALWAYS AS (upper(name)) STORED,
  CONSTRAINT balance_ok CHECK (balance >= 0), CHECK (v IN ('x', 'y')), CHECK (n BETWEEN -1 AND 5), CHECK (day > '2020-01-01'), CHECK (length(name) > 0 OR name IS NULL), CHECK (balance = ANY (ARRAY[1, 2]::numeric[])));
CREATE TABLE rich.orders (id int PRIMARY KEY, account_id bigint REFERENCES rich.accounts ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, status int NOT NULL DEFAULT 1,
  qty int CONSTRAINT qty_ok CHECK (qty >= 0), note varchar(40)) WITH (fillfactor = 70, autovacuum_enabled = false);
CREATE TABLE rich.items (order_id int REFERENCES rich.orders, sku text NOT NULL, n int, PRIMARY KEY (order_id, sku));
CREATE TABLE rich.spare (id int, v text, w text COLLATE "C", EXCLUDE USING btree (id WITH =) WHERE (v IS NOT NULL));
CREATE TABLE rich.heir () INHERITS (rich.spare);
CREATE TABLE rich.log (at timestamptz NOT NULL, what text, PRIMARY KEY (at)) PARTITION BY RANGE (at);
CREATE TABLE rich.log_2026 PARTITION OF rich.log FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2027-01-01 00:00+00');
CREATE TABLE rich.log_rest PARTITION OF rich.log DEFAULT;
CREATE TABLE rich.hashed (a int) PARTITION BY HASH (a);
CREATE TABLE rich.hashed_0 PARTITION OF rich.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE INDEX log_what ON rich.log (what);
CREATE INDEX orders_note ON rich.orders (note);
CREATE INDEX accounts_odd ON rich.accounts (lower(name), (n + 1) DESC NULLS LAST) INCLUDE (mood) WITH (fillfactor = 80) WHERE email IS NOT NULL AND n IN (1, 2);
ALTER INDEX rich.accounts_odd ALTER COLUMN 2 SET STATISTICS 100;
CREATE INDEX accounts_meta ON rich.accounts USING gin (meta jsonb_path_ops);
CREATE UNIQUE INDEX accounts_name ON rich.accounts (name text_pattern_ops) WHERE mood = 'ok';
ALTER TABLE rich.accounts CLUSTER ON accounts_pkey;
CREATE UNIQUE INDEX spare_id ON rich.spare (id); ALTER TABLE rich.spare ALTER id SET NOT NULL; ALTER TABLE rich.spare REPLICA IDENTITY USING INDEX spare_id;
ALTER TABLE rich.accounts ALTER name SET STATISTICS 500, ALTER meta SET STORAGE EXTERNAL, ALTER name SET (n_distinct = 100);
CREATE STATISTICS rich.st (ndistinct, mcv) ON n, v, (n + 1) FROM rich.accounts;
CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF name ON rich.accounts FOR EACH ROW WHEN (new.n > 3) EXECUTE FUNCTION rich.touch();
CREATE TRIGGER parted AFTER INSERT ON rich.log FOR EACH ROW EXECUTE FUNCTION rich.touch();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON rich.items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION rich.touch();
CREATE RULE no_del AS ON DELETE TO rich.spare DO INSTEAD NOTHING;
CREATE RULE copied AS ON INSERT TO rich.spare WHERE new.id > 3 DO ALSO INSERT INTO rich.items (order_id, sku) VALUES (new.id, new.v);
ALTER TABLE rich.accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON rich.accounts USING (who = current_user AND EXISTS (SELECT 1 FROM rich.orders o WHERE o.account_id = accounts.id)) WITH CHECK (n > 0);
CREATE POLICY ins ON rich.accounts AS RESTRICTIVE FOR INSERT TO pg_monitor WITH CHECK (true);
CREATE FUNCTION rich.atomic(x int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT x + 1 + (SELECT count(*)::int FROM rich.orders WHERE orders.id = x); END;
CREATE FUNCTION rich.many(x int DEFAULT 3, VARIADIC y text[] DEFAULT '{}') RETURNS TABLE (a int, b text) LANGUAGE sql STABLE PARALLEL SAFE ROWS 5 COST 7 SET work_mem = '8MB' AS $$ SELECT 1, 'x' $$;
CREATE AGGREGATE rich.total(int) (sfunc = int4pl, stype = int, initcond = '0', combinefunc = int4pl, parallel = safe);
CREATE FUNCTION rich.same(rich.addr, rich.addr) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT true $$;
CREATE OPERATOR rich.=== (leftarg = rich.addr, rightarg = rich.addr, function = rich.same, commutator = OPERATOR(rich.===));
CREATE VIEW rich.active WITH (security_barrier = true) AS SELECT a.id, a.name, o.note FROM rich.accounts a JOIN rich.orders o ON o.account_id = a.id WHERE o.status = 1;
CREATE VIEW rich.single AS SELECT id, email, (SELECT count(*) FROM rich.orders WHERE orders.account_id = accounts.id) AS n FROM rich.accounts WHERE mood = 'ok';
CREATE VIEW rich.writable AS SELECT id, qty FROM rich.orders WHERE qty > 1 WITH LOCAL CHECK OPTION;
ALTER VIEW rich.writable ALTER qty SET DEFAULT 7;
CREATE MATERIALIZED VIEW rich.totals AS SELECT account_id, sum(qty) AS q FROM rich.orders GROUP BY 1;
CREATE UNIQUE INDEX totals_key ON rich.totals (account_id);
CREATE COLLATION rich.german FROM "C";
CREATE TEXT SEARCH DICTIONARY rich.plain (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION rich.words (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION rich.words ALTER MAPPING FOR asciiword WITH rich.plain;
CREATE FOREIGN DATA WRAPPER rich_wrapper OPTIONS (debug 'true');
CREATE SERVER rich_server TYPE 't' VERSION '1' FOREIGN DATA WRAPPER rich_wrapper OPTIONS (host 'h', dbname 'd');
CREATE USER MAPPING FOR PUBLIC SERVER rich_server OPTIONS (password 'secret');
CREATE FOREIGN TABLE rich.far (a int OPTIONS (x 'y') NOT NULL, b text) SERVER rich_server OPTIONS (t 'r');
CREATE PUBLICATION rich_news FOR TABLE rich.orders, rich.log WITH (publish = 'insert, update', publish_via_partition_root = true);
CREATE FUNCTION rich.event() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER rich_event ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION rich.event();
CREATE CAST (rich.addr AS json) WITH INOUT AS ASSIGNMENT;
GRANT USAGE ON SCHEMA rich TO pg_monitor;
GRANT SELECT ON rich.accounts TO pg_monitor;
GRANT SELECT, UPDATE ON rich.orders TO pg_read_all_data WITH GRANT OPTION;
GRANT ALL ON rich.items TO pg_monitor;
GRANT UPDATE (name, n) ON rich.accounts TO pg_monitor;
GRANT ALL ON SEQUENCE rich.numbers TO pg_monitor;
REVOKE ALL ON FUNCTION rich.many FROM PUBLIC;
GRANT USAGE ON FOREIGN SERVER rich_server TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA rich GRANT SELECT ON TABLES TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA rich GRANT ALL ON TABLES TO pg_read_all_data;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
COMMENT ON TABLE rich.accounts IS 'people';
COMMENT ON COLUMN rich.accounts.name IS 'their name';
COMMENT ON CONSTRAINT qty_ok ON rich.orders IS 'not negative';
COMMENT ON INDEX rich.orders_note IS 'for the search';
COMMENT ON FUNCTION rich.full_name(text, text) IS 'first, last';
COMMENT ON TYPE rich.mood IS 'moods';
COMMENT ON TRIGGER touch ON rich.accounts IS 'touched';
COMMENT ON SCHEMA rich IS 'rich'
`;

const TABLES = `
CREATE SCHEMA seen;
SET search_path = seen;
CREATE TABLE t (a int, b text, v varchar(9), c timestamptz, d date, j jsonb, n numeric, arr int[]);
CREATE TABLE u (a int, x text)
`;

/** Queries that versions of PostgreSQL may spell differently. */
const QUERIES = [
  "SELECT a, b FROM t",
  "SELECT t.a FROM t WHERE t.b LIKE 'x%'",
  "SELECT a FROM t WHERE b IN ('a', 'b') AND v IN ('a', 'b') AND n BETWEEN 1 AND 2",
  "SELECT extract(year FROM c) y, substring(b FROM 2 FOR 3) s, position('x' IN b) p, overlay(b PLACING 'x' FROM 1) o, trim(both 'x' FROM b) tr FROM t",
  "SELECT c AT TIME ZONE 'utc' z, d::timestamptz dd, current_date cd, current_user cu, localtime lt, c - interval '1 day 2 hours' i FROM t",
  "SELECT coalesce(b, v) c1, nullif(a, 1) c2, greatest(a, 2) c3, CASE a WHEN 1 THEN 'x' ELSE b END k FROM t",
  "SELECT a, sum(n) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) s, rank() OVER w r FROM t WINDOW w AS (ORDER BY a)",
  "SELECT a, b, count(*) FROM t GROUP BY GROUPING SETS ((a), (b), ())",
  "WITH q AS (SELECT a FROM t WHERE a > 1) SELECT q.a FROM q",
  "WITH q AS MATERIALIZED (SELECT a, b FROM t) SELECT q.a, u.x FROM q JOIN u ON u.a = q.a",
  "WITH RECURSIVE r(a, p) AS (SELECT a, ARRAY[a] FROM t UNION ALL SELECT t.a, r.p || t.a FROM t JOIN r ON t.a = r.a + 1) SEARCH DEPTH FIRST BY a SET o SELECT a, p FROM r ORDER BY o",
  "SELECT t.a, l.x FROM t, LATERAL (SELECT x FROM u WHERE u.a = t.a LIMIT 1) l",
  "SELECT j.a, t.b FROM t JOIN u USING (a) AS j",
  "SELECT a, t.b, u.x FROM t FULL JOIN u USING (a)",
  "SELECT * FROM t NATURAL JOIN u",
  "VALUES (1, 'a'), (2, 'b')",
  "SELECT a FROM t UNION ALL SELECT a FROM u ORDER BY 1",
  "SELECT DISTINCT ON (b) b, a FROM t ORDER BY b, c DESC",
  "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a) AND (a, b) = (1, 'x') AND a = ANY (ARRAY[1, 2])",
  "SELECT count(*) FILTER (WHERE a > 1) c, string_agg(b, ',' ORDER BY a DESC) s, percentile_cont(0.5) WITHIN GROUP (ORDER BY n) p FROM t",
  "SELECT b COLLATE \"C\" cb, b::varchar(3) vb, a::numeric(10,2) na, j ->> 'y' jy, arr[1] e FROM t",
  "SELECT t FROM t",
  "SELECT t2.x FROM t AS t2(x, y)",
  "SELECT a FROM t WHERE a IS DISTINCT FROM 3 AND b SIMILAR TO 'x%' AND b !~* 'y' AND n IS NOT NULL",
  "SELECT e, o FROM t, unnest(arr) WITH ORDINALITY AS q(e, o)",
  "SELECT * FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS f(x, y)",
  "SELECT g FROM generate_series(1, 3) g",
  "SELECT s.a FROM (SELECT t.a FROM t WHERE t.a > 2) s",
  "SELECT a FROM t ORDER BY a FETCH FIRST 3 ROWS WITH TIES",
  "SELECT (SELECT max(u.a) FROM u) m, a FROM t",
  "SELECT a FROM ONLY t",
  "SELECT t.* FROM t LEFT JOIN u ON t.a = u.a WHERE u.a IS NULL",
  "SELECT json_build_object('a', a) o, row_to_json(t) r, to_jsonb(t.*) tj FROM t",
  "SELECT a FROM t TABLESAMPLE SYSTEM (10)",
  "SELECT max(t1.a) FROM t t1 WHERE t1.a IN (SELECT a FROM t t2 WHERE t2.b = t1.b)",
  "SELECT normalize(b) nb, b IS NORMALIZED isn FROM t",
];

/** Views of all these queries. */
export const VIEWS = `${TABLES}; ${QUERIES.map((query, index) => `CREATE VIEW v${index} AS ${query}`).join("; ")}; RESET search_path`;
