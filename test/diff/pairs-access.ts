import type { Pair } from "./pair.ts";

const T = "CREATE TABLE t (id int PRIMARY KEY, a int, b text);";
const FDW = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;";
/** One object of each kind that can have a comment. */
const ALL = `${T} ${FDW} CREATE INDEX i ON t (a); CREATE SEQUENCE seq; CREATE VIEW v AS SELECT id FROM t; CREATE MATERIALIZED VIEW m AS SELECT id FROM t; CREATE FOREIGN TABLE ft (a int) SERVER s; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE PROCEDURE pr() LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE ag(int) (SFUNC = int4pl, STYPE = int); CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); CREATE POLICY po ON t USING (true); CREATE RULE ru AS ON DELETE TO t DO ALSO NOTHING; CREATE TYPE en AS ENUM ('a'); CREATE TYPE co AS (x int); CREATE TYPE ra AS RANGE (subtype = int8); CREATE DOMAIN do_ AS int CONSTRAINT ck CHECK (VALUE > 0); CREATE SCHEMA sc; CREATE COLLATION cl FROM "C"; CREATE STATISTICS st ON a, b FROM t; CREATE PUBLICATION pu FOR TABLE t; CREATE EXTENSION pgcrypto; CREATE FUNCTION eq(point, point) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'; CREATE OPERATOR === (FUNCTION = eq, LEFTARG = point, RIGHTARG = point); CREATE CAST (co AS text) WITH INOUT; CREATE TEXT SEARCH DICTIONARY di (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION cf (COPY = simple); CREATE CONVERSION cv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION ev();`;
const commented = (text: string) =>
  `${ALL} ${["TABLE t", "COLUMN t.a", "CONSTRAINT t_pkey ON t", "INDEX i", "SEQUENCE seq", "VIEW v", "COLUMN v.id", "MATERIALIZED VIEW m", "COLUMN m.id", "FOREIGN TABLE ft", "COLUMN ft.a", "FUNCTION f()", "PROCEDURE pr()", "AGGREGATE ag(int)", "TRIGGER tr ON t", "POLICY po ON t", "RULE ru ON t", "TYPE en", "TYPE co", "COLUMN co.x", "TYPE ra", "DOMAIN do_", "CONSTRAINT ck ON DOMAIN do_", "SCHEMA sc", "SCHEMA public", "COLLATION cl", "STATISTICS st", "PUBLICATION pu", "EXTENSION pgcrypto", "OPERATOR === (point, point)", "CAST (co AS text)", "TEXT SEARCH DICTIONARY di", "TEXT SEARCH CONFIGURATION cf", "CONVERSION cv", "EVENT TRIGGER et", "SERVER s", "FOREIGN DATA WRAPPER w", "LANGUAGE plpgsql"].map((object) => `COMMENT ON ${object} IS ${text};`).join(" ")}`;

export const ACCESS_PAIRS: readonly Pair[] = [
  ["comments on everything", ALL, commented("'one'")],
  ["comments on everything change", commented("'one'"), commented("E'it''s\\n-- two; $$ \\\\ \"x\" é IS NULL'")],
  [
    "foreign table with everything",
    `${FDW} CREATE FOREIGN TABLE ft (a int, b text OPTIONS (x '1', y '2')) SERVER s OPTIONS (p '1');`,
    `${FDW} CREATE SERVER s2 FOREIGN DATA WRAPPER w; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE FOREIGN TABLE ft (a int DEFAULT 5 NOT NULL CHECK (a > 0), b text OPTIONS (x '2', z '3') COLLATE "C", c date) SERVER s OPTIONS (p '2', "Q q" 'it''s'); CREATE TRIGGER g BEFORE INSERT ON ft FOR EACH ROW EXECUTE FUNCTION f(); GRANT SELECT ON ft TO reader; COMMENT ON COLUMN ft.b IS 'x'; ALTER FOREIGN TABLE ft ALTER a SET STATISTICS 9;`,
  ],
  [
    "foreign table of another server",
    `${FDW} CREATE SERVER s2 FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE ft (a int) SERVER s; CREATE VIEW v AS SELECT a FROM ft; GRANT SELECT ON ft TO reader;`,
    `${FDW} CREATE SERVER s2 FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE ft (a int) SERVER s2; CREATE VIEW v AS SELECT a FROM ft; GRANT SELECT ON ft TO reader;`,
  ],
  [
    "foreign partition and heir",
    `${FDW} CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE h (a int);`,
    `${FDW} CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE h (a int); CREATE FOREIGN TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9) SERVER s; CREATE FOREIGN TABLE fh (b int) INHERITS (h) SERVER s;`,
  ],
  [
    "user mappings",
    `${FDW} CREATE USER MAPPING FOR PUBLIC SERVER s; CREATE USER MAPPING FOR reader SERVER s OPTIONS (u 'x');`,
    `${FDW} CREATE USER MAPPING FOR writer SERVER s; CREATE USER MAPPING FOR reader SERVER s OPTIONS (u 'z', p 'y');`,
  ],
  ["privileges on schema public", "", "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"],
  [
    "all privileges on schema public",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT CREATE ON SCHEMA public TO reader;",
  ],
  [
    "wrapper, server and mapping change",
    "CREATE FOREIGN DATA WRAPPER w OPTIONS (a '1'); CREATE SERVER s TYPE 't' VERSION '1' FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR reader SERVER s OPTIONS (u 'x', p 'y');",
    "CREATE FOREIGN DATA WRAPPER w OPTIONS (b '1'); CREATE SERVER s TYPE 't' VERSION '2' FOREIGN DATA WRAPPER w OPTIONS (h 'a'); CREATE USER MAPPING FOR reader SERVER s OPTIONS (u 'z'); CREATE USER MAPPING FOR CURRENT_USER SERVER s; GRANT USAGE ON FOREIGN SERVER s TO reader WITH GRANT OPTION;",
  ],
  [
    "publications",
    `${T} CREATE TABLE u (a int PRIMARY KEY, b int); CREATE SCHEMA sc; CREATE PUBLICATION p FOR TABLE t, u; CREATE PUBLICATION q FOR ALL TABLES;`,
    `${T} CREATE TABLE u (a int PRIMARY KEY, b int); CREATE SCHEMA sc; CREATE PUBLICATION p FOR TABLE u (a), TABLES IN SCHEMA sc WITH (publish = 'insert, delete', publish_via_partition_root = true); CREATE PUBLICATION q FOR TABLE t WHERE (a > 0 AND b <> 'x''y');`.replace(
      "u (a), TABLES IN SCHEMA sc",
      "u, TABLES IN SCHEMA sc",
    ),
    { since: 15 },
  ],
  [
    "published table changes",
    `${T} CREATE PUBLICATION p FOR TABLE t (id, a) WHERE (id > 0); CREATE PUBLICATION q FOR TABLE t;`,
    "CREATE TABLE t (id bigint PRIMARY KEY, a bigint); CREATE PUBLICATION p FOR TABLE t (id, a) WHERE (id > 0); CREATE PUBLICATION q FOR TABLE t;",
    { since: 15 },
  ],
  [
    "publication of generated columns",
    `${T} CREATE PUBLICATION p FOR TABLE t;`,
    `${T} CREATE PUBLICATION p FOR TABLE t WITH (publish_generated_columns = stored);`,
    { since: 18 },
  ],
  [
    "privileges of all kinds",
    `${ALL} GRANT ALL ON t, v, m, ft TO reader; GRANT ALL ON SEQUENCE seq TO reader; GRANT ALL ON SCHEMA sc TO reader;`,
    `${ALL} GRANT SELECT, INSERT, REFERENCES, TRIGGER ON t TO reader WITH GRANT OPTION; GRANT TRUNCATE ON t TO PUBLIC; GRANT SELECT (id), UPDATE (id) ON v TO writer; GRANT SELECT ON SEQUENCE seq TO reader; GRANT USAGE ON SCHEMA sc TO PUBLIC; GRANT EXECUTE ON FUNCTION ag(int) TO reader; REVOKE ALL ON PROCEDURE pr() FROM PUBLIC; GRANT EXECUTE ON PROCEDURE pr() TO writer; REVOKE USAGE ON TYPE en FROM PUBLIC; GRANT USAGE ON DOMAIN do_ TO reader WITH GRANT OPTION; GRANT USAGE ON FOREIGN DATA WRAPPER w TO writer; GRANT USAGE ON FOREIGN SERVER s TO writer; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC; GRANT USAGE ON TYPE co TO writer; GRANT USAGE ON TYPE ra TO writer;`,
  ],
  [
    "grant options come and go",
    `${T} GRANT SELECT, UPDATE ON t TO reader WITH GRANT OPTION; GRANT INSERT (a) ON t TO reader WITH GRANT OPTION; GRANT UPDATE (b) ON t TO reader;`,
    `${T} GRANT SELECT, UPDATE ON t TO reader; GRANT INSERT (a) ON t TO reader; GRANT UPDATE (b) ON t TO reader WITH GRANT OPTION;`,
  ],
  [
    "privileges that another role granted",
    `${T} GRANT SELECT ON t TO reader WITH GRANT OPTION;`,
    `${T} GRANT SELECT ON t TO reader WITH GRANT OPTION; SET ROLE reader; GRANT SELECT ON t TO writer; RESET ROLE;`,
  ],
  [
    "privileges that two roles granted",
    `${T} CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT SELECT ON t TO writer;`,
    `${T} CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT SELECT, UPDATE (a) ON t TO reader WITH GRANT OPTION; GRANT EXECUTE ON FUNCTION f() TO reader WITH GRANT OPTION; SET ROLE reader; GRANT SELECT, UPDATE (a) ON t TO writer; GRANT EXECUTE ON FUNCTION f() TO writer WITH GRANT OPTION; RESET ROLE; GRANT EXECUTE ON FUNCTION f() TO writer;`,
  ],
  [
    "the order of grants",
    `${T} GRANT SELECT ON t TO reader;`,
    `${T} GRANT SELECT ON t TO writer; GRANT SELECT ON t TO reader;`,
  ],
  [
    "the owner's grant options",
    `${T} GRANT ALL ON t TO CURRENT_USER WITH GRANT OPTION;`,
    `${T} GRANT SELECT ON t TO CURRENT_USER WITH GRANT OPTION; REVOKE UPDATE, DELETE ON t FROM CURRENT_USER;`,
  ],
  [
    "an owner's grant options on columns and in default privileges",
    `${T} CREATE SCHEMA s;`,
    `${T} CREATE SCHEMA s; GRANT SELECT (a) ON t TO CURRENT_USER WITH GRANT OPTION; ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO CURRENT_USER WITH GRANT OPTION; ALTER DEFAULT PRIVILEGES GRANT UPDATE ON TABLES TO CURRENT_USER WITH GRANT OPTION;`,
  ],
  [
    "privileges on system objects",
    T,
    `${T} GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO reader; REVOKE SELECT ON pg_catalog.pg_stat_activity FROM PUBLIC;`,
  ],
  [
    "column and table privileges together",
    `${T} GRANT SELECT, INSERT ON t TO reader; GRANT SELECT (a) ON t TO reader;`,
    `${T} GRANT INSERT ON t TO reader; GRANT SELECT (a, b), UPDATE (a) ON t TO reader, writer;`,
  ],
  [
    "maintain",
    `${T} GRANT SELECT, MAINTAIN ON t TO reader;`,
    `${T} GRANT ALL ON t TO reader; GRANT MAINTAIN ON t TO writer WITH GRANT OPTION; REVOKE MAINTAIN ON t FROM CURRENT_USER;`,
    { since: 17 },
  ],
  [
    "privileges of a dropped column and table",
    `${T} CREATE TABLE u (a int); GRANT SELECT (b), UPDATE (b) ON t TO reader; GRANT ALL ON u TO reader;`,
    "CREATE TABLE t (id int PRIMARY KEY, a int); GRANT SELECT (a) ON t TO reader;",
  ],
  [
    "default privileges come and go",
    "CREATE SCHEMA sc; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA sc GRANT ALL ON SEQUENCES TO writer; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE reader GRANT USAGE ON SCHEMAS TO writer;",
    "CREATE SCHEMA sc; ALTER DEFAULT PRIVILEGES GRANT SELECT, UPDATE ON TABLES TO reader WITH GRANT OPTION; ALTER DEFAULT PRIVILEGES IN SCHEMA sc GRANT USAGE ON TYPES TO PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE reader IN SCHEMA sc GRANT EXECUTE ON ROUTINES TO writer;",
  ],
  [
    "default privileges and objects that are made again",
    `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ${T} CREATE VIEW v AS SELECT a FROM t; REVOKE SELECT ON v FROM reader; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION f() TO PUBLIC;`,
    `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; CREATE TABLE t (id int PRIMARY KEY, a bigint, b text); CREATE VIEW v AS SELECT a FROM t; REVOKE SELECT ON v FROM reader; CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''1'''; GRANT EXECUTE ON FUNCTION f() TO PUBLIC; CREATE TABLE n (a serial);`,
  ],
  [
    "default privileges of two roles",
    "ALTER DEFAULT PRIVILEGES FOR ROLE writer GRANT SELECT ON TABLES TO reader;",
    "ALTER DEFAULT PRIVILEGES FOR ROLE writer REVOKE ALL ON TABLES FROM writer; ALTER DEFAULT PRIVILEGES FOR ROLE reader GRANT USAGE ON SEQUENCES TO PUBLIC;",
  ],
  [
    "owner without privileges",
    `${T} CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';`,
    `${T} CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON t FROM CURRENT_USER; REVOKE ALL ON FUNCTION f() FROM CURRENT_USER, PUBLIC; GRANT SELECT ON t TO reader;`,
  ],
  [
    "schema public closed and commented",
    "GRANT ALL ON SCHEMA public TO PUBLIC;",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC; COMMENT ON SCHEMA public IS 'ours'; GRANT USAGE ON SCHEMA public TO reader WITH GRANT OPTION;",
  ],
  [
    "schema is dropped with everything",
    'CREATE SCHEMA "S 1"; CREATE TYPE "S 1".e AS ENUM (\'a\'); CREATE TABLE "S 1".t (a "S 1".e, b serial); CREATE VIEW "S 1".v AS SELECT a FROM "S 1".t; CREATE FUNCTION "S 1".f("S 1".e) RETURNS int LANGUAGE sql AS \'SELECT 1\'; CREATE SEQUENCE "S 1".s; GRANT USAGE ON SCHEMA "S 1" TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA "S 1" GRANT SELECT ON TABLES TO reader;',
    "",
  ],
  [
    "everything with strange names",
    "",
    `CREATE SCHEMA "Order; --"; CREATE TYPE "Order; --"."E.n" AS ENUM ('x.y', 'Z'); CREATE DOMAIN "Order; --"."d o" AS text CONSTRAINT "c''k" CHECK (VALUE <> '"'); CREATE TYPE "Order; --"."C(o)" AS ("a,b" int, "É" text);
     CREATE TABLE "Order; --"."ta'ble" ("user" serial PRIMARY KEY, "Sel ect" "Order; --"."E.n" DEFAULT 'Z', "d%d" "Order; --"."d o"[], "comp" "Order; --"."C(o)", "1st" int GENERATED ALWAYS AS IDENTITY, "gen" text GENERATED ALWAYS AS ("d%d"[1] || 'x') STORED, CONSTRAINT "uni que" UNIQUE ("Sel ect", "1st"), CONSTRAINT "f-k" FOREIGN KEY ("1st") REFERENCES "Order; --"."ta'ble");
     CREATE INDEX "in""dex" ON "Order; --"."ta'ble" ("Sel ect", lower("gen")) WHERE "1st" > 0; CREATE VIEW "Order; --"."v.w" AS SELECT "user" AS "U s", "Sel ect" FROM "Order; --"."ta'ble"; CREATE FUNCTION "Order; --"."fn $1"("A r" "Order; --"."E.n" DEFAULT 'Z', OUT "o u" int) LANGUAGE plpgsql AS $$ BEGIN "o u" := 1; END $$; CREATE FUNCTION "Order; --"."tr()"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER "tri gger" BEFORE UPDATE OF "Sel ect" ON "Order; --"."ta'ble" FOR EACH ROW EXECUTE FUNCTION "Order; --"."tr()"('"'); CREATE POLICY "po.l" ON "Order; --"."ta'ble" USING ("Sel ect" = 'Z'); CREATE RULE "ru le" AS ON DELETE TO "Order; --"."ta'ble" DO ALSO NOTHING; CREATE STATISTICS "Order; --"."st s" ON "user", "1st" FROM "Order; --"."ta'ble"; CREATE SEQUENCE "Order; --"."S"; CREATE MATERIALIZED VIEW "Order; --"."M" AS SELECT 1 AS "One"; CREATE INDEX ON "Order; --"."M" ("One"); CREATE PUBLICATION "pub." FOR TABLE "Order; --"."ta'ble"; COMMENT ON COLUMN "Order; --"."ta'ble"."Sel ect" IS 'x'; COMMENT ON CONSTRAINT "f-k" ON "Order; --"."ta'ble" IS 'y'; GRANT SELECT ("Sel ect") ON "Order; --"."ta'ble" TO reader; GRANT EXECUTE ON FUNCTION "Order; --"."fn $1" TO reader; COMMENT ON FUNCTION "Order; --"."fn $1" IS 'z'; COMMENT ON TRIGGER "tri gger" ON "Order; --"."ta'ble" IS 't';`,
  ],
  [
    "strange names change",
    `CREATE SCHEMA "A b"; CREATE TYPE "A b"."e'n" AS ENUM ('x'); CREATE TABLE "A b"."T;t" ("c d" "A b"."e'n" DEFAULT 'x', "é" int CONSTRAINT "k k" CHECK ("é" > 0), "select" serial); CREATE VIEW "A b"."v v" AS SELECT "c d", "é" FROM "A b"."T;t"; CREATE INDEX "i.i" ON "A b"."T;t" ("é"); GRANT SELECT ("é") ON "A b"."T;t" TO reader;`,
    `CREATE SCHEMA "A b"; CREATE TYPE "A b"."e'n" AS ENUM ('y', 'x', 'z'); CREATE TABLE "A b"."T;t" ("c d" "A b"."e'n" DEFAULT 'y', "é" bigint CONSTRAINT "k k" CHECK ("é" > 1) NOT NULL, "select" int GENERATED ALWAYS AS IDENTITY, "new.col" text DEFAULT 'a.b'); CREATE VIEW "A b"."v v" AS SELECT "c d", "é", "new.col" FROM "A b"."T;t"; CREATE INDEX "i.i" ON "A b"."T;t" ("é", "new.col"); COMMENT ON INDEX "A b"."i.i" IS 'i';  GRANT SELECT ("é", "new.col") ON "A b"."T;t" TO reader;`,
  ],
  [
    "long names",
    "CREATE TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgr (id serial, a_column_with_a_name_that_is_as_long_as_a_name_can_be_in_postg int);",
    "CREATE TABLE a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgr (id serial PRIMARY KEY, a_column_with_a_name_that_is_as_long_as_a_name_can_be_in_postg int UNIQUE CHECK (a_column_with_a_name_that_is_as_long_as_a_name_can_be_in_postg > 0), b bigint GENERATED ALWAYS AS IDENTITY); CREATE INDEX ON a_table_with_a_name_that_is_as_long_as_a_name_can_be_in_postgr (b);",
  ],
  [
    "reserved words as names",
    "",
    'CREATE TABLE "table" ("order" int PRIMARY KEY, "group" text DEFAULT \'x\', "primary" int REFERENCES "table", "check" int CHECK ("check" > 0), "not" boolean NOT NULL); CREATE VIEW "view" AS SELECT "order", "group" FROM "table"; CREATE FUNCTION "function"("in" int) RETURNS int LANGUAGE sql AS \'SELECT 1\'; CREATE TYPE "type" AS ENUM (\'null\'); CREATE INDEX "index" ON "table" ("group");',
  ],
];
