import assert from "node:assert/strict";
import { join, relative } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { bufferedFiles, pathBelow } from "../../../src/adapters/files/buffered-files.ts";
import { disk } from "../../../src/adapters/files/disk.ts";
import { temporaryPlace } from "../../support/place.ts";

const textOf = (parts: Iterable<Uint8Array>) => Buffer.concat([...parts]).toString();

test("a buffer takes the place of a file, saved or not, and of no other", () => {
  const place = temporaryPlace("buffer", { "m/001_a.sql": "a", "m/002_b.sql": "b" });
  const names = (files: typeof disk) =>
    files
      .list(join(place, "m"))
      .map(({ name, kind }) => `${name} ${kind}`)
      .sort();
  const saved = bufferedFiles(disk, relative(process.cwd(), join(place, "m", "002_b.sql")), Buffer.from("new"));
  assert.deepEqual(names(saved), ["001_a.sql file", "002_b.sql file"]);
  assert.equal(textOf(saved.read(`${place}/m/002_b.sql`)), "new");
  assert.deepEqual(saved.readStart(`${place}/m/002_b.sql`), { bytes: Buffer.from("new"), whole: true });
  assert.equal(textOf(saved.read(`${place}/m/001_a.sql`)), "a");
  assert.equal(saved.beginHash, undefined);
  const added = bufferedFiles(disk, join(place, "m", "003_c.sql"), Buffer.from("c"));
  assert.deepEqual(names(added), ["001_a.sql file", "002_b.sql file", "003_c.sql file"]);
  assert.equal(textOf(added.read(`${place}/m/003_c.sql`)), "c");
  assert.equal(added.list(place).length, 1);
  const alone = bufferedFiles(disk, join(place, "none", "1_a.sql"), Buffer.from("a"));
  assert.deepEqual(alone.list(join(place, "none")), [{ name: "1_a.sql", kind: "file" }]);
});

test("a path is below a directory as reading it gives it", () => {
  assert.equal(
    pathBelow("database/migrations", join(process.cwd(), "database", "migrations", "x", "1_a.sql")),
    "database/migrations/x/1_a.sql",
  );
  assert.equal(pathBelow("m/", "./m/1_a.sql"), "m/1_a.sql");
  for (const path of ["other/1_a.sql", "m", "../m/1_a.sql", "m/../1_a.sql"])
    assert.equal(pathBelow("m", path), undefined, path);
  assert.equal(pathBelow("m", "m/..a.sql"), "m/..a.sql");
});
