import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { systemClock } from "../../src/adapters/process/system-clock.ts";
import { openDatabase } from "../../src/adapters/target/open-database.ts";
import { resolveTarget } from "../../src/adapters/target/resolve-target.ts";
import { Failure } from "../../src/core/failure/failure.ts";
import type { Event } from "../../src/core/reports/event.ts";
import { waitingDatabase } from "../../src/engine/session/wait-for-database.ts";
import { temporaryPlace } from "../support/place.ts";
import { randomPort } from "../support/postgres-process.ts";
import { type PostgresServer, sharedServer, startPostgres } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, run } from "../support/program.ts";
import { until } from "../support/until.ts";

/*
 * Waiting for servers that are late, full, in recovery, or will never do.
 */

const place = temporaryPlace("waiting");

/** Passes on to a port from now on, on a port that was free before. */
async function listen(port: number, to: number): Promise<Server> {
  const server = createServer((socket) => {
    const other = connect(to, "127.0.0.1");
    socket.on("error", () => other.destroy()).pipe(other);
    other.on("error", () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  server.unref();
  return server;
}

/** Nobody's, and below those that systems give to outgoing connections: one of these may connect to itself. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomPort();
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    server.close();
    if (isFree) return port;
  }
}

interface Waiting {
  /** Of a session that could be opened, "ready"; else the failure. */
  readonly ended: Promise<"ready" | Failure>;
  readonly reasons: string[];
  readonly events: Event[];
}

function wait(url: string, limitMs: number, standbyWillDo = false): Waiting {
  const target = resolveTarget({ url, environment: {} });
  assert.ok(target);
  const events: Event[] = [];
  const reasons: string[] = [];
  const emit = (event: Event) => {
    events.push(event);
    if (event.type === "database-waiting") reasons.push(event.reason);
  };
  const waitLimit = { limitMs, standbyWillDo, option: "--wait" };
  const database = waitingDatabase(openDatabase(target), { clock: systemClock, emit }, waitLimit);
  const ended = database.open().then(
    async (session) => {
      await session.close();
      return "ready" as const;
    },
    (error: unknown) => {
      if (error instanceof Failure) return error;
      throw error;
    },
  );
  return { ended, reasons, events };
}

async function failureOf(waiting: Waiting): Promise<Failure> {
  const ended = await waiting.ended;
  assert.ok(ended instanceof Failure, "it did not fail");
  return ended;
}

describe("waiting for a server", { concurrency: 4, timeout: 120_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    const authentication = `local all all trust
host all secret 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
`;
    server = await startPostgres({ authentication });
  });
  after(() => server.stop());

  test("that is not there yet: ready once it is, with each reason told once", async () => {
    const port = await freePort();
    const waiting = wait(`postgres://postgres@127.0.0.1:${port}/postgres`, 30_000);
    await until(() => waiting.reasons.length > 0);
    await systemClock.sleep(700);
    await listen(port, server.port);
    assert.equal(await waiting.ended, "ready");
    assert.deepEqual(waiting.reasons, ["the connection was refused"]);
    assert.deepEqual(
      waiting.events.map(({ type }) => type),
      ["database-waiting", "database-ready"],
    );
  });

  test("behind a forwarder that accepts and closes, as Docker's does", async () => {
    const port = await freePort();
    const forwarder = createServer((socket) => void socket.on("error", () => {}).destroy());
    await new Promise<void>((resolve) => forwarder.listen(port, "127.0.0.1", resolve));
    const waiting = wait(`postgres://postgres@127.0.0.1:${port}/postgres`, 30_000);
    await until(() => waiting.reasons.length > 0);
    await new Promise((resolve) => forwarder.close(resolve));
    await listen(port, server.port);
    assert.equal(await waiting.ended, "ready");
  });

  test("whose database is made a moment later", async () => {
    const waiting = wait(server.url("late_database"), 30_000);
    await until(() => waiting.reasons.length > 0);
    await server.query("postgres", "CREATE DATABASE late_database");
    assert.equal(await waiting.ended, "ready");
    assert.deepEqual(waiting.reasons, ['database "late_database" does not exist']);
  });

  test("that is full", async () => {
    await server.query("postgres", "CREATE ROLE crowded LOGIN CONNECTION LIMIT 0");
    const waiting = wait(server.url("postgres", "crowded"), 30_000);
    await until(() => waiting.reasons.length > 0);
    await server.query("postgres", "ALTER ROLE crowded CONNECTION LIMIT 5");
    assert.equal(await waiting.ended, "ready");
    assert.deepEqual(waiting.reasons, ['too many connections for role "crowded"']);
  });

  test("until the time is up: the last reason, what to do, and how to wait longer", async () => {
    const port = await freePort();
    const failure = await failureOf(wait(`postgres://postgres@127.0.0.1:${port}/app`, 600));
    assert.equal(failure.code, "connection-failed");
    assert.equal(
      failure.message,
      `Cannot connect to app on 127.0.0.1:${port}: the connection was refused, after waiting 600ms`,
    );
    assert.match(failure.hint ?? "", /^Start the server.* To wait longer: --wait 5m\.$/);
  });

  test("whose name is not known: waited for, since names appear late", async () => {
    const waiting = wait("postgres://postgres@no-such-host.invalid/app", 500);
    const failure = await failureOf(waiting);
    assert.match(failure.message, /the host name is not known, after waiting 500ms$/);
    assert.deepEqual(waiting.reasons, ["the host name is not known"]);
  });

  test("that keeps silent: given up in time, whatever connect_timeout says", async () => {
    // What is never read keeps its socket, and with it this process, open for ever.
    const silent = createServer((socket) => void socket.on("error", () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const url = `postgres://postgres@127.0.0.1:${port}/app?connect_timeout=0`;
    const failure = await failureOf(wait(url, 1_200));
    silent.close();
    assert.match(failure.message, /did not answer, after waiting 1200ms$/);
  });

  test("not at all, where waiting would not help", async () => {
    await server.query("postgres", "CREATE ROLE secret LOGIN PASSWORD 'right'");
    for (const [url, code] of [
      [server.url("postgres", "secret", "wrong"), "authentication-failed"],
      [server.url("postgres", "secret"), "authentication-failed"],
      [server.url("postgres", "nobody_here"), "authentication-failed"],
      [`${server.url("postgres")}?sslmode=require`, "connection-failed"],
    ] as const) {
      const waiting = wait(url, 30_000);
      const failure = await failureOf(waiting);
      assert.equal(failure.code, code, failure.message);
      assert.deepEqual(waiting.reasons, []);
      assert.doesNotMatch(failure.message, /waiting/);
    }
  });
});

describe("waiting for a server in recovery", { timeout: 120_000 }, () => {
  test("until it is promoted; not at all where a standby will do", async () => {
    const server = await startPostgres();
    after(() => server.stop());
    // With this file there, and nobody to follow, it stays in recovery.
    writeFileSync(join(server.socketDirectory, "..", "data", "standby.signal"), "", { mode: 0o666 });
    await server.restart();
    assert.equal(await wait(server.url("postgres"), 10_000, true).ended, "ready");
    const failure = await failureOf(wait(server.url("postgres"), 300));
    assert.match(failure.message, /the server is in recovery and takes no writes yet, after waiting 300ms$/);
    assert.match(failure.hint ?? "", /target_session_attrs=standby/);
    const waiting = wait(server.url("postgres"), 30_000);
    const primary = wait(`${server.url("postgres")}?target_session_attrs=primary`, 30_000);
    await until(() => waiting.reasons.length > 0 && primary.reasons.length > 0);
    await server.query("postgres", "SELECT pg_promote()");
    assert.equal(await waiting.ended, "ready");
    assert.equal(await primary.ended, "ready");
  });
});

for (const runtime of chosenRuntimes()) {
  describe(`the program waits, on ${runtime}`, { concurrency: 2, timeout: 120_000 }, () => {
    const variables = (port: number) => ({ DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/postgres` });

    test("wait ends with 0 when the server is there, and up --wait goes on", async () => {
      const program = await programCommand(runtime);
      const port = await freePort();
      const outcomes = [["wait"], ["status", "--wait", "30s", "--dir", "."]].map(async (words) =>
        run([...program, ...words], { directory: place, environment: variables(port) }),
      );
      await systemClock.sleep(2_000);
      await listen(port, (await sharedServer()).port);
      const [waited, status] = await Promise.all(outcomes);
      assert.equal(waited?.status, 0, waited?.stderr);
      assert.match(waited?.stdout ?? "", /^postgres on .* accepts connections, after .*\.\n$/);
      assert.match(waited?.stderr ?? "", /^Waiting for postgres on .*: the connection was refused \(.* of 1 min\)\n$/);
      assert.equal(status?.status, 0, status?.stderr);
      assert.match(status?.stderr ?? "", /^Waiting for .* \(.* of 30\.0 s\)\n/);
    });

    test("the embedded database is ready at once", async () => {
      const environment = { DATABASE_URL: "pglite:memory" };
      const outcome = await run([...(await programCommand(runtime)), "wait"], { directory: place, environment });
      assert.equal(outcome.status, 0, outcome.stderr);
      assert.equal(outcome.stderr, "");
    });

    for (const [signal, status] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      test(`${signal} ends it with ${status}`, async () => {
        const [file, ...rest] = await programCommand(runtime);
        const child = spawn(file, [...rest, "wait"], {
          cwd: place,
          env: { ...process.env, ...variables(await freePort()) },
          stdio: ["ignore", "ignore", "pipe"],
        });
        const ended = new Promise((resolve) => void child.once("exit", (code, by) => resolve(code ?? by)));
        await Promise.race([ended, new Promise((resolve) => child.stderr.once("data", resolve))]);
        await systemClock.sleep(1_500);
        child.kill(signal);
        assert.equal(await ended, status);
      });
    }
  });
}
