import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { disk } from "../../src/adapters/files/disk.ts";
import { sealedFiles } from "../../src/adapters/files/sealed-files.ts";
import type { FileSystem } from "../../src/ports/file-system.ts";
import { temporaryPlace } from "../support/place.ts";

const CONTENT = Buffer.alloc(2_500_000, "0123456789");
const LENGTHS = [0, 1, 65_535, 65_536, 65_537, 70_000, CONTENT.length];
const FILES = [...LENGTHS.map((length) => ({ name: `${length}.sql`, length })), { name: "inner/deep.sql", length: 5 }];

const directory = temporaryPlace("disk");

interface Subject {
  readonly files: FileSystem;
  /** Where FILES are. */
  readonly place: string;
  readonly isSealed: boolean;
}

function onDisk(): Subject {
  const place = join(directory, "contract");
  for (const { name, length } of FILES) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), CONTENT.subarray(0, length));
  }
  return { files: disk, place, isSealed: false };
}

function sealed(): Subject {
  const files = FILES.map(({ name, length }) => ({
    path: `db/m/${name}`,
    content: CONTENT.subarray(0, length).toString("base64"),
  }));
  const seal = { label: null, settings: {}, roots: ["db/m"], pin: null, files };
  return { files: sealedFiles(seal, disk), place: "db/m", isSealed: true };
}

for (const [name, make] of Object.entries({ "the disk": onDisk, "sealed files": sealed })) {
  describe(`file system of ${name}`, () => {
    const { files, place, isSealed } = make();
    const readOnly = isSealed && "a seal is never written";

    test("list tells files and directories", () => {
      const kinds = new Map(files.list(place).map((entry) => [entry.name, entry.kind]));
      assert.deepEqual(
        kinds,
        new Map([...LENGTHS.map((one) => [`${one}.sql`, "file"] as const), ["inner", "directory"]]),
      );
      assert.deepEqual(files.list(`${place}/inner`), [{ name: "deep.sql", kind: "file" }]);
      assert.throws(() => files.list(`${place}/missing`), { code: "ENOENT" });
      assert.throws(() => files.list(`${place}/1.sql`), { code: "ENOTDIR" });
    });

    test("read gives all bytes in parts of at most 64 KiB", () => {
      for (const length of LENGTHS) {
        const parts = Array.from(files.read(`${place}/${length}.sql`), (part) => Buffer.from(part));
        assert.ok(parts.every((part) => part.length > 0 && part.length <= 65_536));
        assert.ok(Buffer.concat(parts).equals(CONTENT.subarray(0, length)));
      }
    });

    test("readStart gives the first part, and says whether it is all", () => {
      for (const length of LENGTHS) {
        const { bytes, whole } = files.readStart(`${place}/${length}.sql`);
        assert.ok(CONTENT.subarray(0, bytes.length).equals(bytes));
        assert.ok(whole ? bytes.length === length : bytes.length > 0 && bytes.length <= length, `${length}`);
      }
      assert.equal(files.readStart(`${place}/1.sql`).whole, true);
    });

    test("what is no file fails as node:fs does", () => {
      for (const [path, code] of [
        ["missing", "ENOENT"],
        ["inner", "EISDIR"],
        ["1.sql/below", "ENOTDIR"],
      ]) {
        assert.throws(() => files.readStart(`${place}/${path}`), { code });
        assert.throws(() => [...files.read(`${place}/${path}`)], { code });
      }
    });

    test("create makes the directories and never overwrites", { skip: readOnly }, () => {
      const path = `${place}/new/deep/file.sql`;
      files.create(path, "SELECT 'ü';\n");
      assert.equal(textOf(path), "SELECT 'ü';\n");
      assert.throws(() => files.create(path, "other"), { code: "EEXIST" });
      assert.equal(textOf(path), "SELECT 'ü';\n");
    });

    test("replace writes a file whole, and remove deletes it, there or not", { skip: readOnly }, () => {
      const path = `${place}/replaced/file.sql`;
      files.replace(path, "a longer text");
      files.replace(path, "short");
      assert.equal(textOf(path), "short");
      files.remove(path);
      files.remove(path);
      assert.throws(() => files.readStart(path), { code: "ENOENT" });
    });

    test("where nothing can be written, all that would write is refused", { skip: !isSealed && "all can" }, () => {
      for (const path of [`${place}/1.sql`, `${place}/new.sql`]) {
        assert.throws(() => files.create(path, ""), { code: "EROFS" });
        assert.throws(() => files.replace(path, ""), { code: "EROFS" });
        assert.throws(() => files.remove(path), { code: "EROFS" });
      }
    });

    function textOf(path: string): string {
      return Buffer.from(files.readStart(path).bytes).toString();
    }
  });
}

describe("the disk", () => {
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

  test("a reader that stops early leaves no file open", (context) => {
    if (process.platform !== "linux") return context.skip("needs /proc");
    const large = join(directory, "large");
    writeFileSync(large, CONTENT);
    const open = () => readdirSync("/proc/self/fd").length;
    const before = open();
    for (let round = 0; round < 20; round++) {
      for (const part of disk.read(large)) {
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
});
