import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprint } from "../../../src/core/catalog/fingerprint.ts";
import { readSchema } from "../../../src/engine/schema/read-schema.ts";
import { open, world } from "../support.ts";

const TABLES = 2_000;

/** Twelve columns, a primary key, a foreign key, a CHECK, two indexes and a comment for each table. */
const MANY = (from: number, to: number) => `DO $$ BEGIN FOR i IN ${from}..${to} LOOP
 EXECUTE format('CREATE TABLE t%1$s (id bigint PRIMARY KEY, c0 text, c1 int DEFAULT 3 CHECK (c1 > 0), c2 timestamptz NOT NULL DEFAULT now(), c3 numeric(10,2), c4 text, c5 int DEFAULT 3, c6 timestamptz NOT NULL DEFAULT now(), c7 numeric(10,2), c8 text, c9 int DEFAULT 3, p bigint REFERENCES t%2$s)', i, i / 2);
 EXECUTE format('CREATE INDEX ON t%1$s (c0); CREATE INDEX ON t%1$s (p, c1)', i);
 EXECUTE format('COMMENT ON TABLE t%1$s IS %1$L', i);
 END LOOP; END $$`;

test(`reads the schema of ${TABLES} tables`, { timeout: 300_000 }, async (context) => {
  const place = await world({}, { before: "CREATE TABLE t0 (id bigint PRIMARY KEY)" });
  // Each transaction holds only so many locks.
  for (let from = 1; from <= TABLES; from += 50) await place.rows(MANY(from, from + 49));
  await place.rows("ANALYZE");
  const session = await open(place.url).open();
  const own = { tables: ["'public.schema_migrations'"], schema: undefined };
  const times: number[] = [];
  let objects = await readSchema(session, own);
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    objects = await readSchema(session, own);
    fingerprint(objects);
    times.push(Math.round(performance.now() - started));
  }
  context.diagnostic(`${objects.length} objects in ${times.join(", ")} ms`);
  const count = (kind: string) => objects.filter((object) => object.kind === kind).length;
  assert.deepEqual(
    ["table", "column", "constraint", "index", "comment"].map(count),
    [2_001, 24_001, 6_001, 4_000, 2_000],
  );
  await session.close();
});
