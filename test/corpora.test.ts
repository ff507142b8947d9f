import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../build/runtimes.ts";
import { CORPORA, type Corpus, NO_CORPORA, plainCorpora } from "./support/corpora.ts";
import { difference } from "./support/difference.ts";
import { dumpSchema, findPgDump, withoutVersions } from "./support/pg-dump.ts";
import { temporaryPlace } from "./support/place.ts";
import { type PostgresServer, sharedServer } from "./support/postgres-server.ts";
import { programCommand, run } from "./support/program.ts";

/*
 * Migration directories of other projects, applied to the end: the schema must be, byte for byte, what psql makes of
 * the same files. They lie outside this repository; the tests are skipped where they or pg_dump are absent.
 */

const MAJOR = 15;

const pgDump = findPgDump(MAJOR);
const skip = NO_CORPORA
  ? NO_CORPORA
  : pgDump === undefined
    ? `there is no pg_dump ${MAJOR} with --restrict-key; install postgresql-client-${MAJOR}`
    : false;

describe("directories of other projects", { skip, concurrency: 2 }, () => {
  for (const corpus of skip ? [] : plainCorpora()) {
    const downs = readDowns(corpus);
    test(`${corpus.name} applies to the end`, { timeout: 300_000 }, async (context) => {
      const server = await sharedServer(MAJOR);
      const database = await applied(server, corpus);
      const truth = withoutVersions(readFileSync(join(CORPORA, corpus.name, "truth.sql"), "utf8"));
      assertSameText(truth, await dump(server, database.name, corpus));
      assert.deepEqual(await rowCounts(server, database.name, corpus), expectedRowCounts(corpus));
      await context.test("and by its schema file", () => goThroughFile(server, database.url, corpus, truth));
      if (downs) await context.test("and back", () => goBack(server, database, corpus, downs));
    });
  }
});

async function pgstep(url: string, corpus: Corpus, ...args: string[]) {
  const [file, ...rest] = await programCommand("node");
  const flags = ["--dir", join(CORPORA, corpus.name, "plain"), "--table", corpus.table];
  return run([file, ...rest, ...args, ...flags], {
    directory: ROOT,
    environment: { DATABASE_URL: url },
    timeoutMs: 240_000,
  });
}

async function applied(server: PostgresServer, corpus: Corpus): Promise<{ name: string; url: string }> {
  const before = join(CORPORA, corpus.name, "before.sql");
  const database = await server.createDatabase(existsSync(before) ? readFileSync(before, "utf8") : undefined);
  const { status, stderr } = await pgstep(database.url, corpus, "up");
  assert.equal(status, 0, stderr.slice(-4000));
  return database;
}

function dump(server: PostgresServer, database: string, { table }: Corpus): Promise<string> {
  return dumpSchema(pgDump ?? "", server, database, [
    `public.${table}`,
    `public.${table}_steps`,
    `public.${table}_lease`,
  ]);
}

/** Dumps the schema, loads it into another database, and compares that with psql's, and its dump with the first. */
async function goThroughFile(server: PostgresServer, url: string, corpus: Corpus, truth: string): Promise<void> {
  const place = temporaryPlace("corpus");
  const [file, again] = [join(place, "schema.sql"), join(place, "again.sql")];
  const loaded = await server.createDatabase();
  for (const [of, ...words] of [
    [url, "dump", "--owners", "--privileges", "--out", file],
    [loaded.url, "load", file],
    [loaded.url, "dump", "--owners", "--privileges", "--out", again],
    [loaded.url, "status", "--exit-code"],
  ] as const) {
    const { status, stdout, stderr } = await pgstep(of, corpus, ...words);
    assert.equal(status, 0, (stdout + stderr).slice(-4000));
  }
  assertSameText(readFileSync(file, "utf8"), readFileSync(again, "utf8"));
  assertSameText(truth, await dump(server, loaded.name, corpus));
}

function expectedRowCounts(corpus: Corpus): string[] {
  return readFileSync(join(CORPORA, corpus.name, "rowcounts.txt"), "utf8")
    .trim()
    .split("\n");
}

/** The number of rows of each table that the corpus counts, in its own words. */
async function rowCounts(server: PostgresServer, database: string, corpus: Corpus): Promise<string[]> {
  const tables = expectedRowCounts(corpus).map((line) => line.replace(/ \d+$/, ""));
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table})`);
  const [row] = await server.query(database, `SELECT ARRAY[${counts.join(", ")}] AS counts`);
  const found = row?.counts as string[];
  return tables.map((table, index) => `${table} ${found[index]}`);
}

interface Downs {
  /** Faults of the corpus's own downs, in the order they are met: file and psql's message. */
  readonly failed: readonly (readonly [string, string])[];
  /** CREATE and ALTER lines of the dump that no down takes away. */
  readonly left?: readonly string[];
}

function readDowns(corpus: Corpus): Downs | undefined {
  const path = join(CORPORA, corpus.name, "downs.json");
  if (!existsSync(path)) return undefined;
  return (JSON.parse(readFileSync(path, "utf8")) as { full_reverse: Downs }).full_reverse;
}

/** Takes everything back. A faulty down must fail as it does in psql; it is passed over by hand, as its owners would. */
async function goBack(
  server: PostgresServer,
  database: { name: string; url: string },
  corpus: Corpus,
  downs: Downs,
): Promise<void> {
  for (const [file, message] of downs.failed) {
    const { status, stderr } = await pgstep(database.url, corpus, "down", "--all");
    assert.equal(status, 4, `${file} should have failed: ${stderr.slice(-2000)}`);
    const reason = /ERROR: {2}([^|]*?)( \||$)/.exec(message)?.[1] ?? message;
    assert.ok(stderr.includes(reason), `${reason} is not what was said:\n${stderr.slice(-2000)}`);
    const table = `public.${corpus.table}`;
    await server.query(
      database.name,
      `DELETE FROM ${table} WHERE version::numeric = (SELECT max(version::numeric) FROM ${table})`,
    );
  }
  const { status, stderr } = await pgstep(database.url, corpus, "down", "--all");
  assert.equal(status, 0, stderr.slice(-4000));
  const lines = (await dump(server, database.name, corpus)).split("\n");
  assertSameText((downs.left ?? []).join("\n"), lines.filter((line) => /^(CREATE|ALTER) /.test(line)).join("\n"));
}

function assertSameText(expected: string, actual: string): void {
  if (actual !== expected) assert.fail(`the schemas differ:\n${difference(expected, actual).slice(0, 6000)}`);
}
