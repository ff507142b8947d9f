import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { programCommand, run } from "../support/program.ts";

describe("a backup warns", () => {
  for (const major of [15, 18] as const) {
    test(`of what it leaves out, and of files that a killed one left, on ${major}`, async () => {
      const server = await sharedServer(major);
      const { name, url } = await server.createDatabase(
        `CREATE TABLE t (id int); SELECT lo_from_bytea(0, 'a'), lo_from_bytea(0, 'b')`,
      );
      const place = temporaryPlace("warnings");
      mkdirSync(join(place, "database", "migrations"), { recursive: true });
      writeFileSync(join(place, "database", "migrations", "001_a.sql"), "-- Backup: required\nSELECT 1;");
      const pgstep = async (...words: string[]) =>
        run([...(await programCommand("node")), ...words], {
          directory: place,
          environment: { DATABASE_URL: url },
        });
      const up = await pgstep("up");
      assert.equal(up.status, 0, up.stderr);
      assert.match(up.stderr, new RegExp(`warning: The backup of ${name} omits 2 large objects`));
      assert.doesNotMatch(up.stderr, /unfinished backups/);

      const left = `${name}-001-20260101T000000000Z.sql.gz.part`;
      const other = "another-001-20260101T000000000Z.sql.part";
      for (const file of [left, other]) writeFileSync(join(place, ".pgstep", "backups", file), "");
      const json = await pgstep("backup", "--json");
      assert.equal(json.status, 0, json.stderr);
      const findings = json.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
        .filter(({ type }) => type === "warning")
        .map(({ finding }) => finding);
      assert.deepEqual(
        findings.map(({ rule }) => rule),
        ["backup-unfinished", "backup-incomplete"],
      );
      assert.match(findings[0].message, new RegExp(`unfinished backups: \\S+/${left}$`));
      assert.equal(existsSync(join(place, ".pgstep", "backups", left)), true, "it may be at work elsewhere");
    });
  }
});
