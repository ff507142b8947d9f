import { before, describe, it } from "node:test";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import { assertEmpty, assertWhole, makeGround, makeReference, type Reference, succeeded } from "./support/ground.ts";
import { passMoment, randomMoment } from "./support/moment.ts";
import { chance, faultRuntimes, seeds } from "./support/rounds.ts";
import { assertStatusTrue } from "./support/truth.ts";

for (const runtime of faultRuntimes()) {
  describe(`kill -9 on ${runtime}`, () => {
    let server: PostgresServer;
    let reference: Reference;
    before(async () => {
      server = await sharedServer();
      reference = await makeReference(server, runtime);
    });

    for (const seed of seeds(0.7)) {
      it(`during up, FAULTS_SEED=${seed}`, async () => {
        const ground = await makeGround(server, runtime);
        const child = ground.start(["up"]);
        await passMoment(child, randomMoment(chance(seed), reference));
        child.kill("SIGKILL");
        await child.ended;
        await assertStatusTrue(ground, "up");
        succeeded(await ground.run(["up"]));
        await assertWhole(ground, reference);
      });
    }

    for (const seed of seeds(0.15)) {
      it(`during down --all, FAULTS_SEED=${seed}`, async () => {
        const ground = await makeGround(server, runtime, { template: reference.applied });
        const child = ground.start(["down", "--all"]);
        await passMoment(child, randomMoment(chance(seed), reference));
        child.kill("SIGKILL");
        await child.ended;
        await assertStatusTrue(ground, "down");
        succeeded(await ground.run(["down", "--all"]));
        await assertEmpty(ground);
        succeeded(await ground.run(["up"]));
        await assertWhole(ground, reference);
      });
    }

    for (const seed of seeds(0.15)) {
      it(`during redo, FAULTS_SEED=${seed}`, async () => {
        const random = chance(seed);
        const ground = await makeGround(server, runtime, { template: reference.applied });
        const child = ground.start(["redo", `${2 + random.below(9)}`]);
        await passMoment(child, randomMoment(random, reference));
        child.kill("SIGKILL");
        await child.ended;
        await assertStatusTrue(ground, undefined);
        await ground.atRest();
        // A way back that was left half-done has to be finished first, as a refused `up` says.
        const first = await ground.run(["up"]);
        if (first.status === 3) succeeded(await ground.run(["down"]));
        else succeeded(first);
        succeeded(await ground.run(["up"]));
        await assertWhole(ground, reference);
      });
    }
  });
}
