import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { hookPrograms } from "../../../src/adapters/programs/hook-programs.ts";
import type { RunReport, SeedReport } from "../../../src/core/reports/report.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import { seed } from "../../../src/engine/seed/seed.ts";
import {
  type Cut,
  type MessageProxy,
  type ProxiedMessage,
  startMessageProxy,
} from "../../faults/support/message-proxy.ts";
import { type Files, outcomes, type ServerWorld, within, world } from "../support.ts";

/** Where the first connection is cut: the message itself does not arrive any more. */
type Moment = (message: ProxiedMessage) => boolean;

const DROP: Cut = { bytes: 0, lingerMs: 0 };

/** A message of the client's that holds all of these. */
const sending =
  (...parts: string[]): Moment =>
  ({ from, bytes }) =>
    from === "client" && parts.every((part) => bytes.includes(part));

/** The server's confirmation of the first COMMIT behind such a message. */
function confirming(sent: Moment): Moment {
  let isSent = false;
  return (message) => {
    isSent ||= sent(message);
    return isSent && message.from === "server" && message.type === "C" && message.bytes.includes("COMMIT");
  };
}

/** A world whose files lie in folders of these names, reached through a proxy that cuts the first connection. */
async function cutWorld(
  files: Files,
  moment: Moment,
  whenCut: (here: ServerWorld, proxy: MessageProxy) => void = () => {},
) {
  const first = await world({ "001_t.sql": "CREATE TABLE t (id int);" });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(first.directory, path)), { recursive: true });
    writeFileSync(join(first.directory, path), text);
  }
  const proxy = await startMessageProxy(first.server.port);
  const folder = (name: string) => join(first.directory, name);
  for (const name of ["seeds", "hooks", "repeatable"]) mkdirSync(folder(name), { recursive: true });
  const settings = {
    seedsDirectory: folder("seeds"),
    hooksDirectory: folder("hooks"),
    repeatableDirectory: folder("repeatable"),
  };
  const url = `${first.url.replace(`:${first.server.port}`, `:${proxy.port}`)}?sslmode=disable`;
  const here = first.beside(settings, { url });
  let wasCut = false;
  proxy.onMessage = (message) => {
    if (wasCut || message.connection > 0 || !moment(message)) return undefined;
    wasCut = true;
    whenCut(here, proxy);
    return DROP;
  };
  const run = async <Report extends RunReport | SeedReport>(running: Promise<Report>): Promise<Report> => {
    try {
      return await within(60_000, running);
    } finally {
      assert.ok(wasCut, "the moment never came");
      await proxy.close();
    }
  };
  return { here, up: () => run(here.up()), run };
}

const unreachable = (here: ServerWorld, proxy: MessageProxy) => {
  proxy.reachable = false;
  // Nobody wants to wait half a minute.
  here.abort.abort("interrupt");
};

const objects = ({ repeatable = [] }: RunReport) => repeatable.map(({ name, outcome }) => `${name} ${outcome}`);
const hooksOf = ({ hooks = [] }: RunReport) => hooks.map(({ moment, outcome }) => `${moment} ${outcome}`);
const seedsOf = ({ steps }: SeedReport) => steps.map(({ name, outcome }) => `${name} ${outcome}`);

describe("a connection that is cut at the COMMIT of the repeatable objects", () => {
  const VIEWS = {
    "repeatable/a.sql": "CREATE OR REPLACE VIEW a AS SELECT id FROM t;",
    "repeatable/b.sql": "CREATE OR REPLACE VIEW b AS SELECT id FROM a;",
  };
  const commit = sending("INSERT INTO", "_repeatable", "COMMIT");

  test("before it: they are rolled back, and told so", async () => {
    const { here, up } = await cutWorld(VIEWS, commit);
    const report = await up();
    assert.equal(report.failure?.code, "connection-lost");
    assert.deepEqual(objects(report), ["a rolled-back", "b rolled-back"]);
    assert.deepEqual(outcomes(report), ["001 applied"]);
    assert.equal(await here.value("SELECT to_regclass('a')::text"), null);
  });

  test("behind it: they are applied, and told so", async () => {
    const { here, up } = await cutWorld(VIEWS, confirming(commit));
    const report = await up();
    assert.equal(report.failure?.code, "connection-lost");
    assert.deepEqual(objects(report), ["a applied", "b applied"]);
    const told = here.events.flatMap((event) => (event.type === "repeatable-finished" ? event.repeatable.outcome : []));
    assert.deepEqual(told, ["applied", "applied"]);
    assert.equal(await here.value("SELECT to_regclass('b')::text"), "b");
  });

  test("behind it, when only one file has changed: the record of an earlier run does not count", async () => {
    for (const moment of [commit, confirming(commit)]) {
      const { here, up } = await cutWorld({ "repeatable/a.sql": "CREATE OR REPLACE VIEW a AS SELECT 1 AS n;" }, moment);
      const direct = here.beside({}, { url: `postgres://postgres@127.0.0.1:${here.server.port}/${here.databaseName}` });
      await direct.up();
      // Its own file again: another run has recorded the same text before.
      await here.rows("DROP VIEW a");
      const report = await up();
      const isThere = (await here.value("SELECT to_regclass('a')::text")) === "a";
      assert.deepEqual(objects(report), [isThere ? "a applied" : "a rolled-back"]);
      assert.equal(isThere, moment !== commit);
    }
  });

  test("and a server that cannot be reached again: nothing is claimed of them, nor of the steps before", async () => {
    const { up } = await cutWorld(VIEWS, confirming(commit), unreachable);
    const report = await up();
    assert.deepEqual(objects(report), ["a in-doubt", "b in-doubt"]);
    assert.deepEqual(outcomes(report), ["001 in-doubt"]);
    assert.match(report.failure?.hint ?? "", /could not check .* confirmed 1 of 1 .*process \d+.*pg_terminate_backend/);
  });
});

describe("a connection that is cut at the end of a run", () => {
  const FILES = { "repeatable/a.sql": "CREATE OR REPLACE VIEW a AS SELECT id FROM t;" };
  const unlock = sending("pg_advisory_unlock(");

  test("when all is there: it is a success", async () => {
    const { up } = await cutWorld(FILES, unlock);
    const report = await up();
    assert.equal(report.failure, undefined);
    assert.deepEqual([...outcomes(report), ...objects(report)], ["001 applied", "a applied"]);
  });

  test("when nobody can say what has lasted: it is none", async () => {
    const { up } = await cutWorld(FILES, unlock, unreachable);
    const report = await up();
    assert.equal(report.failure?.code, "connection-lost");
    assert.deepEqual([...outcomes(report), ...objects(report)], ["001 in-doubt", "a in-doubt"]);
  });

  test("when a migration had failed: that is what is reported", async () => {
    const { up } = await cutWorld({ "002_bad.sql": "SELECT 1 / 0;" }, unlock);
    const report = await up();
    assert.equal(report.failure?.code, "statement-failed");
    assert.deepEqual(outcomes(report), ["001 applied", "002 failed"]);
  });
});

describe("a connection that is cut at a hook of SQL", () => {
  const HOOKS = {
    "hooks/before-up.sql": "CREATE TABLE before_up ();",
    "hooks/after-up.sql": "CREATE TABLE after_up ();",
  };

  test("before its COMMIT: it has failed, and no migration is told to be applied", async () => {
    const { here, up } = await cutWorld(HOOKS, sending("CREATE TABLE before_up"));
    const report = await up();
    assert.deepEqual([...hooksOf(report), ...outcomes(report)], ["before-up failed", "001 not-run"]);
    assert.deepEqual(await here.tables(), []);
  });

  for (const [name, moment] of [
    ["at", sending("set_config('synchronous_commit'")],
    ["behind", confirming(sending("set_config('synchronous_commit'"))],
  ] as const) {
    test(`${name} its COMMIT: nothing tells what became of it, and that is said`, async () => {
      const hooks = { "hooks/after-up.sql": "CREATE TABLE after_up ();" };
      const isHook = sending("CREATE TABLE after_up");
      let isBehind = false;
      const { up } = await cutWorld(hooks, (message) => {
        isBehind ||= isHook(message);
        return isBehind && moment(message);
      });
      const report = await up();
      assert.deepEqual([...hooksOf(report), ...outcomes(report)], ["after-up in-doubt", "001 applied"]);
      assert.equal(report.failure?.code, "connection-lost");
    });
  }

  test("a hook whose commit a later one shows to have lasted is done, as is a program", async () => {
    const { here, run } = await cutWorld(HOOKS, sending("CREATE TABLE after_up"));
    const context = { ...here.context, programs: hookPrograms };
    const report = await run(
      migrate({ ...context, settings: { ...context.settings, hooks: { "after-step": ["true"] } } }, {}, {}),
    );
    assert.deepEqual(hooksOf(report), ["before-up done", "after-step done", "after-up failed"]);
  });

  test("and a server that cannot be reached again: its hooks of SQL are in doubt, its programs are done", async () => {
    const { here, run } = await cutWorld(HOOKS, sending("CREATE TABLE after_up"), unreachable);
    const context = { ...here.context, programs: hookPrograms };
    const report = await run(
      migrate({ ...context, settings: { ...context.settings, hooks: { "after-step": ["true"] } } }, {}, {}),
    );
    assert.deepEqual(hooksOf(report), ["before-up in-doubt", "after-step done", "after-up failed"]);
    assert.deepEqual(outcomes(report), ["001 in-doubt"]);
  });
});

describe("a connection that is cut at a seed", () => {
  const SEEDS = {
    "seeds/a.sql": "INSERT INTO t VALUES (1);",
    "seeds/b.sql": "-- Seed: once\nINSERT INTO t VALUES (2);",
    "seeds/c.sql": "INSERT INTO t VALUES (3);",
  };
  const recording = sending("INSERT INTO", "_seeds", "'b'");

  async function cutAt(moment: Moment, whenCut?: Parameters<typeof cutWorld>[2]) {
    const place = await cutWorld(SEEDS, moment, whenCut);
    const { server, databaseName } = place.here;
    await place.here.beside({}, { url: `postgres://postgres@127.0.0.1:${server.port}/${databaseName}` }).up();
    return await place.run(seed(place.here.context, {}));
  }

  test("before what runs once: it is not applied, and what came before is in doubt", async () => {
    assert.deepEqual(seedsOf(await cutAt(recording)), ["a in-doubt", "b not-run", "c not-run"]);
  });

  test("behind what runs once: its record tells of it and of what came before", async () => {
    let commits = 0;
    const report = await cutAt(
      ({ from, type, bytes }) => from === "server" && type === "C" && bytes.includes("COMMIT") && ++commits === 3,
    );
    assert.deepEqual(seedsOf(report), ["a applied", "b applied", "c in-doubt"]);
    assert.match(report.failure?.hint ?? "", /pgstep seed again: a run-once seed does not run twice/);
  });

  test("and a server that cannot be reached again: all are in doubt", async () => {
    let commits = 0;
    const report = await cutAt(
      ({ from, type, bytes }) => from === "server" && type === "C" && bytes.includes("COMMIT") && ++commits === 3,
      unreachable,
    );
    assert.deepEqual(seedsOf(report), ["a in-doubt", "b in-doubt", "c in-doubt"]);
  });
});
