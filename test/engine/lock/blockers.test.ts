import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type Blocker, blockersWords, endingSql } from "../../../src/core/reports/other-sessions.ts";
import { readActivity } from "../../../src/engine/lock/run-activity.ts";
import type { Session } from "../../../src/ports/session.ts";
import { type PostgresServer, startPostgres } from "../../support/postgres-server.ts";
import { until } from "../../support/until.ts";
import { failureOf, holding, open, refusal, type ServerWorld, succeeded, within, world } from "../support.ts";

const ALTER = { "001_alter.sql": "ALTER TABLE busy ADD COLUMN more int;" };
const before = "CREATE TABLE busy (id int)";

/** Opens sessions to a world's database for the length of a test. */
async function withSessions(here: ServerWorld, count: number, work: (sessions: Session[]) => Promise<void>) {
  const sessions = await Promise.all(Array.from({ length: count }, () => open(here.url).open()));
  try {
    await work(sessions);
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

/** Sends a statement that will wait for a lock, and waits until it does. */
async function waiting(here: ServerWorld, session: Session, sql: string): Promise<void> {
  session.execute(sql).catch(() => {});
  await here.until(`SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = ${session.backend.processId}`);
}

const pidOf = (session: Session | undefined) => session?.backend.processId ?? 0;
const chainOf = (blockers: readonly Blocker[]) => blockers.map(({ pid, waitsFor }) => [pid, ...waitsFor]);

for (const major of [15, 18] as const) {
  describe(`the sessions that block a run, on PostgreSQL ${major}`, () => {
    test("begin with the one that waits for nobody, and the others name whom they wait for", async () => {
      const here = await world(ALTER, { major, before, lockTimeoutMs: 0 });
      await withSessions(here, 3, async ([holder, second, third]) => {
        assert.ok(holder && second && third);
        await holder.execute("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE");
        await waiting(here, second, "BEGIN; LOCK TABLE busy");
        await waiting(here, third, "SELECT FROM busy");
        const running = here.up();
        await until(() => here.events.some((event) => event.type === "blocked" && event.total === 3));
        const event = here.events.findLast((one) => one.type === "blocked");
        assert.ok(event);
        const [first, victim] = [holder, second].map(pidOf);
        assert.deepEqual(chainOf(event.blockers), [[first], [victim, first], [pidOf(third), victim]]);
        assert.equal(event.blockers[0]?.state, "idle in transaction");
        assert.equal(event.blockers[0]?.backendType, "client backend");
        // The command that is shown frees the run.
        const sql = event.blockers.flatMap((blocker) => endingSql(blocker) ?? []);
        assert.deepEqual(sql, [`SELECT pg_terminate_backend(${first});`]);
        await here.rows(String(sql[0]));
        await second.execute("COMMIT");
        succeeded(await within(20_000, running));
      });
    });

    test("include one that blocks only another blocker", async () => {
      const here = await world(
        { "001_row.sql": "UPDATE busy SET id = 3 WHERE id = 2;" },
        { major, before: `${before}; INSERT INTO busy VALUES (1), (2)`, lockTimeoutMs: 0 },
      );
      await withSessions(here, 2, async ([holder, second]) => {
        assert.ok(holder && second);
        await holder.execute("BEGIN; UPDATE busy SET id = 1 WHERE id = 1");
        await second.execute("BEGIN; UPDATE busy SET id = 2 WHERE id = 2");
        await waiting(here, second, "UPDATE busy SET id = 1 WHERE id = 1");
        const running = here.up();
        await until(() => here.events.some((event) => event.type === "blocked" && event.total > 0));
        const event = here.events.findLast((one) => one.type === "blocked");
        assert.deepEqual(chainOf(event?.blockers ?? []), [[pidOf(holder)], [pidOf(second), pidOf(holder)]]);
        await holder.close();
        await second.execute("COMMIT");
        succeeded(await within(20_000, running));
      });
    });

    test("of an index build are those with an old snapshot, and the event says how many", async () => {
      const here = await world(
        { "001_index.sql": "CREATE INDEX CONCURRENTLY busy_id ON busy (id);" },
        { major, before, lockTimeoutMs: 200 },
      );
      await withSessions(here, 2, async ([one, two]) => {
        assert.ok(one && two);
        for (const session of [one, two]) await session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
        const running = here.up();
        await until(() => here.events.some((event) => event.type === "blocked" && event.total > 0));
        await until(() => here.events.some((event) => event.type === "statement-progress" && event.progress));
        const { progress } = here.events.findLast((event) => event.type === "statement-progress") ?? {};
        assert.deepEqual(progress, {
          ...{ command: "CREATE INDEX CONCURRENTLY", phase: "waiting for old snapshots" },
          shares: [{ unit: "sessions", done: 0, total: 2 }],
        });
        const { blockers = [] } = here.events.findLast((event) => event.type === "blocked") ?? {};
        assert.equal(blockers.length, 1);
        const pids = [one, two].map(pidOf);
        assert.ok(pids.includes(blockers[0]?.pid ?? 0));
        const count = here.events.length;
        await new Promise((resolve) => setTimeout(resolve, 500));
        assert.deepEqual(here.events.slice(count), [], "nothing has changed");
        for (const session of [one, two]) await session.close();
        succeeded(await within(20_000, running));
      });
    });
  });
}

test("an event says that a run is no longer blocked", async () => {
  const files = { "001_lock.sql": "LOCK TABLE busy;\nSELECT pg_sleep(1);" };
  const here = await world(files, { before, lockTimeoutMs: 300 });
  await holding(here, "BEGIN; LOCK TABLE busy", async (release) => {
    here.onEvent = (event) => event.type === "blocked" && event.total > 0 && void release();
    succeeded(await within(20_000, here.up()));
  });
  const last = here.events.findLast((event) => event.type === "blocked");
  assert.deepEqual(last, { type: "blocked", blockers: [], total: 0 });
});

test("of many sessions the event has 30, and the failure's hint five, the number of the others, and what to do", async () => {
  const here = await world(ALTER, { before, lockTimeoutMs: 500, retryMs: 0 });
  await withSessions(here, 33, async (sessions) => {
    for (const session of sessions) await session.execute("BEGIN; SELECT FROM busy");
    const failure = failureOf(await here.up(), "statement-failed");
    const event = here.events.findLast((one) => one.type === "blocked");
    assert.deepEqual([event?.blockers.length, event?.total], [30, 33]);
    const hint = failure.hint ?? "";
    assert.equal(hint.match(/process \d+, user postgres/g)?.length, 5);
    assert.match(
      hint,
      /'BEGIN; SELECT FROM busy'; and 28 more\. Run again at a quieter time, or let pgstep retry: --retry-for 10m\. Or end the blocking session with SELECT pg_terminate_backend\(\d+\);$/,
    );
  });
});

test("where pgstep has retried, the hint says for how long", async () => {
  const here = await world(ALTER, { before, lockTimeoutMs: 100, retryMs: 1_000 });
  await holding(here, "BEGIN; LOCK TABLE busy", async () => {
    const failure = failureOf(await here.up(), "statement-failed");
    assert.match(
      failure.hint ?? "",
      /pgstep retried for 1s: run again at a quieter time, or with a longer --retry-for\./,
    );
  });
});

describe("with prepared transactions", () => {
  let server: PostgresServer | undefined;
  after(() => server?.stop("immediate"));

  test("the one that blocks is named, and the command that rolls it back", async () => {
    server = await startPostgres({ settings: { max_prepared_transactions: "3" } });
    const here = await world(ALTER, { before, server, lockTimeoutMs: 0 });
    const gid = "it's \\ ours";
    await withSessions(here, 2, async ([one, other]) => {
      assert.ok(one && other);
      await one.execute("CREATE TABLE another (id int)");
      await one.execute(`BEGIN; SELECT FROM busy; PREPARE TRANSACTION '${gid.replace("'", "''")}'`);
      await other.execute("BEGIN; SELECT FROM another; PREPARE TRANSACTION 'innocent'");
      const running = here.up();
      await until(() => here.events.some((event) => event.type === "blocked" && event.total > 0));
      const event = here.events.find((found) => found.type === "blocked");
      const [blocker] = event?.blockers ?? [];
      assert.equal(event?.total, 1);
      assert.deepEqual([blocker?.pid, blocker?.preparedAs, blocker?.user], [null, gid, "postgres"]);
      assert.match(
        blockersWords(event ?? { blockers: [], total: 0 }),
        /^the prepared transaction 'it''s \\ ours', user/,
      );
      await one.execute(String(blocker && endingSql(blocker)));
      succeeded(await within(20_000, running));
    });
  });

  test("one whose lock does not conflict is not named, and a victim's is", async () => {
    assert.ok(server);
    const here = await world({}, { before, server });
    await withSessions(here, 4, async ([one, victim, reader, observer]) => {
      assert.ok(one && victim && reader && observer);
      await one.execute("BEGIN; LOCK TABLE busy IN ROW EXCLUSIVE MODE; PREPARE TRANSACTION 'writer'");
      await one.execute("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE; PREPARE TRANSACTION 'reader'");
      await waiting(here, victim, "BEGIN; LOCK TABLE busy IN SHARE MODE");
      const direct = await readActivity(observer, pidOf(victim), here.context);
      assert.deepEqual(direct.blockers.map(endingSql), ["ROLLBACK PREPARED 'writer';"]);
      await waiting(here, reader, "BEGIN; LOCK TABLE busy IN ROW EXCLUSIVE MODE");
      const { blockers } = await readActivity(observer, pidOf(reader), here.context);
      assert.deepEqual(chainOf(blockers), [[null], [pidOf(victim), 0]]);
      for (const gid of ["writer", "reader"]) await one.execute(`ROLLBACK PREPARED '${gid}'`);
    });
  });
});

test("a role that may not see the others' statements still sees who they are, and how to end them", async () => {
  const here = await world({}, { before });
  const role = here.databaseName;
  await here.rows(`CREATE ROLE ${role} LOGIN; ALTER TABLE busy OWNER TO ${role}`);
  const url = here.server.url(here.databaseName, role);
  await withSessions(here, 1, async ([holder]) => {
    assert.ok(holder);
    await holder.execute("BEGIN; LOCK TABLE busy");
    const user = here.beside({ lockTimeoutMs: 0 }, { url });
    const session = await user.database.open();
    await waiting(here, session, "ALTER TABLE busy ADD COLUMN more int");
    const observer = await user.database.open();
    const { blockers } = await readActivity(observer, pidOf(session), user.context);
    for (const one of [session, observer]) await one.close();
    const [{ pid, application, state, since, query } = {} as Blocker] = blockers;
    assert.deepEqual([pid, application, state, since, query], [pidOf(holder), "pgstep", null, null, null]);
    assert.equal(blockersWords({ blockers, total: 1 }), `process ${pid}, user postgres, pgstep`);
  });
  await here.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

test("the progress of a COPY is reported, in rows", async () => {
  const slow = `CREATE TABLE slow (id int); CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
 'BEGIN PERFORM pg_sleep(0.002); RETURN NEW; END'; CREATE TRIGGER wait BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION wait()`;
  const rows = Array.from({ length: 2_000 }, (_, row) => `${row}\n`).join("");
  const here = await world(
    { "001_copy.sql": `COPY slow FROM STDIN;\n${rows}\\.\n` },
    { before: slow, lockTimeoutMs: 100 },
  );
  succeeded(await here.up());
  const told = here.events.flatMap((event) => (event.type === "statement-progress" ? [event.progress] : []));
  const counted = told.flatMap((progress) => progress?.shares.filter(({ unit }) => unit === "rows") ?? []);
  assert.deepEqual(told.flatMap((progress) => (progress ? [[progress.command, progress.phase]] : []))[0], [
    "COPY FROM",
    null,
  ]);
  assert.ok(
    counted.some(({ done, total }) => done > 0 && total === 0),
    JSON.stringify(told),
  );
});

describe("while another run holds the lock", () => {
  const FILES = { "001_alter.sql": "ALTER TABLE busy ADD COLUMN more int;" };

  test("the waiting run reports what the other one does, and who blocks it", async () => {
    const here = await world(FILES, { before, lockTimeoutMs: 0 });
    await holding(here, "BEGIN; LOCK TABLE busy", async (release) => {
      const first = here.up();
      await here.until(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      const other = here.beside({ lockWaitMs: 0 });
      const failure = await within(20_000, refusal(other.up(), "lock-held"));
      assert.match(
        failure.hint ?? "",
        /^It is process \d+, pgstep.* Its session is active for [\d:]+, 'ALTER TABLE busy ADD COLUMN more int;'; blocked by process \d+, .* --lock-wait 30m\. To let it continue, end the blocking session with SELECT pg_terminate_backend\(\d+\);$/,
      );
      const patient = here.beside();
      const second = patient.up();
      await until(() => patient.events.some(({ type }) => type === "lock-waiting"));
      const { activity } = patient.events.find((event) => event.type === "lock-waiting") ?? {};
      assert.equal(activity?.query, "ALTER TABLE busy ADD COLUMN more int;");
      assert.equal(activity?.total, 1);
      await release();
      succeeded(await first);
      succeeded(await second);
    });
  });
});
