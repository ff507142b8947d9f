import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { disk } from "../../../src/adapters/files/disk.ts";
import type { FileSystem } from "../../../src/ports/file-system.ts";
import { refusal, states, succeeded, world } from "../support.ts";

const LARGE = `CREATE TABLE large (text text);\nCOPY large FROM STDIN;\n${"one row\n".repeat((17 << 20) / 8)}\\.\n`;
const FILES = { "001_small.sql": "CREATE TABLE small ();", "002_large.sql": LARGE };

/** The disk, which calls `ended` after each complete reading of the large file, with its number. */
function watched(ended: (path: string, count: number) => void): FileSystem & { hashes: number } {
  let count = 0;
  const fileSystem = {
    ...disk,
    hashes: 0,
    *read(path: string) {
      yield* disk.read(path);
      if (path.endsWith("002_large.sql")) ended(path, ++count);
    },
    beginHash(path: string) {
      const begun = disk.beginHash?.(path);
      if (begun) fileSystem.hashes++;
      return begun;
    },
  };
  return fileSystem;
}

/** A world whose files are old enough to be hashed in a thread. */
async function agedWorld(files: Record<string, string>, fileSystem: FileSystem) {
  const here = await world(files, { fileSystem });
  await setTimeout(2_500);
  return here;
}

const skip = availableParallelism() < 2 ? "needs two processors" : false;

describe("a large file that is hashed in a thread while it is checked", { skip }, () => {
  test("is applied with its checksum, is applied afterwards, and is changed once it was edited", async () => {
    let readings = 0;
    const fileSystem = watched((_, count) => {
      readings = count;
    });
    const here = await agedWorld(FILES, fileSystem);
    succeeded(await here.up());
    assert.ok(fileSystem.hashes > 0);
    assert.equal(readings, 3, "for its header, for its statements, and to run it");
    const checksum = await here.value("SELECT checksum FROM schema_migrations WHERE version = '002'");
    assert.equal(checksum, createHash("sha256").update(LARGE).digest("hex"));
    const report = succeeded(await here.up());
    assert.deepEqual(report.steps, []);
    assert.equal(report.alreadyApplied, 2);
    assert.deepEqual(await states(here), ["001 applied", "002 applied"]);
    here.write({ "002_large.sql": LARGE.replace("one row", "two row") });
    await setTimeout(2_500);
    await refusal(here.up(), "history-conflict");
  });

  test("has the checksum of its text, also with a byte order mark and CRLF", async () => {
    const fileSystem = watched(() => {});
    const here = await agedWorld({ ...FILES, "002_large.sql": `\ufeff${LARGE.replaceAll("\n", "\r\n")}` }, fileSystem);
    succeeded(await here.up());
    assert.ok(fileSystem.hashes > 0);
    const checksum = await here.value("SELECT checksum FROM schema_migrations WHERE version = '002'");
    assert.equal(checksum, createHash("sha256").update(LARGE).digest("hex"));
  });

  for (const [when, number] of [
    ["before its statements are checked", 1],
    ["after its statements were checked", 2],
  ] as const) {
    test(`is refused if it is edited ${when}: nothing is applied`, async () => {
      const fileSystem = watched((path, count) => {
        if (count === number) appendFileSync(path, "CREATE TABLE more ();\n");
      });
      const here = await agedWorld(FILES, fileSystem);
      await refusal(here.up(), "history-conflict");
      assert.ok(fileSystem.hashes > 0);
      assert.deepEqual(await here.tables(), []);
    });
  }
});
