import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import type { Ended } from "./support/child.ts";
import { type Files, type Ground, makeGround, succeeded } from "./support/ground.ts";
import { faultRuntimes, hasTime } from "./support/rounds.ts";
import { makeSmallDisk } from "./support/small-disk.ts";
import { failureTold, serverCodeTold, stepsTold } from "./support/truth.ts";

/** What there is no room for, and whether the server lives on without it. */
const CASES: Readonly<Record<string, { sql: string; survived: boolean }>> = {
  "for a table's rows": {
    sql: "INSERT INTO big SELECT n, repeat('x', 80) FROM generate_series(1, 200000) AS n;",
    survived: true,
  },
  // The log alone grows, by more than the server keeps of it ready for use.
  "for the write-ahead log": {
    sql: `SELECT pg_logical_emit_message(false, 'test', repeat('x', 1 << 20)) FROM generate_series(1, 100);`,
    survived: false,
  },
};

const LEFT_BYTES = 4 << 20;

const disk = makeSmallDisk(256);

for (const runtime of faultRuntimes()) {
  describe(`a data directory that is full on ${runtime}`, {
    skip: disk ? false : "a tmpfs cannot be mounted here",
  }, () => {
    let server: PostgresServer;
    before(async () => {
      assert.ok(disk);
      // Its log of changes stays small enough for the disk.
      server = await startPostgres({
        place: disk.directory,
        settings: { min_wal_size: "32MB", max_wal_size: "32MB" },
      });
    });
    after(async () => {
      await server?.stop("immediate");
    });

    for (const [name, { sql, survived }] of Object.entries(CASES)) {
      // It takes half a minute to give up a server that does not come back.
      const skip = !survived && !hasTime && "for npm run test:faults only";
      it(`${name}: the truth is told, and up goes through when there is room`, { skip }, async () => {
        assert.ok(disk);
        const files: Files = {
          "001_first.sql": "CREATE TABLE first (id integer);",
          "002_big.sql": `CREATE UNLOGGED TABLE big (id integer, words text);\n${sql}`,
          "003_third.sql": "CREATE TABLE third (id integer);",
        };
        const ground = await makeGround(server, runtime, { files });
        await ground.query("CHECKPOINT");
        const { bavail, bsize } = statfsSync(disk.directory);
        disk.occupy(bavail * bsize - LEFT_BYTES);
        const full = await ground.run(["up"]);
        disk.occupy(0);
        assert.equal(full.status, 4, full.story);
        if (survived) assert.equal(serverCodeTold(full), "53100", full.story);
        else await assertCrashed(ground, full);

        const recorded = (await ground.query("SELECT version FROM schema_migrations")).map(({ version }) => version);
        assert.deepEqual(recorded, ["001"], full.story);
        const outcomes = stepsTold(full).map(({ outcome }) => outcome);
        // Where the server is gone it cannot be asked what became of what had been sent.
        assert.deepEqual(
          outcomes,
          survived ? ["applied", "failed", "not-run"] : ["in-doubt", "in-doubt", "in-doubt"],
          full.story,
        );
        const status = succeeded(await ground.run(["status"]));
        const told = status.lines.at(-1)?.migrations as { state: string }[];
        assert.deepEqual(
          told.map(({ state }) => state),
          ["applied", "pending", "pending"],
        );
        succeeded(await ground.run(["up"]));
        const [row] = await ground.query("SELECT count(*)::int AS count FROM big");
        assert.equal(row?.count, survived ? 200_000 : 0);
        await ground.query("DROP TABLE big, third");
      });
    }
  });
}

/** The server does not survive it, and cannot recover before there is room; pgstep says that the connection is lost. */
async function assertCrashed(ground: Ground, ended: Ended): Promise<void> {
  assert.equal(failureTold(ended).code, "connection-lost", ended.story);
  await ground.server.restart("immediate");
}

if (disk) after(() => disk.remove());
