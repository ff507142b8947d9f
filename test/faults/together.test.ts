import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { findPgbouncer, type Pgbouncer, startPgbouncer } from "../support/pgbouncer.ts";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import type { Ended } from "./support/child.ts";
import { brokenIndexes } from "./support/fingerprint.ts";
import {
  assertWhole,
  type Files,
  type Ground,
  makeGround,
  makeReference,
  type Reference,
  succeeded,
} from "./support/ground.ts";
import { holdTransaction } from "./support/hold.ts";
import { MIGRATIONS } from "./support/migrations.ts";
import { faultRuntimes } from "./support/rounds.ts";
import { stepsTold } from "./support/truth.ts";

const RUNS = 8;
const pgbouncer = findPgbouncer();

const FIVE: Files = {
  "001_first.sql": "CREATE TABLE first (id integer); INSERT INTO first SELECT generate_series(1, 1000);",
  "002_second.sql": "CREATE TABLE second (id integer);",
  "003_index.sql": "CREATE INDEX CONCURRENTLY first_id_idx ON first (id);",
  "004_fourth.sql": "CREATE TABLE fourth (id integer);",
  "005_fifth.sql": "CREATE TABLE fifth (id integer);",
};

for (const runtime of faultRuntimes()) {
  describe(`eight runs at once on ${runtime}`, () => {
    let server: PostgresServer;
    let reference: Reference;
    let bouncer: Pgbouncer | undefined;
    before(async () => {
      server = await sharedServer();
      reference = await makeReference(server, runtime);
      bouncer = pgbouncer ? await startPgbouncer(pgbouncer, server) : undefined;
    });
    after(() => bouncer?.stop());

    async function runTogether(ground: Ground, url: string): Promise<Ended[]> {
      const children = Array.from({ length: RUNS }, () => ground.start(["up"], { url }));
      return Promise.all(children.map((child) => child.ended));
    }

    function assertOnce(all: readonly Ended[], versions: readonly string[]): void {
      for (const ended of all) succeeded(ended);
      const applied = all.flatMap((ended) => stepsTold(ended).map(({ version, outcome }) => `${version} ${outcome}`));
      assert.deepEqual(
        applied.sort(),
        versions.map((version) => `${version} applied`),
      );
    }

    for (const [name, urlOf] of [
      ["straight to the server", (ground: Ground) => ground.url],
      ["through pgbouncer", (ground: Ground) => bouncer?.url(ground.database)],
    ] as const) {
      const skip = name === "through pgbouncer" && !pgbouncer ? "pgbouncer is not installed" : false;

      it(`on an empty database ${name}: each migration is applied once, and all succeed`, { skip }, async () => {
        const ground = await makeGround(server, runtime);
        const all = await runTogether(ground, urlOf(ground) ?? "");
        assertOnce(
          all,
          MIGRATIONS.map(({ version }) => version),
        );
        await assertWhole(ground, reference);
      });

      it(`while one builds an index ${name}: nobody hangs`, { skip }, async () => {
        const ground = await makeGround(server, runtime, { files: FIVE });
        const url = urlOf(ground) ?? "";
        succeeded(await ground.run(["up", "002"], { url }));
        const hold = await holdTransaction(ground, "UPDATE first SET id = id WHERE id = 1");
        const all = runTogether(ground, url);
        await ground.until("SELECT count(*) > 0 FROM pg_stat_progress_create_index");
        // All the others have come by now, and wait for the lock while the index is being built.
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        await hold.release();
        assertOnce(await all, ["003", "004", "005"]);
        assert.deepEqual(await brokenIndexes(server, ground.database), []);
      });
    }
  });
}
