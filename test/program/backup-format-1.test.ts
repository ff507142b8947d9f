import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { programCommand, run } from "../support/program.ts";

/** A backup that version 0.1.0 wrote. */
const TEXT = readFileSync(join(import.meta.dirname, "backup-format-1.sql"), "utf8");

describe("a backup in the format of version 0.1.0", () => {
  for (const scope of ["all", "tables"] as const) {
    test(`restores its tables and the history: ${scope}`, async () => {
      const server = await sharedServer(15);
      const { name, url } = await server.createDatabase("CREATE TABLE another (id int)");
      const place = temporaryPlace("format-1");
      writeFileSync(join(place, "old.sql"), TEXT.replace('"scope":"all"', `"scope":"${scope}"`));
      const words = ["restore", "old.sql", "--confirm", name, "--other-database"];
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
          ...{
            users: "1|Ann|glad|ann;2|tab\tü|tab\tü",
            posts: "1|1;2|1;3|2",
            names: 2,
            applied: "001",
            stays: true,
            next: 3,
          },
        },
      );
    });
  }

  test("is refused if its rows are others", async () => {
    const server = await sharedServer(15);
    const { name, url } = await server.createDatabase();
    const place = temporaryPlace("format-1");
    const edited = join(place, "edited.sql");
    writeFileSync(edited, TEXT.replace("\tAnn\t", "\tBob\t"));
    const words = ["restore", edited, "--confirm", name, "--other-database"];
    const { status, stderr } = await run([...(await programCommand("node")), ...words], {
      directory: place,
      environment: { DATABASE_URL: url },
    });
    assert.equal(status, 3, stderr);
    assert.match(stderr, /the rows of public\.users do not match the recorded count and checksum/);
  });
});
