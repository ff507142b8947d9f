import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { type FetchedMajor, fetchPostgres } from "../support/postgres-binaries.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, run } from "../support/program.ts";

/*
 * The versions of PostgreSQL that `npm test` has no server of.
 */

const SMOKE = join(ROOT, "build", "release", "smoke.ts");
const MAJORS: readonly FetchedMajor[] = [14, 16, 17];

for (const major of MAJORS) {
  describe(`PostgreSQL ${major}`, () => {
    let server: PostgresServer;
    before(async () => {
      await fetchPostgres(major);
      server = await startPostgres({ major });
    });
    after(() => server.stop("immediate"));

    for (const runtime of chosenRuntimes()) {
      test(`migrates, tells, and undoes on ${runtime}`, async () => {
        const { url } = await server.createDatabase();
        const [program, ...words] = await programCommand(runtime);
        const command = [process.execPath, "--import", "tsx", SMOKE, url] as const;
        // deno brings its permissions itself there.
        const named = runtime === "deno" ? ["deno", words.at(-1) ?? ""] : [program, ...words];
        const { status, stdout, stderr } = await run([...command, ...named], { directory: ROOT, timeoutMs: 120_000 });
        assert.match(stdout, /migrated a server\n$/, stderr);
        assert.equal(status, 0);
      });
    }
  });
}
