import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import type { Ended } from "./support/child.ts";
import {
  assertWhole,
  type Files,
  type Ground,
  makeGround,
  makeReference,
  type Reference,
  succeeded,
} from "./support/ground.ts";
import { type Cut, type MessageProxy, type ProxiedMessage, startMessageProxy } from "./support/message-proxy.ts";
import { MIGRATIONS } from "./support/migrations.ts";
import { chance, faultRuntimes, seeds } from "./support/rounds.ts";
import { assertReportTrue, assertStatusTrue, failureTold, stepsTold } from "./support/truth.ts";

const DROP: Cut = { bytes: 0, lingerMs: 0 };
const PASS_ON: Cut = { bytes: Number.POSITIVE_INFINITY, lingerMs: 100 };

const isQuery = ({ from, type }: ProxiedMessage) => from === "client" && type === "Q";
const endsTransaction = (message: ProxiedMessage) =>
  isQuery(message) && message.bytes.subarray(-7, -1).toString() === "COMMIT";

const confirmsCommit = ({ from, type, bytes }: ProxiedMessage) =>
  from === "server" && type === "C" && bytes.includes("COMMIT");

/** The `nth` message for which `matches` holds, counted from 1. */
function nth(count: number, matches: (message: ProxiedMessage) => boolean): (message: ProxiedMessage) => boolean {
  let seen = 0;
  return (message) => matches(message) && ++seen === count;
}

for (const runtime of faultRuntimes()) {
  describe(`a connection that is cut on ${runtime}`, { concurrency: 3 }, () => {
    let server: PostgresServer;
    let reference: Reference;
    /** What an undisturbed run says and hears on its one connection. */
    const spoken: Pick<ProxiedMessage, "from" | "number">[] = [];
    let commits = 0;
    let confirmed = 0;
    before(async () => {
      server = await sharedServer();
      reference = await makeReference(server, runtime);
      const ground = await makeGround(server, runtime);
      const { ended } = await upCutAt(ground, (message) => {
        if (message.connection > 0) return undefined;
        spoken.push({ from: message.from, number: message.number });
        if (endsTransaction(message)) commits++;
        if (confirmsCommit(message)) confirmed++;
        return undefined;
      });
      succeeded(ended);
    });

    /** Runs `up` through a proxy that cuts its first connection where `cutAt` says. */
    const upCutAt = (
      ground: Ground,
      cutAt: (message: ProxiedMessage) => Cut | undefined,
      whenCut?: (proxy: MessageProxy) => void,
    ) => runCutAt(ground, ["up"], cutAt, whenCut);

    async function runCutAt(
      ground: Ground,
      words: readonly string[],
      cutAt: (message: ProxiedMessage) => Cut | undefined,
      whenCut: (proxy: MessageProxy) => void = () => {},
    ): Promise<{ ended: Ended; wasCut: boolean }> {
      const proxy = await startMessageProxy(server.port);
      let wasCut = false;
      proxy.onMessage = (message) => {
        const cut = message.connection === 0 && !wasCut ? cutAt(message) : undefined;
        if (!cut) return undefined;
        wasCut = true;
        whenCut(proxy);
        return cut;
      };
      try {
        const url = ground.url.replace(`:${server.port}/`, `:${proxy.port}/`);
        return { ended: await ground.run(words, { url }), wasCut };
      } finally {
        await proxy.close();
      }
    }

    async function assertRecovers(ground: Ground): Promise<void> {
      await assertStatusTrue(ground, "up");
      succeeded(await ground.run(["up"]));
      await assertWhole(ground, reference);
    }

    async function assertLost(ground: Ground, cutAt: Parameters<typeof upCutAt>[1]): Promise<Ended> {
      const { ended, wasCut } = await upCutAt(ground, cutAt);
      assert.ok(wasCut, `the moment never came: ${ended.story}`);
      assert.equal(ended.status, 4, ended.story);
      assert.equal(failureTold(ended).code, "connection-lost", ended.story);
      await assertReportTrue(ground, ended);
      return ended;
    }

    // Half a minute of waiting: the first to begin, so that the others run meanwhile.
    it("and a server that cannot be reached again: it says that it does not know", async () => {
      const ground = await makeGround(server, runtime);
      const early = nth(2, endsTransaction);
      const { ended } = await upCutAt(
        ground,
        (message) => (early(message) ? PASS_ON : undefined),
        (proxy) => {
          proxy.reachable = false;
        },
      );
      assert.equal(ended.status, 4, ended.story);
      const { code, hint } = failureTold(ended);
      assert.ok(code === "connection-lost" || code === "in-doubt", ended.story);
      assert.match(hint ?? "", /could not check .*pgstep\S* status --url/, ended.story);
      assert.ok(
        stepsTold(ended).some(({ outcome }) => outcome === "in-doubt"),
        ended.story,
      );
      await assertReportTrue(ground, ended, { doubt: true });
      await assertRecovers(ground);
    });

    it("before the last COMMIT: the last migration is not applied, and is told so", async () => {
      const ground = await makeGround(server, runtime);
      const last = nth(commits, endsTransaction);
      const ended = await assertLost(ground, (message) => (last(message) ? DROP : undefined));
      assert.equal(stepsTold(ended).at(-1)?.outcome, "failed", ended.story);
      await assertRecovers(ground);
    });

    it("behind the last COMMIT, before its answer: the last migration is applied, and is told so", async () => {
      const ground = await makeGround(server, runtime);
      const last = nth(confirmed, confirmsCommit);
      const ended = await assertLost(ground, (message) => (last(message) ? DROP : undefined));
      assert.equal(stepsTold(ended).at(-1)?.outcome, "applied", ended.story);
      await assertRecovers(ground);
    });

    for (const [name, cut] of [
      ["before", DROP],
      ["behind", PASS_ON],
    ] as const) {
      it(`${name} a COMMIT that others follow`, async () => {
        const ground = await makeGround(server, runtime);
        const early = nth(2, endsTransaction);
        await assertLost(ground, (message) => (early(message) ? cut : undefined));
        await assertRecovers(ground);
      });
    }

    it("in the middle of a COMMIT's answer", async () => {
      const ground = await makeGround(server, runtime);
      const answer = nth(3, confirmsCommit);
      await assertLost(ground, (message) => (answer(message) ? { bytes: 3, lingerMs: 0 } : undefined));
      await assertRecovers(ground);
    });

    for (const [name, cut] of [
      ["between", DROP],
      ["within", { bytes: 900, lingerMs: 0 }],
    ] as const) {
      it(`${name} the rows of a COPY`, async () => {
        const ground = await makeGround(server, runtime);
        const rows = nth(1, ({ from, type }) => from === "client" && type === "d");
        const ended = await assertLost(ground, (message) => (rows(message) ? cut : undefined));
        assert.equal(stepsTold(ended)[2]?.outcome, "failed", ended.story);
        await assertRecovers(ground);
      });
    }

    it("while the server goes on with what it has been sent: what is told stays true", async () => {
      const files: Files = {
        "001_first.sql": "CREATE TABLE first (id integer);",
        "002_slow.sql": "CREATE TABLE slow (id integer); SELECT pg_sleep(1.2);",
        "003_third.sql": "CREATE TABLE third (id integer);",
      };
      const ground = await makeGround(server, runtime, { files });
      const sent = nth(3, endsTransaction);
      const { ended } = await upCutAt(ground, (message) =>
        sent(message) ? { bytes: message.bytes.length, lingerMs: 3_000 } : undefined,
      );
      assert.equal(ended.status, 4, ended.story);
      const told = stepsTold(ended).map(({ outcome }) => outcome);
      await ground.atRest();
      const history = (await ground.query("SELECT version FROM schema_migrations")).length;
      const possible = [...new Array(history).fill("applied"), ...new Array(3 - history).fill("not applied")];
      assert.ok(
        told.every((outcome, at) => outcome === "in-doubt" || (outcome === "applied") === (possible[at] === "applied")),
        `${history} are applied now, and told was ${told.join(", ")}: ${ended.story}`,
      );
      succeeded(await ground.run(["up"]));
    });

    for (const seed of seeds(0.5)) {
      it(`at any byte, FAULTS_SEED=${seed}`, async () => {
        const random = chance(seed);
        const ground = await makeGround(server, runtime);
        const place = spoken[random.below(spoken.length)];
        const share = random.pick([0, 1, random.between(0, 1)]);
        const lingerMs = random.pick([0, 0, 30, 500]);
        const { ended } = await upCutAt(ground, ({ from, number, bytes }) =>
          from === place?.from && number === place.number
            ? { bytes: Math.round(share * bytes.length), lingerMs }
            : undefined,
        );
        if (ended.status === 2) assert.equal(failureTold(ended).code, "connection-failed", ended.story);
        else assert.ok(ended.status === 0 || ended.status === 4, ended.story);
        await assertReportTrue(ground, ended);
        if (ended.status === 0) assert.equal(stepsTold(ended).length, MIGRATIONS.length, ended.story);
        await assertRecovers(ground);
      });
    }

    for (const seed of seeds(0.2)) {
      it(`at any byte of a redo, FAULTS_SEED=${seed}`, async () => {
        const random = chance(seed);
        const ground = await makeGround(server, runtime, { template: reference.applied });
        const before = await ground.observe();
        const from = random.pick(["client", "server"]);
        const number = 5 + random.below(40);
        const { ended } = await runCutAt(ground, ["redo", `${1 + random.below(4)}`], (message) =>
          message.from === from && message.number === number
            ? { bytes: Math.round(random.between(0, 1) * message.bytes.length), lingerMs: random.pick([0, 30, 500]) }
            : undefined,
        );
        assert.ok([0, 2, 4].includes(Number(ended.status)), ended.story);
        await assertReportTrue(ground, ended, { before });
        const next = await ground.run(["up"]);
        if (next.status === 3) succeeded(await ground.run(["down"]));
        succeeded(await ground.run(["up"]));
        await assertWhole(ground, reference);
      });
    }
  });
}
