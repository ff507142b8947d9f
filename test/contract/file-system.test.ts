import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { disk } from "../../src/adapters/files/disk.ts";

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

  test("read gives all bytes in parts of at most 64 KiB", () => {
    const path = join(directory, "large");
    const content = Buffer.alloc(2_500_000, "0123456789");
    writeFileSync(path, content);
    const parts = Array.from(disk.read(path), (part) => Buffer.from(part));
    assert.ok(parts.every(({ length }) => length > 0 && length <= 65_536));
    assert.ok(Buffer.concat(parts).equals(content));
    writeFileSync(join(directory, "empty"), "");
    assert.deepEqual([...disk.read(join(directory, "empty"))], []);
  });

  test("replace follows no link that lies where its new file could", (context) => {
    if (process.platform === "win32") return context.skip("links of Unix");
    const place = join(directory, "replace");
    mkdirSync(place);
    const path = join(place, "file");
    const victim = join(directory, "victim");
    writeFileSync(victim, "precious");
    for (const name of [`file.${process.pid}`, `file.${process.pid}.tmp`]) symlinkSync(victim, join(place, name));
    writeFileSync(path, "before");
    disk.replace(path, "after");
    assert.equal(readFileSync(path, "utf8"), "after");
    assert.equal(readFileSync(victim, "utf8"), "precious");
    assert.deepEqual(readdirSync(place).length, 3);
  });

  test("readStart gives the first part, and says whether it is all", () => {
    const path = join(directory, "start");
    const content = Buffer.alloc(70_000, "0123456789");
    for (const length of [0, 1, 65_535, 65_536, 65_537, 70_000]) {
      writeFileSync(path, content.subarray(0, length));
      const { bytes, whole } = disk.readStart(path);
      assert.ok(content.subarray(0, bytes.length).equals(bytes));
      assert.ok(whole ? bytes.length === length : bytes.length > 0 && bytes.length <= length, `${length}`);
    }
    writeFileSync(path, "small");
    assert.equal(disk.readStart(path).whole, true);
    assert.throws(() => disk.readStart(join(directory, "missing")), { code: "ENOENT" });
    assert.throws(() => disk.readStart(directory), { code: "EISDIR" });
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

  test("create fails where no directory can be made", (context) => {
    if (process.platform !== "linux") return context.skip("needs /proc");
    assert.throws(() => disk.create("/proc/pgstep/deep/file.sql", ""), { code: "ENOENT" });
    const file = join(directory, "plain");
    writeFileSync(file, "");
    assert.throws(() => disk.create(join(file, "deep", "file.sql"), ""), { code: "ENOTDIR" });
  });

  test("create makes the directories and never overwrites", () => {
    const path = join(directory, "new", "deep", "file.sql");
    disk.create(path, "SELECT 'ü';\n");
    assert.equal(readFileSync(path, "utf8"), "SELECT 'ü';\n");
    assert.throws(() => disk.create(path, "other"), { code: "EEXIST" });
    assert.equal(readFileSync(path, "utf8"), "SELECT 'ü';\n");
  });
});
