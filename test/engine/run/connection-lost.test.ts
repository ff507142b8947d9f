import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { describe, test } from "node:test";
import {
  failureOf,
  holding,
  outcomes,
  type ServerWorld,
  states,
  succeeded,
  terminate,
  within,
  world,
} from "../support.ts";

const SLEEPING =
  "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";

const DEFERRED_SLEEP = `CREATE TABLE two (n int);
CREATE FUNCTION sleeps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER sleeps AFTER INSERT ON two DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sleeps();
INSERT INTO two VALUES (1);`;

const THREE = {
  "001_one.sql": "CREATE TABLE one ();",
  "002_two.sql": "CREATE TABLE two (n int);\nSELECT pg_sleep(30);",
  "003_three.sql": "CREATE TABLE three ();",
};

describe("the server ends the connection", () => {
  for (const singleTransaction of [false, true]) {
    const how = singleTransaction ? ", in a single transaction" : "";
    test(`during a statement${how}: the report is true, and the next run applies the rest once`, async () => {
      const here = await world(THREE);
      const running = here.up({}, { singleTransaction });
      await terminate(here, "%pg_sleep(30)%");
      const report = await within(10_000, running);
      assert.deepEqual(
        outcomes(report),
        singleTransaction ? ["001 not-run", "002 failed", "003 not-run"] : ["001 applied", "002 failed", "003 not-run"],
      );
      const failure = failureOf(report, "connection-lost");
      assert.equal(failure.server?.code, "57P01");
      assert.deepEqual(await here.history(), singleTransaction ? [] : ["001"]);
      here.write({ "002_two.sql": "CREATE TABLE two (n int);" });
      succeeded(await here.up());
      assert.deepEqual(await here.tables(), ["one", "three", "two"]);
    });
  }

  test("at the commit: the report is true, and the next run applies the rest once", async () => {
    const here = await world({ ...THREE, "002_two.sql": DEFERRED_SLEEP });
    const running = here.up();
    await terminate(here, "SET CONSTRAINTS ALL IMMEDIATE%");
    const report = await within(10_000, running);
    assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
    failureOf(report, "connection-lost");
    assert.deepEqual(await here.tables(), ["one"]);
    here.write({ "002_two.sql": DEFERRED_SLEEP.replace("pg_sleep(30)", "pg_sleep(0)") });
    succeeded(await here.up());
    assert.deepEqual(await here.history(), ["001", "002", "003"]);
  });

  test("before the first step: nothing is applied, and that is said", async () => {
    const here = await world(THREE);
    succeeded(await here.up({ count: 1 }));
    await holding(here, "BEGIN; LOCK TABLE schema_migrations", async () => {
      const running = here.up().then(
        (report) => report.failure,
        (error: unknown) => error,
      );
      await terminate(here, "%schema_migrations%");
      const failure = await within(20_000, running);
      assert.match(String(failure), /connection/);
    });
    assert.deepEqual(await here.history(), ["001"]);
  });

  test("during a down file: the report is true", async () => {
    const here = await world({
      "001_one.sql": "CREATE TABLE one ();",
      "001_one.down.sql": "DROP TABLE one; SELECT pg_sleep(30);",
      "002_two.sql": "CREATE TABLE two ();",
      "002_two.down.sql": "DROP TABLE two;",
    });
    succeeded(await here.up());
    const running = here.down({ all: true });
    await terminate(here, "%pg_sleep(30)%");
    assert.deepEqual(outcomes(await within(10_000, running)), ["002 undone", "001 failed"]);
    assert.deepEqual(await here.history(), ["001"]);
    assert.deepEqual(await here.tables(), ["one"]);
  });

  test("during the way back of a redo: the way forth is not said to have run", async () => {
    const here = await world({
      "001_one.sql": "CREATE TABLE one ();",
      "001_one.down.sql": "DROP TABLE one; SELECT pg_sleep(30);",
    });
    succeeded(await here.up());
    const running = here.redo(1);
    await terminate(here, "%pg_sleep(30)%");
    const report = await within(10_000, running);
    assert.deepEqual(
      report.steps.map(({ direction, outcome }) => `${direction} ${outcome}`),
      ["down failed", "up not-run"],
    );
  });

  test("in a file without a transaction that has written its own row: it is not applied, and the next run finishes it", async () => {
    const here = await world({
      "001_one.sql": "CREATE TABLE one ();",
      "002_two.sql":
        "-- Transaction: none\nINSERT INTO schema_migrations (version) VALUES ('002');\nSELECT pg_sleep(30);\nCREATE TABLE two ();",
      "003_three.sql": "CREATE TABLE three ();",
    });
    const running = here.up();
    await terminate(here, "%pg_sleep(30)%");
    const report = await within(10_000, running);
    assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
    assert.deepEqual(await here.history(), ["001", "002"]);
    assert.deepEqual(await states(here), ["001 applied", "002 unfinished", "003 pending"]);
    assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied", "003 applied"]);
    assert.deepEqual(await here.tables(), ["one", "three", "two"]);
    assert.deepEqual(await states(here), ["001 applied", "002 applied", "003 applied"]);
  });

  test("in a down file without a transaction that has deleted its own row: it is not undone, and the next run finishes it", async () => {
    const here = await world({
      "001_one.sql": "CREATE TABLE one ();",
      "001_one.down.sql":
        "-- Transaction: none\nDELETE FROM schema_migrations WHERE version = '001';\nSELECT pg_sleep(30);\nDROP TABLE one;",
    });
    succeeded(await here.up());
    const running = here.down({ all: true });
    await terminate(here, "%pg_sleep(30)%");
    assert.deepEqual(outcomes(await within(10_000, running)), ["001 failed"]);
    assert.deepEqual(await states(here), ["001 unfinished"]);
    assert.deepEqual(outcomes(succeeded(await here.down({ all: true }))), ["001 undone"]);
    assert.deepEqual(await here.tables(), []);
    assert.deepEqual(await states(here), ["001 pending"]);
  });

  test("at any moment of many migrations: what is reported applied is applied, and nothing runs twice", async () => {
    const files: Record<string, string> = {};
    for (let number = 1; number <= 60; number++) {
      const version = String(number).padStart(3, "0");
      files[`${version}_step.sql`] = `INSERT INTO ran VALUES ('${version}');\nCREATE TABLE t${version} ();`;
    }
    const here = await world(files, { before: "CREATE TABLE ran (version text)" });
    let losses = 0;
    for (let attempt = 0; attempt < 12; attempt++) {
      const before = await here.history();
      const running = here.up({ count: 6 }).catch((error: unknown) => error as Error);
      await new Promise((resolve) => setTimeout(resolve, 4 * attempt));
      await here.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'pgstep'",
      );
      const report = await within(20_000, running);
      const history = await here.history();
      if (report instanceof Error) {
        losses++;
        assert.deepEqual(history, before, report.message);
        continue;
      }
      if (report.failure) losses++;
      const applied = report.steps.filter((step) => step.outcome === "applied").map((step) => step.version);
      assert.deepEqual(history, [...before, ...applied]);
    }
    assert.ok(losses > 0, "no connection was ever lost");
    succeeded(await here.up());
    assert.equal(await here.value("SELECT count(*)::int FROM ran"), 60);
    assert.equal(await here.value("SELECT count(DISTINCT version)::int FROM ran"), 60);
  });
});

test("the network loses the client while the server goes on: what is reported is what stays true", async () => {
  const here = await world({
    "001_one.sql": "CREATE TABLE one ();",
    "002_two.sql": "CREATE TABLE two ();\nSELECT pg_sleep(1);",
    "003_three.sql": "CREATE TABLE three ();",
  });
  const proxy = await cuttableProxy(here.server.port);
  const far = here.beside({}, { url: here.url.replace(`:${here.server.port}`, `:${proxy.port}`) });
  try {
    const running = far.up();
    await here.until(SLEEPING);
    proxy.cut();
    const report = await within(20_000, running);
    failureOf(report, "connection-lost");
    const said = report.steps.filter((step) => step.outcome === "applied").map((step) => step.version);
    const withUnknownOutcome = report.steps.some((step) => step.outcome === "in-doubt");
    await here.until(
      "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pgstep' AND state <> 'idle'",
    );
    if (!withUnknownOutcome) assert.deepEqual(await here.history(), said);
  } finally {
    proxy.close();
  }
  succeeded(await here.up());
  assert.deepEqual(await here.tables(), ["one", "three", "two"]);
});

/** Passes bytes through; `cut` resets the clients' side and leaves the server's connections open. */
async function cuttableProxy(target: number): Promise<{ port: number; cut(): void; close(): void }> {
  const clients: Socket[] = [];
  const backs: Socket[] = [];
  const server = createServer((client) => {
    const back = connect(target, "127.0.0.1");
    clients.push(client);
    backs.push(back);
    client.on("data", (data) => back.write(data));
    back.on("data", (data) => client.write(data));
    client.on("error", () => {});
    back.on("error", () => {});
    client.on("end", () => back.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address && typeof address === "object");
  return {
    port: address.port,
    cut: () => {
      for (const client of clients.splice(0)) client.resetAndDestroy();
    },
    close: () => {
      for (const back of backs) back.destroy();
      server.close();
    },
  };
}

describe("the user stops the run", () => {
  async function stopped(here: ServerWorld, reason: string): Promise<void> {
    const running = here.up();
    await here.until(SLEEPING);
    here.abort.abort(reason);
    const report = await within(20_000, running);
    assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
    failureOf(report, reason === "terminate" ? "terminated" : "interrupted");
    here.abort = new AbortController();
  }

  for (const reason of ["interrupt", "terminate"]) {
    test(`by ${reason} during a statement: it is rolled back, the lock is free, and others can go on`, async () => {
      const here = await world(THREE);
      await stopped(here, reason);
      assert.deepEqual(await here.tables(), ["one"]);
      assert.deepEqual(await states(here), ["001 applied", "002 pending", "003 pending"]);
      here.write({ "002_two.sql": "CREATE TABLE two (n int);" });
      succeeded(await here.beside({ lockWaitMs: 500 }).up());
    });
  }

  test("in a single transaction: nothing is applied", async () => {
    const here = await world(THREE);
    const running = here.up({}, { singleTransaction: true });
    await here.until(SLEEPING);
    here.abort.abort("interrupt");
    const report = await within(20_000, running);
    assert.deepEqual(outcomes(report), ["001 rolled-back", "002 failed", "003 not-run"]);
    failureOf(report, "interrupted");
    assert.deepEqual(await here.tables(), []);
  });

  test("during the commit's own triggers: it is rolled back", async () => {
    const here = await world({ ...THREE, "002_two.sql": DEFERRED_SLEEP });
    await stopped(here, "interrupt");
    assert.deepEqual(await here.tables(), ["one"]);
  });

  test("in a down file: it is rolled back", async () => {
    const here = await world({
      "001_one.sql": "CREATE TABLE one ();",
      "001_one.down.sql": "DROP TABLE one; SELECT pg_sleep(30);",
    });
    succeeded(await here.up());
    const running = here.down({ all: true });
    await here.until(SLEEPING);
    here.abort.abort("interrupt");
    failureOf(await within(20_000, running), "interrupted");
    here.abort = new AbortController();
    assert.deepEqual(await states(here), ["001 applied"]);
    assert.deepEqual(await here.tables(), ["one"]);
  });

  test("before it begins: nothing is applied", async () => {
    const here = await world({ "001_one.sql": "CREATE TABLE one ();" });
    here.abort.abort("interrupt");
    const ended = await within(
      5_000,
      here.up().then(
        (report) => report.failure,
        (error: unknown) => error,
      ),
    );
    assert.match(String(ended), /interrupted/);
    assert.deepEqual(await here.tables(), []);
  });

  test("at random moments: what is reported is true", async () => {
    const files: Record<string, string> = {};
    for (let number = 1; number <= 80; number++) {
      files[`${String(number).padStart(3, "0")}_step.sql`] = `CREATE TABLE t${number} ();\nSELECT pg_sleep(0.002);`;
    }
    const here = await world(files);
    for (let attempt = 0; attempt < 8; attempt++) {
      const before = await here.history();
      here.abort = new AbortController();
      setTimeout(() => here.abort.abort("interrupt"), 15 + 7 * attempt);
      const report = await within(
        10_000,
        here.up().catch((error: unknown) => error as Error),
      );
      const history = await here.history();
      if (report instanceof Error) {
        assert.deepEqual(history, before, report.message);
        continue;
      }
      const applied = report.steps.filter((step) => step.outcome === "applied").map((step) => step.version);
      assert.deepEqual(history, [...before, ...applied]);
      if (report.failure) assert.equal(report.failure.code, "interrupted");
    }
    here.abort = new AbortController();
    succeeded(await here.up());
    assert.equal((await here.tables()).length, 80);
  });
});
