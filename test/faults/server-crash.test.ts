import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { assertWhole, makeGround, makeReference, type Reference, succeeded } from "./support/ground.ts";
import { passMoment, randomMoment } from "./support/moment.ts";
import { chance, faultRuntimes, seeds } from "./support/rounds.ts";
import { assertReportTrue, assertStatusTrue, failureTold } from "./support/truth.ts";

/** What it has confirmed must be there after the crash, also where the server by itself would not wait for its disk. */
const SETTINGS = {
  on: { synchronous_commit: "on" },
  off: { synchronous_commit: "off", wal_writer_delay: "10s" },
} as const;

const CASES = faultRuntimes().flatMap((runtime) => (["on", "off"] as const).map((commit) => ({ runtime, commit })));

for (const { runtime, commit } of CASES) {
  describe(`a server with synchronous_commit ${commit} that crashes on ${runtime}`, () => {
    let server: PostgresServer;
    let reference: Reference;
    before(async () => {
      server = await startPostgres({ settings: SETTINGS[commit] });
      reference = await makeReference(server, runtime);
    });
    after(() => server.stop("immediate"));

    for (const seed of seeds(0.2)) {
      it(`during up, FAULTS_SEED=${seed}`, async () => {
        const ground = await makeGround(server, runtime);
        const child = ground.start(["up"]);
        await passMoment(child, randomMoment(chance(seed), reference));
        await server.restart("immediate");
        const ended = await child.ended;
        if (ended.status === 2) assert.equal(failureTold(ended).code, "connection-failed", ended.story);
        else assert.ok(ended.status === 0 || ended.status === 4, ended.story);
        await assertReportTrue(ground, ended);
        await assertStatusTrue(ground, "up");
        succeeded(await ground.run(["up"]));
        await assertWhole(ground, reference);
      });
    }
  });
}
