import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Databases, type Migrations, roundTrip } from "./round-trip/round-trip.ts";
import { sharedServer } from "./support/postgres-server.ts";
import { runtimesInTurn } from "./support/program.ts";

/** Objects of every kind that pg_dump writes. `npm run test:matrix` does the same with schemas of other projects. */
const ALL_KINDS: Migrations = {
  name: "all kinds",
  directory: join(import.meta.dirname, "round-trip", "all-kinds"),
  before: undefined,
  table: "schema_migrations",
};

const EMBEDDED: Databases = {
  first: { url: "pglite:first", name: "postgres" },
  second: { url: "pglite:second", name: "postgres" },
};

describe("a backup and a schema file bring back objects of every kind,", () => {
  for (const [index, where] of ([15, 18, "embedded"] as const).entries()) {
    // The matrix tries them all.
    for (const runtime of runtimesInTurn(index)) {
      test(`on ${where} with ${runtime}`, async () => {
        const server = where === "embedded" ? undefined : await sharedServer(where);
        const databases = server
          ? { first: await server.createDatabase(), second: await server.createDatabase() }
          : EMBEDDED;
        const { differences, rows } = await roundTrip(runtime, ALL_KINDS, databases);
        assert.deepEqual(differences, []);
        assert.ok(rows > 20, `only ${rows} rows`);
      });
    }
  }
});
