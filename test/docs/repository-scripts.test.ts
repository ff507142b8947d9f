import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { MigrationRunner } from "../../src/utils/migrationRunner.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { type Outcome, run } from "../support/program.ts";

/** The specification's commands as they are typed in this repository, which has a sample application's migrations. */
describe("the scripts of this repository", { skip: process.platform === "win32" && "npm is no program there" }, () => {
  test("do what the specification says", { timeout: 120_000 }, async () => {
    const { name, url } = await (await sharedServer()).createDatabase();
    const npm = (...words: string[]): Promise<Outcome> =>
      run(["npm", "run", "--silent", ...words], { directory: ROOT, environment: { DATABASE_URL: url } });

    const pending = await npm("migrate:status");
    assert.match(pending.stdout, /Total migrations: 2\nApplied migrations: 0\nPending migrations: 2/);
    const first = await npm("migrate");
    assert.match(first.stdout, /Applied 2 migrations/, first.stderr);
    const second = await npm("migrate", "run");
    assert.match(second.stdout, /Nothing to do: 2 migrations are already applied\./, second.stderr);
    const { stdout } = await npm("migrate:status");
    assert.equal(
      stdout,
      `=== Migration Status ===
Total migrations: 2
Applied migrations: 2
Pending migrations: 0

=== Migration Details ===
001 - Create initial database schema with users, sessions, documents, and memories [✓ Applied]
002 - Add conversations and conversation messages tables for persistent chat history [✓ Applied]
`,
    );
    assert.equal((await npm("migrate:reset")).status, 3);
    const reset = await npm("migrate:reset", "--", "--confirm", name);
    assert.equal(reset.status, 0, reset.stderr);

    const runner = new MigrationRunner({ url, directory: `${ROOT}/database/migrations` });
    await runner.runMigrations();
    const { entries } = await runner.getStatus();
    assert.deepEqual(
      entries.map(({ version, state }) => `${version} ${state}`),
      ["001 applied", "002 applied"],
    );
  });
});
