import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { disk } from "../../src/adapters/disk.ts";

describe("file system of the disk", () => {
  let directory = "";
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "pgstep-disk-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  test("list tells what names lead to", (context) => {
    if (process.platform === "win32") return context.skip("links and pipes of Unix");
    const place = join(directory, "list");
    mkdirSync(join(place, "inner"), { recursive: true });
    writeFileSync(join(place, "file"), "");
    for (const [link, to] of Object.entries({
      toFile: "file",
      toInner: "inner",
      dangling: "nothing",
      circle: "circle",
    })) {
      symlinkSync(to, join(place, link));
    }
    execFileSync("mkfifo", [join(place, "pipe")]);
    assert.deepEqual(Object.fromEntries(disk.list(place).map(({ name, kind }) => [name, kind])), {
      inner: "directory",
      file: "file",
      toFile: "file",
      toInner: "directory",
      dangling: "other",
      circle: "other",
      pipe: "other",
    });
    assert.throws(() => disk.list(join(directory, "missing")), { code: "ENOENT" });
    assert.throws(() => disk.list(join(place, "file")), { code: "ENOTDIR" });
  });

  test("read gives all bytes in parts of at most 1 MiB", () => {
    const path = join(directory, "large");
    const content = Buffer.alloc(2_500_000, "0123456789");
    writeFileSync(path, content);
    const parts = [...disk.read(path)];
    assert.ok(parts.every(({ length }) => length > 0 && length <= 1_048_576));
    assert.ok(Buffer.concat(parts).equals(content));
    writeFileSync(join(directory, "empty"), "");
    assert.deepEqual([...disk.read(join(directory, "empty"))], []);
  });

  test("read fails as node:fs does", () => {
    assert.throws(() => [...disk.read(join(directory, "missing"))], { code: "ENOENT" });
    assert.throws(() => [...disk.read(directory)], { code: "EISDIR" });
  });

  test("a reader that stops early leaves no file open", (context) => {
    if (process.platform !== "linux") return context.skip("needs /proc");
    const open = () => readdirSync("/proc/self/fd").length;
    const before = open();
    for (let round = 0; round < 20; round++) {
      for (const part of disk.read(join(directory, "large"))) {
        assert.ok(part.length > 0);
        break;
      }
    }
    assert.ok(open() < before + 10);
  });

  test("create makes the directories and never overwrites", () => {
    const path = join(directory, "new", "deep", "file.sql");
    disk.create(path, "SELECT 'ü';\n");
    assert.equal(readFileSync(path, "utf8"), "SELECT 'ü';\n");
    assert.throws(() => disk.create(path, "other"), { code: "EEXIST" });
    assert.equal(readFileSync(path, "utf8"), "SELECT 'ü';\n");
  });
});
