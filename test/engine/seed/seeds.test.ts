import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Settings } from "../../../src/core/configuration/settings.ts";
import type { SeedReport } from "../../../src/core/reports/report.ts";
import { validate } from "../../../src/engine/check/validate.ts";
import { seed } from "../../../src/engine/seed/seed.ts";
import { until } from "../../support/until.ts";
import {
  embeddedWorld,
  type Files,
  holding,
  refusal,
  type ServerWorld,
  terminate,
  type World,
  within,
  world,
} from "../support.ts";

const MIGRATIONS: Files = { "001_t.sql": "CREATE TABLE t (id int PRIMARY KEY);" };

/** A migrated world with these seeds, by path. */
async function sown<Place extends World>(
  make: (files: Files, settings: Partial<Settings>) => Promise<Place>,
  seeds: Files,
  settings: Partial<Settings> = {},
): Promise<Place> {
  const place = await make(MIGRATIONS, settings);
  await place.up();
  const directory = join(place.directory, "seeds");
  for (const [path, text] of Object.entries(seeds)) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return Object.assign(place, {
    context: { ...place.context, settings: { ...place.context.settings, seedsDirectory: directory } },
  });
}

function outcomes({ steps }: SeedReport): string[] {
  return steps.map(({ name, outcome }) => `${name} ${outcome}`);
}

const ids = async (place: World) =>
  (await place.rows("SELECT id::text AS id FROM t ORDER BY t.id")).map(({ id }) => id);

for (const [where, make] of [
  ["a server", world],
  ["the embedded database", embeddedWorld],
] as const) {
  describe(`seeds on ${where}`, () => {
    test("run in the order of their names, each time but for those that run once", async () => {
      const place = await sown<World>(make, {
        "b.sql": "-- Seed: once\nINSERT INTO t VALUES (2);",
        "a.sql": "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING;",
        "c.sql": "-- Seed: once\nINSERT INTO t SELECT 3 FROM t WHERE id = 2;",
        "notes.txt": "none",
        ".b.sql": "none",
        "test/d.sql": "none",
      });
      assert.deepEqual(outcomes(await seed(place.context, {})), ["a applied", "b applied", "c applied"]);
      const again = await seed(place.context, {});
      assert.deepEqual([outcomes(again), again.alreadyDone], [["a applied"], 2]);
      assert.deepEqual(await ids(place), ["1", "2", "3"]);
    });

    test("are rolled back where they fail, with their record, and those before stay", async () => {
      const place = await sown<World>(make, {
        "a.sql": "-- Seed: once\nINSERT INTO t VALUES (1);",
        "b.sql": "-- Seed: once\nINSERT INTO t VALUES (2);\nINSERT INTO t VALUES (1);",
        "c.sql": "INSERT INTO t VALUES (3);",
      });
      const { failure, ...report } = await seed(place.context, {});
      assert.deepEqual(outcomes(report as SeedReport), ["a applied", "b failed", "c not-run"]);
      assert.deepEqual([failure?.code, failure?.place?.line], ["statement-failed", 3]);
      assert.deepEqual(await ids(place), ["1"]);
      writeFileSync(join(place.directory, "seeds", "b.sql"), "-- Seed: once\nINSERT INTO t VALUES (2);");
      assert.deepEqual(outcomes(await seed(place.context, {})), ["b applied", "c applied"]);
    });

    test("may not write to the history", async () => {
      for (const text of ["DELETE FROM schema_migrations;", "INSERT INTO schema_migrations (version) VALUES ('9');"]) {
        const place = await sown<World>(make, { "a.sql": text });
        const { failure } = await seed(place.context, {});
        assert.match(failure?.message ?? "", /writes to public\.schema_migrations/);
        assert.deepEqual(await place.history(), ["001"]);
      }
    });

    test("leave nothing of the session to the next one", async () => {
      const place = await sown<World>(make, {
        "a.sql": "SET search_path = nowhere; CREATE TEMP TABLE t (id int); SET ROLE pg_monitor;",
        "b.sql": "INSERT INTO t VALUES (1);",
      });
      assert.deepEqual(outcomes(await seed(place.context, {})), ["a applied", "b applied"]);
      assert.deepEqual(await ids(place), ["1"]);
    });
  });
}

describe("seeds", () => {
  test("of the environment run among the others, and only there", async () => {
    const place = await sown<World>(
      world,
      {
        "a.sql": "INSERT INTO t VALUES (1);",
        "c.sql": "-- Environment: test\nINSERT INTO t SELECT 3 FROM t WHERE id = 2;",
        "test/b.sql": "INSERT INTO t VALUES (2);",
        "other/b.sql": "SELECT 1/0;",
        "d.sql": "-- Environment: other\nSELECT 1/0;",
      },
      { environment: "test" },
    );
    assert.deepEqual(outcomes(await seed(place.context, {})), ["a applied", "test/b applied", "c applied"]);
    const outside = { ...place.context.settings, environment: "../seeds" };
    assert.deepEqual(outcomes(await seed({ ...place.context, settings: outside }, { dryRun: true })), ["a not-run"]);
  });

  test("wait for the migrations, and write nothing when they only look", async () => {
    const place = await sown<World>(world, { "a.sql": "-- Seed: once\nINSERT INTO t VALUES (1);" });
    assert.deepEqual(outcomes(await seed(place.context, { dryRun: true })), ["a not-run"]);
    assert.equal(await place.value("SELECT to_regclass('schema_migrations_seeds')::text"), null);
    place.write({ "002_u.sql": "SELECT 1;" });
    await refusal(seed(place.context, {}), "migrations-pending");
    assert.deepEqual(await ids(place), []);
  });

  test("of several runs at once run once where they say so", async () => {
    const place = await sown<ServerWorld>(world, {
      "a.sql": "-- Seed: once\nSELECT pg_sleep(0.3); INSERT INTO t VALUES (1);",
    });
    const reports = await Promise.all([1, 2, 3].map(() => seed(place.context, {})));
    assert.deepEqual(reports.flatMap(outcomes), ["a applied"]);
  });

  test("wait for a table as migrations do, and are tried again", async () => {
    const place = await sown<ServerWorld>(
      world,
      { "a.sql": "-- Seed: once\nINSERT INTO t VALUES (1);" },
      { lockTimeoutMs: 100 },
    );
    await holding(place, "BEGIN; LOCK TABLE t", async (release) => {
      const running = seed(place.context, {});
      await until(() => place.events.some(({ type }) => type === "retrying"));
      await release();
      assert.deepEqual(outcomes(await within(20_000, running)), ["a applied"]);
    });
  });

  test("are in doubt when the connection is lost, and what runs once is not run twice", async () => {
    const place = await sown<ServerWorld>(world, {
      "a.sql": "-- Seed: once\nINSERT INTO t VALUES (1);",
      "b.sql": "SELECT pg_sleep(60);",
      "c.sql": "INSERT INTO t VALUES (3);",
    });
    const running = seed(place.context, {});
    await terminate(place, "SELECT pg_sleep(60)%");
    const report = await within(30_000, running);
    assert.deepEqual(outcomes(report), ["a applied", "b in-doubt", "c in-doubt"]);
    assert.equal(report.failure?.code, "connection-lost");
    writeFileSync(join(place.directory, "seeds", "b.sql"), "SELECT 1;");
    assert.deepEqual(outcomes(await seed(place.context, {})), ["b applied", "c applied"]);
  });

  test("that cannot run in a transaction are refused before anything runs", async () => {
    for (const text of ["VACUUM t;", "-- Transaction: none\nSELECT 1;", "BEGIN; SELECT 1;", "SELECT 'x;"]) {
      const place = await sown<World>(world, { "a.sql": "INSERT INTO t VALUES (1);", "b.sql": text });
      await refusal(seed(place.context, {}), "files-unsound");
      assert.deepEqual(await ids(place), []);
      const { findings } = await validate(place.context, undefined);
      assert.deepEqual(
        findings.map(({ severity, place: where }) => [severity, where?.path]),
        [["error", join(place.directory, "seeds", "b.sql")]],
      );
    }
  });
});
