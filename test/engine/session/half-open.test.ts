import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { baseline } from "../../../src/engine/verbs/baseline.ts";
import { type Cut, type ProxiedMessage, startMessageProxy } from "../../faults/support/message-proxy.ts";
import { outcomes, refusal, type ServerWorld, succeeded, within, world } from "../support.ts";

/** The client is cut off, and the server does not notice. */
const HALF_OPEN: Omit<Cut, "bytes"> = { lingerMs: 600_000 };

const ONE = { "001_one.sql": "CREATE TABLE one ();" };

/** Runs `up` through a proxy that leaves the server's side of the first connection open. */
async function cutOff(
  here: ServerWorld,
  moment: (message: ProxiedMessage) => number | undefined,
  work: (far: ServerWorld) => Promise<void>,
  whenCut: () => void = () => {},
): Promise<void> {
  const proxy = await startMessageProxy(here.server.port);
  const url = `${here.url.replace(`:${here.server.port}`, `:${proxy.port}`)}?sslmode=disable`;
  let wasCut = false;
  proxy.onMessage = (message) => {
    const bytes = wasCut || message.connection > 0 ? undefined : moment(message);
    if (bytes === undefined) return undefined;
    wasCut = true;
    whenCut();
    return { ...HALF_OPEN, bytes };
  };
  try {
    await work(here.beside({}, { url }));
    assert.ok(wasCut, "the moment never came");
  } finally {
    await proxy.close();
  }
}

const LEFT =
  "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pgstep'";

/** Sees the answer to the message that asks for the lock. */
function lockAnswer(): (message: ProxiedMessage) => boolean {
  let asked = false;
  return ({ from, type, bytes }) => {
    asked ||= from === "client" && bytes.includes("pg_try_advisory_lock");
    // A row that says it is won.
    return asked && from === "server" && type === "D" && bytes.includes("true");
  };
}

describe("a session that is lost while the server does not notice gives the lock free", () => {
  test("right after it was won", async () => {
    const here = await world(ONE);
    const isAnswer = lockAnswer();
    let isWon = false;
    await cutOff(
      here,
      (message) => {
        if (isWon) return message.from === "client" ? 0 : undefined;
        isWon = isAnswer(message);
        return undefined;
      },
      async (far) => {
        await refusal(within(30_000, far.up()), "connection-lost");
        assert.equal(await here.value(LEFT), 0);
        assert.deepEqual(outcomes(succeeded(await here.beside({ lockWaitMs: 0 }).up())), ["001 applied"]);
      },
    );
  });

  test("before it is known that it was won", async () => {
    const here = await world(ONE);
    const isAnswer = lockAnswer();
    await cutOff(
      here,
      (message) => (isAnswer(message) ? 0 : undefined),
      async (far) => {
        await refusal(within(30_000, far.up()), "connection-lost");
        assert.equal(await here.value(LEFT), 0);
        succeeded(await here.beside({ lockWaitMs: 0 }).up());
      },
    );
  });

  test("when it was to be given back after all was done", async () => {
    const here = await world(ONE);
    await cutOff(
      here,
      ({ from, bytes }) => (from === "client" && bytes.includes("pg_advisory_unlock") ? 0 : undefined),
      async (far) => {
        const { recorded } = await within(30_000, baseline(far.context, "001"));
        assert.deepEqual(
          recorded.map(({ version }) => version),
          ["001"],
        );
        assert.equal(await here.value(LEFT), 0);
      },
    );
  });

  test("and says whose it is when the server cannot be reached", async () => {
    const here = await world(ONE);
    const isAnswer = lockAnswer();
    const proxy = await startMessageProxy(here.server.port);
    const far = here.beside(
      {},
      { url: `${here.url.replace(`:${here.server.port}`, `:${proxy.port}`)}?sslmode=disable` },
    );
    let isWon = false;
    proxy.onMessage = (message) => {
      if (isWon && message.connection === 0 && message.from === "client") {
        proxy.reachable = false;
        far.abort.abort("terminate");
        return { ...HALF_OPEN, bytes: 0 };
      }
      isWon ||= isAnswer(message);
      return undefined;
    };
    const failure = await refusal(within(30_000, far.up()), "connection-lost");
    const holder = await here.value(
      "SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    await proxy.close();
    assert.match(failure.hint ?? "", new RegExp(`pg_terminate_backend\\(${holder}\\)`));
  });
});

describe("keepalives of a session that runs migrations", () => {
  const SETTINGS = ["idle", "interval", "count"]
    .map((name) => `current_setting('tcp_keepalives_${name}')`)
    .join(" || ' ' || ");
  const files = {
    "001_seen.sql": `CREATE TABLE seen AS SELECT ${SETTINGS} AS found;`,
    "002_seen.sql": `RESET ALL; INSERT INTO seen SELECT 'reset';`,
    "003_seen.sql": `INSERT INTO seen SELECT ${SETTINGS};`,
    "004_seen.sql": `-- Transaction: none\nINSERT INTO seen SELECT ${SETTINGS};`,
  };

  for (const major of [18, 15] as const) {
    test(`are set on TCP, and again after a reset, on PostgreSQL ${major}`, async () => {
      const here = await world(files, { major });
      succeeded(await here.up());
      const found = (await here.rows("SELECT DISTINCT found FROM seen WHERE found <> 'reset'")).map((row) => row.found);
      assert.deepEqual(found, ["60 10 3"]);
    });

    test(`have no effect on a Unix socket, and do no harm, on PostgreSQL ${major}`, async () => {
      const here = await world(files, { major });
      const { socketDirectory, port } = here.server;
      const url = `postgres://postgres@/${here.databaseName}?host=${encodeURIComponent(socketDirectory)}&port=${port}`;
      succeeded(await here.beside({}, { url }).up());
      const found = (await here.rows("SELECT DISTINCT found FROM seen WHERE found <> 'reset'")).map((row) => row.found);
      assert.deepEqual(found, ["0 0 0"]);
    });
  }
});
