import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import { assertWhole, type Files, makeGround, makeReference, type Reference, succeeded } from "./support/ground.ts";
import { passMoment, randomMoment } from "./support/moment.ts";
import { chance, faultRuntimes, seeds } from "./support/rounds.ts";
import { assertReportTrue, assertStatusTrue, failureTold, serverCodeTold, stepsTold } from "./support/truth.ts";

for (const runtime of faultRuntimes()) {
  describe(`a backend that is terminated on ${runtime}`, () => {
    let server: PostgresServer;
    let reference: Reference;
    before(async () => {
      server = await sharedServer();
      reference = await makeReference(server, runtime);
    });

    it("while an answer is waited for: its last word is told", async () => {
      const files: Files = {
        "001_first.sql": "CREATE TABLE first (id integer);",
        "002_slow.sql": "CREATE TABLE slow (id integer); SELECT pg_sleep(60);",
      };
      const ground = await makeGround(server, runtime, { files });
      const child = ground.start(["up"]);
      const sleeping = `FROM pg_stat_activity WHERE datname = '${ground.database}' AND wait_event = 'PgSleep'`;
      await ground.until(`SELECT count(*) = 1 ${sleeping}`);
      await ground.query(`SELECT pg_terminate_backend(pid) ${sleeping}`);
      const ended = await child.ended;
      assert.equal(ended.status, 4, ended.story);
      assert.equal(failureTold(ended).code, "connection-lost", ended.story);
      assert.equal(serverCodeTold(ended), "57P01", ended.story);
      assert.deepEqual(
        stepsTold(ended).map(({ version, outcome }) => `${version} ${outcome}`),
        ["001 applied", "002 failed"],
        ended.story,
      );
    });

    for (const seed of seeds(0.3)) {
      it(`during up, FAULTS_SEED=${seed}`, async () => {
        const ground = await makeGround(server, runtime);
        const child = ground.start(["up"]);
        await passMoment(child, randomMoment(chance(seed), reference));
        const found = await ground.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = '${ground.database}' AND application_name = 'pgstep'`,
        );
        const ended = await child.ended;
        if (found.length === 0) succeeded(ended);
        if (ended.status === 4) {
          const { code, message } = failureTold(ended);
          assert.equal(code, "connection-lost", ended.story);
          // Its last word is lost only where the network refuses what is being sent before it has been read.
          if (serverCodeTold(ended) === undefined) assert.match(message, /ECONNRESET|EPIPE/, ended.story);
          else assert.equal(serverCodeTold(ended), "57P01", ended.story);
        } else if (ended.status !== 2) succeeded(ended);
        await assertReportTrue(ground, ended);
        await assertStatusTrue(ground, "up");
        succeeded(await ground.run(["up"]));
        await assertWhole(ground, reference);
      });
    }
  });
}
