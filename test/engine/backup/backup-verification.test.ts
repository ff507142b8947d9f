import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, describe, test } from "node:test";
import { backupStore } from "../../../src/adapters/files/backup-store.ts";
import { disk } from "../../../src/adapters/files/disk.ts";
import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import { openDatabase } from "../../../src/adapters/target/open-database.ts";
import { DEFAULT_SETTINGS } from "../../../src/core/configuration/settings.ts";
import { backUp } from "../../../src/engine/backup/back-up.ts";
import type { BackupStore } from "../../../src/ports/backups.ts";
import { temporaryPlace } from "../../support/place.ts";
import { builtDump } from "../../support/schema-dump.ts";

describe("the verification of a backup", () => {
  const place = temporaryPlace("verify");
  const database = openDatabase({ kind: "embedded", directory: undefined });
  after(async () => {
    await database.close();
  });
  const context = {
    settings: DEFAULT_SETTINGS,
    fileSystem: disk,
    clock: systemClock,
    database,
    emit: () => {},
    signal: new AbortController().signal,
    toolVersion: "0",
    schemaDump: builtDump,
  };
  const policy = {
    ...{ backup: "always" as const, backupDirectory: place, backupKeep: 5, backupLimit: 1e9 },
    ...{ backupVerify: "contents" as const, backupGzip: false },
  };
  const backUpWith = (store: BackupStore) =>
    backUp(context, {
      tools: { store, dumpProgram: async () => undefined, restoreProgram: async () => undefined },
      policy,
      rehearse: async () => {},
    });

  /** A disk that gives back something else than was written. */
  const spoiling = (spoil: (text: string) => string): BackupStore => ({
    ...backupStore,
    read: (path) => [
      Buffer.from(spoil(Buffer.concat(Array.from(backupStore.read(path), (part) => Buffer.from(part))).toString())),
    ],
  });

  test("finds rows that are others, fewer, or a table that is not there, and leaves no file", async () => {
    const session = await database.open();
    await session.execute("CREATE TABLE t (id int, name text); INSERT INTO t VALUES (1, 'Ann'), (2, 'Bob')");
    await session.close();
    for (const [spoil, message] of [
      [(text: string) => text.replace("1\tAnn", "1\tAnnie"), /the rows of public\.t \(id, name\) differ/],
      [(text: string) => text.replace("1\tAnn\n", ""), /has 2 rows in the database and 1 in the backup/],
      [(text: string) => text.replace(/COPY public\.t [\s\S]*?\\\.\n/, ""), /public\.t is missing/],
    ] as const) {
      await assert.rejects(backUpWith(spoiling(spoil)), { code: "backup-failed", message });
      assert.deepEqual(readdirSync(place), []);
    }
    const report = await backUpWith(backupStore);
    assert.deepEqual(
      report.tables.map(({ name, rows }) => [name, rows]),
      [["public.t", 2]],
    );
  });

  test("stops when there is no room", async () => {
    await assert.rejects(backUpWith({ ...backupStore, freeBytes: () => 1024 }), {
      code: "backup-failed",
      message: /it needs up to \d+ kB, \d+ kB more than is free$/,
    });
  });
});
