import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { sealedFiles } from "../../../src/adapters/files/sealed-files.ts";
import { temporaryPlace } from "../../support/place.ts";

describe("sealed files", () => {
  const place = temporaryPlace("sealed-files");
  const content = (length: number) => Buffer.alloc(length, "0123456789");
  const lengths = [0, 1, 65_535, 65_536, 65_537, 200_000];
  const fileSystem = sealedFiles(
    {
      label: null,
      settings: {},
      roots: ["./db/m/", "db/seeds"],
      pin: null,
      files: [
        ...lengths.map((length) => ({ path: `db/m/${length}.sql`, content: content(length).toString("base64") })),
        { path: "db/m/production/001_a.sql", content: "" },
      ],
    },
    disk,
  );

  test("are listed with their directories", () => {
    const names = fileSystem.list("db/m").map(({ name, kind }) => `${kind} ${name}`);
    assert.deepEqual(names, [...lengths.map((length) => `file ${length}.sql`), "directory production"]);
    assert.deepEqual(fileSystem.list("./db//m/production/"), [{ name: "001_a.sql", kind: "file" }]);
    assert.throws(() => fileSystem.list("db/seeds"), { code: "ENOENT" });
    assert.throws(() => fileSystem.list("db/m/1.sql"), { code: "ENOTDIR" });
  });

  test("are read as from the disk", () => {
    for (const length of lengths) {
      const path = join(place, "file");
      writeFileSync(path, content(length));
      const onDisk = disk.readStart(path);
      const start = fileSystem.readStart(`db/m/${length}.sql`);
      assert.deepEqual([start.whole, Buffer.from(start.bytes)], [onDisk.whole, Buffer.from(onDisk.bytes)]);
      const parts = [...fileSystem.read(`db/m/${length}.sql`)].map((part) => Buffer.from(part));
      assert.ok(parts.every((part) => part.length > 0 && part.length <= 65_536));
      assert.ok(Buffer.concat(parts).equals(content(length)));
    }
    assert.throws(() => fileSystem.readStart("db/m/none.sql"), { code: "ENOENT" });
  });

  test("cannot be written, and all else is on the disk", () => {
    for (const path of ["db/m/new.sql", "db/seeds/new.sql", "db/m/1.sql"]) {
      assert.throws(() => fileSystem.create(path, ""), { code: "EROFS" });
      assert.throws(() => fileSystem.replace(path, ""), { code: "EROFS" });
      assert.throws(() => fileSystem.remove(path), { code: "EROFS" });
    }
    const path = join(place, "written");
    fileSystem.create(path, "a");
    fileSystem.replace(path, "b");
    assert.equal(readFileSync(path, "utf8"), "b");
    assert.equal(Buffer.from(fileSystem.readStart(path).bytes).toString(), "b");
    assert.ok(fileSystem.list(place).some(({ name }) => name === "written"));
    fileSystem.remove(path);
    assert.throws(() => fileSystem.readStart(path), { code: "ENOENT" });
  });
});
