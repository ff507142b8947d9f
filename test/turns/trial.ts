import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Child, Ended } from "../faults/support/child.ts";
import { type Ground, makeGround } from "../faults/support/ground.ts";
import { type Cut, type ProxiedMessage, startMessageProxy } from "../faults/support/message-proxy.ts";
import { assertStatusTrue } from "../faults/support/truth.ts";
import { followThrough } from "./follow.ts";
import { type LeaseSeen, passLeaseTime, readLease } from "./lease-time.ts";
import { HELPING_RUNTIME, type Scene, type Turn } from "./scene.ts";
import { ADVISORY_LOCKS, assertClaimsTrue, assertFinal, assertTrue } from "./truth.ts";

/**
 * - lost: the connection ends before this message reaches the server
 * - unanswered: the message arrives, and the connection ends before any answer
 * - half-open: the same, and the server does not notice while the command lives
 * - kill: the process is killed before this message reaches the server
 * - hold: the message is only late, until the second run waits or has ended
 */
export type Kind = "lost" | "unanswered" | "half-open" | "kill" | "hold";

/** How the hurt command reaches the server. */
export type Route = "direct" | "pooled";

/** Which way the hurt command goes, and which way what comes besides or after it. */
export interface Connection {
  readonly name: string;
  readonly hurt: Route;
  readonly other: Route;
  /** Whether a second run comes at the moment of the fault; else everything comes after it. */
  readonly together: boolean;
}

export interface Trial {
  readonly scene: Scene;
  readonly connection: Connection;
  readonly kind: Kind;
  readonly turn: Turn;
}

export interface Outcome {
  /** False when this time the command did not send that message. */
  readonly reached: boolean;
  /** Whether a command that survived its fault left the lease to run out. */
  readonly leftLease: boolean;
}

const PACE_MS = 8_000;
const TIME_LIMIT_MS = 45_000;
const DROP: Cut = { bytes: 0, lingerMs: 0 };

/** @throws when anything that it looks at is not as it should be */
export async function runTrial({ scene, connection, kind, turn }: Trial): Promise<Outcome> {
  const { verb, world, template, states } = scene;
  const ground = await makeGround(world.server, HELPING_RUNTIME, {
    ...verb.grounds,
    template,
    inProcess: true,
    pooled: connection.hurt === "pooled" || connection.other === "pooled",
  });
  try {
    const before = verb.truth === "steps" ? await ground.observe() : undefined;
    const hurt = await hurtAt({ scene, connection, kind, turn }, ground);
    const { ended, rival } = hurt;
    await ground.atRest();
    const leftLease = await passLeaseTime(ground, hurt.lease);
    const rivalEnded = await rival?.ended;
    if (rivalEnded && before) {
      assert.ok(rivalEnded.status === 0 || rivalEnded.status === 3, `the second run: ${rivalEnded.story}`);
      await assertClaimsTrue(ground, ended, rivalEnded, before);
      if (kind === "hold") assert.equal(ended.status, 0, `the run that was late: ${ended.story}`);
    } else if (kind !== "kill") await assertTrue(verb, ground, ended, before, states);
    // Where there is a report it has been compared with the same rows.
    if (verb.truth === "steps" && kind === "kill") await assertStatusTrue(ground, undefined);
    const story = `${ended.story}\n${rivalEnded?.story ?? ""}`;
    const followed = await followThrough(verb, ground, scene.urlOf(ground, connection.other));
    await ground.atRest();
    await assertFinal(ground, scene.final, `${story}\n${followed}`);
    return { reached: hurt.reached, leftLease: leftLease && kind !== "kill" };
  } finally {
    await world.server.leave(ground.database);
    await world.server.query("postgres", `DROP DATABASE ${ground.database} WITH (FORCE)`);
  }
}

interface Hurt {
  readonly ended: Ended;
  readonly reached: boolean;
  readonly rival: Child | undefined;
  /** The lease that may be the hurt command's, as it was at the moment of the fault. */
  readonly lease: LeaseSeen | undefined;
}

/** Runs the verb through a proxy and hurts it at that turn. */
async function hurtAt({ scene, connection, kind, turn }: Trial, ground: Ground): Promise<Hurt> {
  const { verb } = scene;
  const url = new URL(scene.urlOf(ground, connection.hurt));
  const proxy = await startMessageProxy(Number(url.port));
  url.port = `${proxy.port}`;
  const child = ground.start(verb.words(ground), {
    url: url.href,
    timeLimitMs: TIME_LIMIT_MS,
    command: scene.command,
  });
  let reached = false;
  let hurting: Promise<Cut | undefined> | undefined;
  let rival: Child | undefined;
  let lease: LeaseSeen | undefined;
  const hurt = async ({ bytes }: ProxiedMessage): Promise<Cut | undefined> => {
    if (connection.together && verb.rival) {
      rival = ground.start(verb.rival, { url: scene.urlOf(ground, connection.other), timeLimitMs: TIME_LIMIT_MS });
      rival.ended.catch(() => {});
      const over = await comesToRest(ground, rival);
      lease = await readLease(ground, over);
    }
    if (kind === "hold") return undefined;
    if (kind === "unanswered") return { bytes: bytes.length, lingerMs: 0 };
    if (kind === "half-open") return { bytes: bytes.length, lingerMs: 2 * TIME_LIMIT_MS };
    if (kind === "kill") {
      child.kill("SIGKILL");
      await child.ended;
    }
    return DROP;
  };
  proxy.onMessage = (message) => {
    const { from, connection: index, number } = message;
    if (reached || from !== "client" || index !== turn.connection || number !== turn.number) return undefined;
    reached = true;
    hurting = hurt(message);
    return hurting;
  };
  try {
    const ended = await child.ended;
    // A command can end without the connection that is being hurt.
    await hurting;
    if (kind === "half-open") await assertNoLockLeft(ground);
    return { ended, reached, rival, lease };
  } finally {
    await proxy.close();
  }
}

/** Waits until the second run waits for the first, or has ended. Returns whether it has ended. */
async function comesToRest(ground: Ground, rival: Child): Promise<boolean> {
  let state: "working" | "waiting" | "over" = "working";
  void rival
    .printedLine(({ type }) => type === "lock-waiting")
    .then(() => {
      if (state === "working") state = "waiting";
    });
  void rival.ended.then(
    () => {
      state = "over";
    },
    () => {},
  );
  const deadline = Date.now() + PACE_MS;
  while (state === "working" && Date.now() < deadline) {
    await sleep(100);
    const [row] = await ground.query(
      "SELECT count(*)::integer AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (Number(row?.count) > 0) break;
  }
  // The line of a run that ended may have been the last thing it printed.
  await sleep(20);
  return (state as string) === "over";
}

/** The server has not noticed the loss yet, so pgstep must have ended its backend. */
async function assertNoLockLeft(ground: Ground): Promise<void> {
  const left = await ground.query(`SELECT pid ${ADVISORY_LOCKS}`);
  assert.deepEqual(left, [], "the lock is left to a backend whose client is gone");
}
