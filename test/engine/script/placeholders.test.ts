import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withoutSecrets } from "../../../src/engine/session/mask-secrets.ts";
import {
  embeddedWorld,
  type Files,
  failureOf,
  refusal,
  succeeded,
  type World,
  type WorldOptions,
  world,
} from "../support.ts";

const ON = "-- Placeholders: on\n";

/** The same place with other values. */
function given(place: World, placeholders: Record<string, string>): World["context"] {
  return { ...place.context, settings: { ...place.context.settings, placeholders } };
}

for (const [where, make] of [
  ["a server", world],
  ["the embedded database", embeddedWorld],
] as const) {
  describe(`placeholders on ${where}`, () => {
    const worldOf = (files: Files, settings: WorldOptions): Promise<World> => make(files, settings);

    test("are replaced up and down, also in a stored down script, with the values of that time", async () => {
      const place = await worldOf(
        { "001_a.sql": `${ON}CREATE TABLE \${t} (id int);`, "001_a.down.sql": `${ON}DROP TABLE \${t};` },
        { placeholders: { t: "first" } },
      );
      succeeded(await place.up());
      assert.deepEqual(await place.tables(), ["first"]);
      assert.equal(await place.value("SELECT down_script FROM schema_migrations"), `${ON}DROP TABLE \${t};`);
      place.remove("001_a.down.sql");
      await place.rows("ALTER TABLE first RENAME TO second");
      const other = Object.assign({}, place, { context: given(place, { t: "second" }) });
      assert.equal((await other.status()).pending, 0);
      const { undo } = await import("../../../src/engine/run/migrate.ts");
      succeeded(await undo(other.context, { count: 1 }, {}));
      assert.deepEqual(await place.tables(), []);
    });

    test("decide how the statement runs, and errors point into the file", async () => {
      const place = await worldOf(
        {
          "001_a.sql": "CREATE TABLE t (id int);",
          "002_b.sql": `${ON}CREATE INDEX \${how} i ON t (id);\nSELECT '\${how}',\n  "\${how}" FROM t;`,
        },
        { placeholders: { how: "CONCURRENTLY" } },
      );
      const failure = failureOf(await place.up(), "statement-failed");
      assert.deepEqual(
        [failure.place?.line, failure.place?.column, failure.place?.sourceLine],
        [4, 3, `  "\${how}" FROM t;`],
      );
      assert.equal(await place.value("SELECT count(*)::int FROM pg_indexes WHERE indexname = 'i'"), 1);
    });

    test("of another value do not stop a migration that goes on statement by statement", async () => {
      const place = await worldOf(
        { "001_a.sql": `-- Transaction: none\n${ON}CREATE TABLE \${t} (id int);\nSELECT 1/\${n};` },
        { placeholders: { t: "x", n: "0" } },
      );
      failureOf(await place.up(), "statement-failed");
      const { migrate } = await import("../../../src/engine/run/migrate.ts");
      succeeded(await migrate(given(place, { t: "y", n: "1" }), {}, {}));
      assert.deepEqual(await place.tables(), ["x"]);
    });

    test("without a value stop a run before anything is sent", async () => {
      const place = await worldOf({ "001_a.sql": "CREATE TABLE t (id int);", "002_b.sql": `${ON}SELECT \${no};` }, {});
      const { findings } = await refusal(place.up(), "files-unsound");
      assert.deepEqual(
        [findings[0]?.rule, findings[0]?.place?.line, findings[0]?.place?.column],
        ["placeholder", 2, 8],
      );
      assert.deepEqual(await place.tables(), []);
    });

    test("that are secret are in no error and no notice", async () => {
      const secret = 'it\'s "s3cret"';
      const placeholders = { key: { value: secret, secret: true } };
      const place = await worldOf(
        {
          "001_a.sql": `${ON}CREATE TABLE t (k text UNIQUE);\nINSERT INTO t VALUES ('\${key}');`,
          "002_b.sql": `-- Placeholders: everywhere\nDO $$ BEGIN RAISE WARNING '% ', '\${key}' USING HINT = '\${key}'; END $$;`,
          "003_c.sql": `${ON}INSERT INTO t VALUES ('\${key}');`,
        },
        { placeholders },
      );
      const omitsQueries = { ...place.context, database: withoutSecrets(place.database, placeholders) };
      const { migrate } = await import("../../../src/engine/run/migrate.ts");
      await migrate(omitsQueries, { to: "001" }, {});
      // A quote ends the literal in dollar quotes: there the value stands as it is.
      const report = await migrate(omitsQueries, {}, {});
      const text = JSON.stringify([report, place.events, report.failure?.message, report.failure?.server]);
      assert.ok(report.failure);
      for (const part of ["s3cret", "it's"]) assert.ok(!text.includes(part), text);
      place.write({ "002_b.sql": "SELECT 1;" });
      const again = await migrate(omitsQueries, {}, {});
      assert.equal(again.failure?.server?.detail, "Key (k)=(***) already exists.");
    });
  });
}
