import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../build/runtimes.ts";
import { CORPORA, NO_CORPORA, PUBLISHED, type Published } from "./support/corpora.ts";
import { difference } from "./support/difference.ts";
import { dumpSchema, findPgDump, withoutVersions } from "./support/pg-dump.ts";
import { sharedServer } from "./support/postgres-server.ts";
import { programCommand, run } from "./support/program.ts";

/*
 * Migration directories of other projects as these publish them, in the format of the tool that they use: the schema must
 * be, byte for byte, what psql makes of the same files. CASES names other ones than the small ones, or "all".
 */

const MAJOR = 15;
const pgDump = findPgDump(MAJOR);
const skip = NO_CORPORA || (pgDump === undefined ? `there is no pg_dump ${MAJOR} with --restrict-key` : false);
const cases = process.env.CASES?.split(/[\s,]+/) ?? [];

function isChosen({ name, isLarge }: Published): boolean {
  return cases.length === 0 ? !isLarge : cases.includes("all") || cases.includes(name);
}

describe("directories of other projects, as published", { skip }, () => {
  for (const corpus of PUBLISHED.filter(isChosen)) {
    test(`${corpus.name} in the format of ${corpus.layout}`, { timeout: 300_000 }, async () => {
      const server = await sharedServer(MAJOR);
      const before = join(CORPORA, corpus.name, "before.sql");
      const database = await server.createDatabase(existsSync(before) ? readFileSync(before, "utf8") : undefined);
      const { stderr } = await pgstep(database.url, corpus, "up", "--first-run");
      const note = `(--layout ${corpus.layout})`;
      if (corpus.isSaid) assert.ok(stderr.split("\n")[0]?.endsWith(note), stderr.slice(0, 400));
      const { stdout } = await pgstep(database.url, corpus, "status", "--json");
      assert.equal((JSON.parse(stdout) as { pending: number }).pending, 0);
      const truth = withoutVersions(readFileSync(join(CORPORA, corpus.name, "truth.sql"), "utf8"));
      const tables = ["pgstep_history", "pgstep_history_steps", "pgstep_history_lease"].map((name) => `public.${name}`);
      const dumped = await dumpSchema(pgDump ?? "", server, database.name, tables);
      assert.equal(dumped, truth, difference(truth, dumped));
    });
  }
});

async function pgstep(url: string, { name, path, layout, isSaid }: Published, ...args: string[]) {
  const [file, ...rest] = await programCommand("node");
  const flags = ["--dir", join(CORPORA, name, "original", path), "--table", "pgstep_history"];
  const named = isSaid ? [] : ["--layout", layout];
  const ran = await run([file, ...rest, ...args, ...flags, ...named], {
    directory: ROOT,
    environment: { DATABASE_URL: url },
    timeoutMs: 240_000,
  });
  assert.equal(ran.status, 0, ran.stderr.slice(-4000));
  return ran;
}
