import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { programCommand, run } from "../support/program.ts";

/** Backups that version 0.1.0 wrote, of all tables and of those that a run touched. */
const FILES = join(import.meta.dirname, "format-1");

describe("a backup in the format of version 0.1.0", () => {
  for (const [file, applied] of [
    ["tables.sql", "001"],
    ["all.sql", "001"],
  ] as const) {
    test(`restores its tables and the history: ${file}`, async () => {
      const server = await sharedServer(15);
      const { name, url } = await server.createDatabase("CREATE TABLE another (id int)");
      const place = temporaryPlace("format-1");
      const words = ["restore", join(FILES, file), "--confirm", name, "--other-database"];
      const restored = await run([...(await programCommand("node")), ...words], {
        directory: place,
        environment: { DATABASE_URL: url },
      });
      assert.equal(restored.status, 0, restored.stderr);
      assert.match(restored.stderr, /this replaces tables of the database/);
      const [row] = await server.query(
        name,
        `SELECT (SELECT string_agg(concat_ws('|', id, name, mood, slug), ';' ORDER BY id) FROM users) AS users,
 (SELECT string_agg(concat_ws('|', id, user_id), ';' ORDER BY id) FROM posts) AS posts, (SELECT count(*)::int FROM names) AS names,
 (SELECT string_agg(version, ',') FROM schema_migrations) AS applied, to_regclass('another') IS NOT NULL AS stays, nextval('users_id_seq')::int AS next`,
      );
      assert.deepEqual(
        { ...row },
        {
          ...{ users: "1|Ann|glad|ann;2|tab\tü|tab\tü", posts: "1|1;2|1;3|2", names: 2, applied, stays: true, next: 3 },
        },
      );
    });
  }

  test("is refused if its rows are others", async () => {
    const server = await sharedServer(15);
    const { name, url } = await server.createDatabase();
    const place = temporaryPlace("format-1");
    const edited = join(place, "edited.sql");
    writeFileSync(edited, readFileSync(join(FILES, "all.sql"), "utf8").replace("\tAnn\t", "\tBob\t"));
    const words = ["restore", edited, "--confirm", name, "--other-database"];
    const { status, stderr } = await run([...(await programCommand("node")), ...words], {
      directory: place,
      environment: { DATABASE_URL: url },
    });
    assert.equal(status, 3, stderr);
    assert.match(stderr, /the rows of public\.users do not match the recorded count and checksum/);
  });
});
