import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, type RuntimeName, run } from "../support/program.ts";

const FILES = 10_000;
const BYTES = 100 * 1024 * 1024;
/** Rows of one INSERT of the large file. */
const ROWS = 1_000;
const LABEL = "x".repeat(90);
/** What Node itself takes of it is about 45. */
const PEAK_MEGABYTES = 200;
const TIMEOUT_MS = 120_000;

const place = temporaryPlace("large");

/** Writes `start`, and `part` until the file is so long, and `end`; returns how often `part`. */
function writeLarge(name: string, start: string, part: string, end = ""): number {
  mkdirSync(join(place, name));
  const file = openSync(join(place, name, `001_${name}.sql`), "w");
  writeSync(file, `CREATE TABLE lines (number int, line text);\n${start}`);
  const bytes = Buffer.from(part);
  const times = Math.ceil(BYTES / bytes.length);
  for (let time = 0; time < times; time++) writeSync(file, bytes);
  writeSync(file, end);
  closeSync(file);
  return times;
}

async function pgstep(runtime: RuntimeName, environment: Readonly<Record<string, string>>, ...words: string[]) {
  return run([...(await programCommand(runtime)), ...words], {
    directory: place,
    environment,
    timeoutMs: TIMEOUT_MS,
  });
}

describe("large", () => {
  /** Of each large file. */
  const rows = new Map<string, number>();

  before(() => {
    mkdirSync(join(place, "many"));
    for (let number = 1; number <= FILES; number++) {
      const name = `${`${number}`.padStart(5, "0")}_step`;
      writeFileSync(
        join(place, "many", `${name}.sql`),
        `-- Migration: ${name}\nINSERT INTO steps VALUES (${number});\n`,
      );
    }
    const tuples = Array.from({ length: ROWS }, (_, index) => `(${index}, '${LABEL}')`);
    rows.set("inserts", ROWS * writeLarge("inserts", "", `INSERT INTO lines VALUES ${tuples.join(", ")};\n`));
    const copied = Array.from({ length: ROWS }, (_, index) => `${index}\t${LABEL}\n`);
    rows.set("copy", ROWS * writeLarge("copy", "COPY lines FROM STDIN;\n", copied.join(""), "\\.\n"));
    writeFileSync(
      join(place, "peak.cjs"),
      `process.on("exit", () => process.stderr.write("peak " + process.resourceUsage().maxRSS));`,
    );
  });

  for (const runtime of chosenRuntimes()) {
    test(`${FILES} files on ${runtime}`, { timeout: 2 * TIMEOUT_MS }, async () => {
      const server = await sharedServer();
      const { name, url } = await server.createDatabase("CREATE TABLE steps (number int)");
      const up = await pgstep(runtime, { DATABASE_URL: url }, "up", "--dir", "many");
      assert.equal(up.status, 0, up.stderr);
      assert.match(up.stdout, /✓ 10000_step .*\nApplied 10000 migrations in/);
      assert.deepEqual(await server.query(name, "SELECT count(*)::int, sum(number)::int FROM steps"), [
        { count: FILES, sum: (FILES * (FILES + 1)) / 2 },
      ]);
      const again = await pgstep(runtime, { DATABASE_URL: url }, "up", "--dir", "many");
      assert.equal(again.stdout, "Nothing to do: 10000 migrations are already applied.\n", again.stderr);
    });

    for (const name of ["inserts", "copy"]) {
      test(`a file of 100 MB, ${name}, on ${runtime}`, { timeout: 2 * TIMEOUT_MS }, async () => {
        const server = await sharedServer();
        const { name: database, url } = await server.createDatabase();
        // Other runtimes than Node pass over its options.
        const options = `--max-old-space-size=64 --require ${join(place, "peak.cjs")}`;
        const up = await pgstep(runtime, { DATABASE_URL: url, NODE_OPTIONS: options }, "up", "--dir", name);
        assert.equal(up.status, 0, up.stderr);
        const [counted] = await server.query(database, "SELECT count(*)::int FROM lines");
        assert.equal(counted?.count, rows.get(name));
        if (runtime !== "node") return;
        const peak = Number(/peak (\d+)$/.exec(up.stderr)?.[1]) / 1024;
        assert.ok(peak < PEAK_MEGABYTES, `${peak} MB`);
      });
    }
  }
});
