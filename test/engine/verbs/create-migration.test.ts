import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { DEFAULT_SETTINGS } from "../../../src/core/configuration/settings.ts";
import { Failure } from "../../../src/core/failure/failure.ts";
import type { VersionStyle } from "../../../src/core/migrations/version.ts";
import { readMigrations } from "../../../src/engine/files/read-migrations.ts";
import type { Context } from "../../../src/engine/session/context.ts";
import { createMigration } from "../../../src/engine/verbs/create-migration.ts";
import type { FileSystem } from "../../../src/ports/file-system.ts";
import { temporaryPlace } from "../../support/place.ts";

const NOW = new Date("2026-03-04T05:06:07.890Z");

function contextOf(directory: string, fileSystem: FileSystem = disk): Context {
  return {
    settings: { ...DEFAULT_SETTINGS, directory },
    fileSystem,
    clock: { now: () => NOW, monotonicMs: () => 0, sleep: async () => {}, every: () => () => {} },
    emit: () => {},
    signal: new AbortController().signal,
    toolVersion: "test",
  };
}

/** Names of the files written into a directory that has these already. */
function created(present: readonly string[], description: string, style?: VersionStyle, down = false): string[] {
  const root = temporaryPlace("new");
  for (const name of present) writeFileSync(join(root, name), "SELECT 1;");
  const report = createMigration(contextOf(root), { description, down, ...(style && { style }) });
  const { findings } = readMigrations(contextOf(root));
  assert.deepEqual(
    findings.filter((finding) => finding.severity === "error"),
    [],
  );
  return report.paths.map((path) => basename(path));
}

test("the next version is in the style and padding that the directory uses", () => {
  assert.deepEqual(created([], "Add users"), ["001_add_users.sql"]);
  assert.deepEqual(created(["001_a.sql", "002_b.sql"], "Add users"), ["003_add_users.sql"]);
  assert.deepEqual(created(["1_a.sql"], "x"), ["2_x.sql"]);
  assert.deepEqual(created(["9_a.sql"], "x"), ["10_x.sql"]);
  assert.deepEqual(created(["0009_a.sql", "2_b.sql"], "x"), ["0010_x.sql"]);
  assert.deepEqual(created(["999_a.sql"], "x"), ["1000_x.sql"]);
  assert.deepEqual(created(["20250101000000_a.sql"], "x"), ["20260304050607_x.sql"]);
});

test("a time before the newest version still sorts after it", () => {
  assert.deepEqual(created(["20260304050607_a.sql"], "x"), ["20260304050608_x.sql"]);
  assert.deepEqual(created(["20990101000000_a.sql"], "x"), ["20990101000001_x.sql"]);
});

test("the style can be chosen", () => {
  assert.deepEqual(created(["001_a.sql"], "x", "timestamp"), ["20260304050607_x.sql"]);
  assert.deepEqual(created([], "x", "timestamp"), ["20260304050607_x.sql"]);
  assert.deepEqual(created(["001_a.sql"], "x", "sequential"), ["002_x.sql"]);
});

test("down and up variants of a version count once, and the pair is written together", () => {
  assert.deepEqual(created(["001_a.up.sql", "001_a.down.sql"], "x", undefined, true), ["002_x.sql", "002_x.down.sql"]);
});

test("the description becomes a name that no shell minds", () => {
  assert.deepEqual(created([], "  Füge  Ärger/hinzu: 'x'; $(rm -rf /) 😀 "), ["001_fuge_arger_hinzu_x_rm_rf.sql"]);
  assert.deepEqual(created([], "../../etc/passwd"), ["001_etc_passwd.sql"]);
});

test("a description without letters and digits is refused", () => {
  for (const description of ["", "  ", "😀", "../.."]) {
    assert.throws(
      () => created([], description),
      (error) => error instanceof Failure && error.code === "usage",
    );
  }
});

test("the header says what it was called, on one line each", () => {
  const root = temporaryPlace("new");
  const directory = join(root, "a", "b");
  createMigration(contextOf(directory), { description: "add users\n-- Transaction: none", down: true });
  const [down = "", up = ""] = readdirSync(directory).sort();
  const text = readFileSync(join(directory, up), "utf8");
  assert.match(
    text,
    /^-- Migration: 001_add_users_transaction_none\n-- Description: Add users -- Transaction: none\n-- Created: 2026-03-04\n\n/,
  );
  assert.match(readFileSync(join(directory, down), "utf8"), /^-- Migration: 001_add_users_transaction_none\n/);
  const { migrations, findings } = readMigrations(contextOf(directory));
  assert.deepEqual(findings, []);
  assert.equal(migrations[0]?.up.header.transaction, "one");
  assert.equal(migrations[0]?.description, "Add users -- Transaction: none");
});

test("a file is never overwritten, even one that appears between looking and writing", () => {
  const root = temporaryPlace("new");
  writeFileSync(join(root, "001_x.sql"), "precious");
  const blind: FileSystem = { ...disk, list: () => [] };
  assert.throws(
    () => createMigration(contextOf(root, blind), { description: "x", down: false }),
    (error) => error instanceof Failure && error.code === "file-exists",
  );
  assert.equal(readFileSync(join(root, "001_x.sql"), "utf8"), "precious");
  rmSync(join(root, "001_x.sql"));
  writeFileSync(join(root, "001_x.down.sql"), "precious");
  assert.throws(() => createMigration(contextOf(root, blind), { description: "x", down: true }));
  assert.equal(readFileSync(join(root, "001_x.down.sql"), "utf8"), "precious");
});
