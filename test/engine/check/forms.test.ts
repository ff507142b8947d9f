import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { embeddedWorld, succeeded, type World, world } from "../support.ts";
import { FIXTURE } from "./labelled/fixture.ts";
import { seen } from "./seen.ts";
import { trialRolledBack } from "./traced.ts";

/*
 * What each form of a statement does to relations, as PostgreSQL's documentation says of it. The tracer must see the same
 * in the embedded database and on servers: what is measured on one is true of the others.
 */

/** The last statement is the form; ACCESS SHARE locks are left out. */
type Form = readonly [sql: string, seen: string, since?: number];

const FORMS: readonly Form[] = [
  ["ALTER TABLE orders ADD COLUMN x int", "orders AccessExclusive"],
  ["ALTER TABLE orders ADD COLUMN x int NOT NULL DEFAULT 5", "orders AccessExclusive"],
  ["ALTER TABLE orders ADD COLUMN x timestamptz DEFAULT now()", "orders AccessExclusive"],
  ["ALTER TABLE orders ADD COLUMN x float DEFAULT random()", "orders AccessExclusive rewritten scanned"],
  ["ALTER TABLE orders ADD COLUMN x uuid DEFAULT gen_random_uuid()", "orders AccessExclusive rewritten scanned"],
  ["ALTER TABLE orders ADD COLUMN x bigserial", "orders AccessExclusive rewritten scanned"],
  ["ALTER TABLE plain ADD COLUMN x bigint GENERATED ALWAYS AS IDENTITY", "plain AccessExclusive rewritten scanned"],
  [
    "ALTER TABLE orders ADD COLUMN x int GENERATED ALWAYS AS (qty + 1) STORED",
    "orders AccessExclusive rewritten scanned",
  ],
  ["ALTER TABLE orders ADD COLUMN x int GENERATED ALWAYS AS (qty + 1) VIRTUAL", "orders AccessExclusive", 18],
  ["ALTER TABLE orders ADD COLUMN x int NOT NULL", "orders AccessExclusive scanned"],
  ["ALTER TABLE orders ADD COLUMN x int CHECK (x > 0)", "orders AccessExclusive scanned"],
  ["ALTER TABLE orders ADD COLUMN x bigint REFERENCES users", "orders AccessExclusive, users ShareRowExclusive"],
  [
    "CREATE DOMAIN positive AS int CHECK (value > 0); ALTER TABLE orders ADD COLUMN x positive",
    "orders AccessExclusive rewritten scanned",
  ],
  ["ALTER TABLE orders DROP COLUMN qty", "orders AccessExclusive"],
  ["ALTER TABLE orders ALTER COLUMN qty TYPE bigint", "orders AccessExclusive rewritten scanned"],
  ["ALTER TABLE orders ALTER COLUMN code TYPE varchar(30)", "orders AccessExclusive"],
  ["ALTER TABLE orders ALTER COLUMN code TYPE text", "orders AccessExclusive"],
  ["ALTER TABLE orders ALTER COLUMN code TYPE varchar(5)", "orders AccessExclusive rewritten scanned"],
  ["ALTER TABLE orders ALTER COLUMN total TYPE numeric(14,2)", "orders AccessExclusive"],
  ["ALTER TABLE orders ALTER COLUMN total TYPE numeric(14,4)", "orders AccessExclusive rewritten scanned"],
  ["SET TimeZone = 'UTC'; ALTER TABLE orders ALTER COLUMN placed TYPE timestamptz", "orders AccessExclusive"],
  [
    "SET TimeZone = 'Europe/Berlin'; ALTER TABLE orders ALTER COLUMN placed TYPE timestamptz",
    "orders AccessExclusive rewritten scanned",
  ],
  ["ALTER TABLE people ALTER COLUMN net TYPE inet", "people AccessExclusive"],
  ['ALTER TABLE orders ALTER COLUMN code TYPE varchar(20) COLLATE "POSIX"', "orders AccessExclusive scanned"],
  ["ALTER TABLE orders ALTER COLUMN qty SET DEFAULT 3", "orders AccessExclusive"],
  ["ALTER TABLE orders ALTER COLUMN qty SET NOT NULL", "orders AccessExclusive scanned"],
  ["ALTER TABLE proved ALTER COLUMN a SET NOT NULL", "proved AccessExclusive"],
  ["ALTER TABLE orders ADD CONSTRAINT n NOT NULL qty NOT VALID", "orders AccessExclusive", 18],
  ["ALTER TABLE plain ADD PRIMARY KEY (id)", "plain AccessExclusive scanned"],
  ["ALTER TABLE orders ADD UNIQUE (code)", "orders AccessExclusive scanned"],
  ["ALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX orders_note", "orders AccessExclusive"],
  ["ALTER TABLE orders ADD CHECK (qty > 0)", "orders AccessExclusive scanned"],
  ["ALTER TABLE orders ADD CONSTRAINT c CHECK (qty > 0) NOT VALID", "orders AccessExclusive"],
  ["ALTER TABLE orders VALIDATE CONSTRAINT orders_total", "orders ShareUpdateExclusive scanned"],
  [
    "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users",
    "orders ShareRowExclusive scanned, users ShareRowExclusive",
  ],
  [
    "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID",
    "orders ShareRowExclusive, users ShareRowExclusive",
  ],
  ["ALTER TABLE orders VALIDATE CONSTRAINT orders_user", "orders ShareUpdateExclusive scanned, users RowShare"],
  ["ALTER TABLE orders ADD EXCLUDE USING btree (qty WITH =)", "orders AccessExclusive scanned"],
  ["ALTER TABLE orders DROP CONSTRAINT orders_user", "orders AccessExclusive, users AccessExclusive"],
  [
    "ALTER TABLE events ATTACH PARTITION loose FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
    "events ShareUpdateExclusive, events_rest AccessExclusive scanned, loose AccessExclusive scanned",
  ],
  [
    "ALTER TABLE logs ATTACH PARTITION logs_2 FOR VALUES IN (2)",
    "logs ShareUpdateExclusive, logs_2 AccessExclusive scanned",
  ],
  ["ALTER TABLE logs ATTACH PARTITION logs_3 FOR VALUES IN (3)", "logs ShareUpdateExclusive, logs_3 AccessExclusive"],
  [
    "ALTER TABLE events DETACH PARTITION events_2024",
    "events AccessExclusive, events_2024 AccessExclusive, events_rest AccessExclusive",
  ],
  [
    "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    "events AccessExclusive, events_rest AccessExclusive scanned",
  ],
  ["CREATE TABLE logs_4 PARTITION OF logs FOR VALUES IN (4)", "logs AccessExclusive"],
  ["CREATE INDEX ON orders (qty)", "orders Share scanned"],
  ["CREATE INDEX ON orders (qty) WHERE qty = 77", "orders Share scanned"],
  ["DROP INDEX orders_code", "orders AccessExclusive"],
  ["REINDEX TABLE orders", "orders Share scanned"],
  ["ALTER INDEX orders_code RENAME TO other", ""],
  ["ALTER TABLE people RENAME COLUMN uid TO other", "people AccessExclusive"],
  ["ALTER TABLE people RENAME TO other", "people AccessExclusive"],
  ["CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch()", "orders ShareRowExclusive"],
  ["ALTER TABLE orders DISABLE TRIGGER ALL", "orders ShareRowExclusive"],
  ["ALTER TABLE orders ENABLE ROW LEVEL SECURITY", "orders AccessExclusive"],
  ["CREATE POLICY p ON orders USING (true)", "orders AccessExclusive"],
  ["ALTER TABLE orders SET (fillfactor = 70)", "orders ShareUpdateExclusive"],
  ["ALTER TABLE orders ALTER COLUMN note SET STATISTICS 500", "orders ShareUpdateExclusive"],
  ["ALTER TABLE plain SET UNLOGGED", "plain AccessExclusive rewritten scanned"],
  ["COMMENT ON COLUMN orders.note IS 'x'", "orders ShareUpdateExclusive"],
  ["GRANT SELECT ON orders TO PUBLIC", ""],
  ["TRUNCATE orders", "orders AccessExclusive rewritten scanned"],
  ["DROP TABLE orders CASCADE", "orders AccessExclusive dropped, stats AccessExclusive dropped, users AccessExclusive"],
  ["CREATE TABLE z (id bigint REFERENCES users)", "users ShareRowExclusive"],
  ["CREATE VIEW v AS SELECT * FROM orders", ""],
  ["CREATE OR REPLACE VIEW active_users AS SELECT id, email FROM users", "active_users AccessExclusive"],
  ["REFRESH MATERIALIZED VIEW stats", "orders AccessShare scanned, stats AccessExclusive rewritten scanned"],
  ["REFRESH MATERIALIZED VIEW CONCURRENTLY stats", "orders AccessShare scanned, stats Exclusive scanned"],
  ["ALTER TABLE plain INHERIT base", "base ShareUpdateExclusive, plain AccessExclusive"],
  ["UPDATE orders SET qty = 2", "orders RowExclusive scanned"],
  ["DELETE FROM orders WHERE qty = 99", "orders RowExclusive scanned"],
  ["INSERT INTO people (id) SELECT qty FROM orders", "orders AccessShare scanned, people RowExclusive"],
  ["LOCK TABLE orders IN SHARE MODE", "orders Share"],
  [
    "DO $$ BEGIN EXECUTE 'ALTER TABLE orders ALTER COLUMN qty TYPE bigint'; END $$",
    "orders AccessExclusive rewritten scanned",
  ],
  ["ALTER DOMAIN posint ADD CHECK (value > 0)", "dom Share scanned"],
  ["ALTER TYPE mood ADD VALUE 'new'", ""],
  ["ALTER TYPE mood RENAME VALUE 'bad' TO 'poor'", ""],
  ["CLUSTER orders USING orders_code", "orders AccessExclusive rewritten scanned"],
  ["CREATE STATISTICS st ON qty, status FROM orders", "orders ShareUpdateExclusive"],
  ["ALTER TABLE orders REPLICA IDENTITY FULL", "orders AccessExclusive"],
  ["ALTER TABLE users SET SCHEMA app", "users AccessExclusive"],
  ["DROP TRIGGER users_touch ON users", "users AccessExclusive"],
  ["DROP VIEW active_users", "active_users AccessExclusive dropped"],
];

const PLACES: readonly [string, number, () => Promise<World>][] = [
  ["the embedded database", 18, () => embeddedWorld({ "001_fixture.sql": FIXTURE })],
  ["PostgreSQL 18", 18, () => world({ "001_fixture.sql": FIXTURE }, { major: 18 })],
  ["PostgreSQL 15", 15, () => world({ "001_fixture.sql": FIXTURE }, { major: 15 })],
];

for (const [place, major, make] of PLACES) {
  describe(`on ${place}`, () => {
    test(`${FORMS.length} forms are seen as they are documented`, { timeout: 120_000 }, async () => {
      const here = await make();
      succeeded(await here.up());
      const session = await here.database.open();
      try {
        for (const [sql, expected, since = 0] of FORMS) {
          if (since > major) continue;
          const [file] = (await trialRolledBack(session, sql)).files;
          assert.equal(file && seen(file), expected, sql);
        }
      } finally {
        await session.close();
      }
    });
  });
}
