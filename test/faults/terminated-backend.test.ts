import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import { assertWhole, makeGround, makeReference, type Reference, succeeded } from "./support/ground.ts";
import { passMoment, randomMoment } from "./support/moment.ts";
import { chance, faultRuntimes, seeds } from "./support/rounds.ts";
import { assertReportTrue, assertStatusTrue, failureTold } from "./support/truth.ts";

for (const runtime of faultRuntimes()) {
  describe(`a backend that is terminated on ${runtime}`, () => {
    let server: PostgresServer;
    let reference: Reference;
    before(async () => {
      server = await sharedServer();
      reference = await makeReference(server, runtime);
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
          const { code, server: lastWord } = failureTold(ended);
          assert.equal(code, "connection-lost", ended.story);
          // The server's last word is lost where the network refuses what is being sent before it has been read.
          assert.equal((lastWord as { code?: string } | null)?.code ?? "57P01", "57P01", ended.story);
        } else if (ended.status !== 2) succeeded(ended);
        await assertReportTrue(ground, ended);
        await assertStatusTrue(ground, "up");
        succeeded(await ground.run(["up"]));
        await assertWhole(ground, reference);
      });
    }
  });
}
