import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { holderWords } from "../../../src/core/reports/other-sessions.ts";
import type { RunReport } from "../../../src/core/reports/report.ts";
import { until } from "../../support/until.ts";
import {
  databaseSetting,
  failureOf,
  holding,
  outcomes,
  refusal,
  type ServerWorld,
  states,
  succeeded,
  within,
  world,
} from "../support.ts";

const SLEEPING =
  "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";

const VERSIONS = ["001", "002", "003", "004", "005"];

/** Each migration leaves one row: how often it ran. */
function files(third = ""): Record<string, string> {
  return Object.fromEntries(
    VERSIONS.map((version) => [
      `${version}_step.sql`,
      `CREATE TABLE t${version} (n int);\nINSERT INTO t${version} VALUES (1);\nSELECT pg_sleep(0.02);${version === "003" ? third : ""}`,
    ]),
  );
}

/** Runs `migrate` in so many users at once. */
function together(here: ServerWorld, count: number): Promise<RunReport[]> {
  const users = [here, ...Array.from({ length: count - 1 }, () => here.beside())];
  return within(30_000, Promise.all(users.map((user) => user.up())));
}

/** The versions that the runs applied, all together. */
function appliedBy(reports: readonly RunReport[]): string[] {
  for (const report of reports) succeeded(report);
  return reports
    .flatMap((report) => report.steps)
    .filter((step) => step.outcome === "applied")
    .map((step) => step.version)
    .sort();
}

for (const count of [2, 8]) {
  describe(`${count} at once on an empty database`, () => {
    test("each migration is applied exactly once, and all succeed", async () => {
      const here = await world(files());
      const reports = await together(here, count);
      assert.deepEqual(appliedBy(reports), VERSIONS);
      for (const version of VERSIONS) assert.equal(await here.value(`SELECT count(*)::int FROM t${version}`), 1);
      assert.deepEqual(await here.history(), VERSIONS);
      assert.equal(reports.filter((report) => report.alreadyApplied === 5).length, count - 1);
    });

    test("the same while one migration builds an index CONCURRENTLY: none hangs", async () => {
      const here = await world({
        ...files(),
        "003_step.sql":
          "CREATE TABLE t003 (n int);\nINSERT INTO t003 VALUES (1);\nCREATE INDEX CONCURRENTLY t003_n ON t003 (n);\nCREATE INDEX CONCURRENTLY t001_n ON t001 (n);",
      });
      assert.deepEqual(appliedBy(await together(here, count)), VERSIONS);
      assert.equal(
        await here.value("SELECT bool_and(indisvalid) FROM pg_index WHERE indexrelid::regclass::text LIKE 't00_\\_n'"),
        true,
      );
    });

    test("the same with a history in a schema that does not exist yet", async () => {
      const here = await world(files(), { schema: "Own Schema", table: "The History" });
      assert.deepEqual(appliedBy(await together(here, count)), VERSIONS);
    });

    test("in a single transaction each: one applies all", async () => {
      const here = await world(files());
      const users = [here, ...Array.from({ length: count - 1 }, () => here.beside())];
      const reports = await within(30_000, Promise.all(users.map((user) => user.up({}, { singleTransaction: true }))));
      assert.deepEqual(appliedBy(reports), VERSIONS);
    });

    test("with the advisory lock taken away, the primary key alone keeps it exactly once", async () => {
      const here = await world({
        "000_unlock.sql": "SELECT pg_advisory_unlock_all();",
        ...Object.fromEntries(
          Object.entries(files()).map(([name, text]) => [name, `SELECT pg_advisory_unlock_all();\n${text}`]),
        ),
      });
      succeeded(await here.up({ count: 1 }));
      const reports = await together(here, count);
      assert.deepEqual(appliedBy(reports), VERSIONS);
      for (const version of VERSIONS) assert.equal(await here.value(`SELECT count(*)::int FROM t${version}`), 1);
      assert.deepEqual(
        await states(here),
        ["000", ...VERSIONS].map((version) => `${version} applied`),
      );
    });
  });
}

describe("while another run holds the lock", () => {
  test("it is waited for, and its holder is named", async () => {
    const here = await world({ "001_one.sql": "CREATE TABLE one ();\nSELECT pg_sleep(2);" });
    const other = here.beside();
    const first = here.up();
    await here.until(SLEEPING);
    const second = succeeded(await other.up());
    succeeded(await first);
    assert.deepEqual(second.steps, []);
    const waits = other.events.filter((event) => event.type === "lock-waiting");
    assert.equal(waits.length, 1);
    const holder = waits[0]?.holder;
    assert.match(
      holder ? holderWords(holder) : "",
      /^process \d+, pgstep, user postgres, from .*, connected since \d{4}-.* UTC$/,
    );
  });

  test("a limit for idle sessions does not end the one that waits", async () => {
    const files = { "001_one.sql": "SELECT pg_sleep(3);" };
    const here = await world(files, { before: databaseSetting("idle_session_timeout", "300ms") });
    const first = here.up();
    await here.until(SLEEPING);
    const second = here.beside();
    assert.deepEqual(succeeded(await second.up()).steps, []);
    assert.ok(second.events.some((event) => event.type === "lock-waiting"));
    succeeded(await first);
  });

  test("waiting ends after lockWaitMs, and the message names the holder", async () => {
    const here = await world({ "001_one.sql": "SELECT pg_sleep(30);" }, { lockWaitMs: 300 });
    const first = here.up();
    await here.until(SLEEPING);
    const failure = await within(20_000, refusal(here.beside().up(), "lock-held"));
    assert.match(`${failure.message} ${failure.hint}`, /process \d+/);
    here.abort.abort("interrupt");
    await first;
  });

  test("waiting ends at once when the user stops, and says so", async () => {
    const here = await world({ "001_one.sql": "SELECT pg_sleep(30);" });
    const first = here.up();
    await here.until(SLEEPING);
    const other = here.beside();
    other.onEvent = (event) => event.type === "lock-waiting" && other.abort.abort("interrupt");
    await within(20_000, refusal(other.up(), "interrupted"));
    here.abort.abort("interrupt");
    await first;
  });

  test("nothing pending needs no lock", async () => {
    const here = await world(
      { "001_one.sql": "CREATE TABLE one ();", "002_two.sql": "SELECT pg_sleep(2);" },
      { lockWaitMs: 0 },
    );
    succeeded(await here.up({ count: 1 }));
    const first = here.up();
    await here.until(SLEEPING);
    succeeded(await here.beside().up({ to: "001" }));
    assert.deepEqual(await states(here), ["001 applied", "002 pending"]);
    succeeded(await first);
  });

  test("another history table in the same database is another lock", async () => {
    const here = await world({ "001_one.sql": "SELECT pg_sleep(2);" }, { lockWaitMs: 0 });
    const first = here.up();
    await here.until(SLEEPING);
    succeeded(await here.beside({ table: "other" }).up());
    succeeded(await first);
  });
});

describe("a table locked by another session", () => {
  const FILES = {
    "001_one.sql": "CREATE TABLE one ();",
    "002_two.sql": "CREATE TABLE two ();\nALTER TABLE busy ADD COLUMN more int;",
    "003_three.sql": "CREATE TABLE three ();",
  };
  const before = "CREATE TABLE busy (id int)";

  for (const singleTransaction of [false, true]) {
    test(`for a while${singleTransaction ? ", in a single transaction" : ""}: the step is tried again and succeeds`, async () => {
      const here = await world(FILES, { before, lockTimeoutMs: 200 });
      await holding(here, "BEGIN; LOCK TABLE busy", async (release) => {
        const running = here.up({}, { singleTransaction });
        await until(() => here.events.some(({ type }) => type === "retrying"));
        await release();
        const report = succeeded(await within(15_000, running));
        assert.deepEqual(outcomes(report), ["001 applied", "002 applied", "003 applied"]);
      });
      const retries = here.events.filter((event) => event.type === "retrying");
      assert.deepEqual(
        retries.map((event) => [event.step.version, event.reason.code, event.attempt]),
        retries.map((_, index) => ["002", "55P03", index + 1]),
      );
    });
  }

  test("a limit for idle sessions does not end the run between two tries", async () => {
    const idle = databaseSetting("idle_session_timeout", "200ms");
    const here = await world(FILES, { before: `${before}; ${idle}`, lockTimeoutMs: 100 });
    await holding(here, "BEGIN; LOCK TABLE busy", async (release) => {
      here.onEvent = (event) => {
        if (event.type === "retrying" && event.attempt === 2) void release();
      };
      assert.deepEqual(outcomes(succeeded(await here.up())), ["001 applied", "002 applied", "003 applied"]);
    });
  });

  test("for longer than all tries together: the earlier are applied, nothing later ran, and the lock is free", async () => {
    const here = await world(FILES, { before, lockTimeoutMs: 100, retryMs: 900 });
    await holding(here, "BEGIN; LOCK TABLE busy", async () => {
      const report = await within(10_000, here.up());
      assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
      assert.equal(failureOf(report, "statement-failed").server?.code, "55P03");
      assert.equal(report.failure?.place?.line, 2);
    });
    assert.deepEqual(await here.tables(), ["busy", "one"]);
    succeeded(await here.beside({ lockWaitMs: 0 }).up());
  });

  test("and no part of a password that the others' query has where it is cut", async () => {
    const here = await world(FILES, { before, lockTimeoutMs: 100, retryMs: 900 });
    const long = `BEGIN; LOCK TABLE busy; SELECT '${"x".repeat(45)}' AS a, E'it\\'s', 'postgres://app:hunter2secret@host/db'`;
    assert.ok(long.indexOf("hunter2") < 120 && long.indexOf("@") > 120);
    await holding(here, long, async () => {
      const failure = failureOf(await here.up(), "statement-failed");
      const told = JSON.stringify([failure.hint, here.events]);
      assert.match(told, /LOCK TABLE busy; SELECT/);
      assert.doesNotMatch(told, /hunt/);
    });
  });

  test("stopping between two tries ends the run as interrupted", async () => {
    const here = await world(FILES, { before, lockTimeoutMs: 100 });
    here.onEvent = (event) => event.type === "retrying" && here.abort.abort("interrupt");
    await holding(here, "BEGIN; LOCK TABLE busy", async () => {
      failureOf(await within(5_000, here.up()), "interrupted");
    });
    assert.deepEqual(await here.history(), ["001"]);
  });

  test("a history table that another session keeps locked is not waited for without end", async () => {
    const here = await world(
      { "001_one.sql": "CREATE TABLE one ();" },
      {
        before:
          "CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT now(), description text)",
        lockTimeoutMs: 200,
        retryMs: 500,
      },
    );
    await holding(here, "BEGIN; SELECT * FROM schema_migrations", async () => {
      const failure = await within(4_000, refusal(here.up(), "statement-failed"));
      assert.match(
        failure.hint ?? "",
        /^public\.schema_migrations is locked by process (\d+), pgstep, user postgres, idle in transaction\. Run again .* Or end process \1 with/,
      );
    });
    succeeded(await here.up());
  });

  test("a deadlock is tried again", async () => {
    const here = await world(
      { "001_one.sql": "LOCK TABLE a;\nSELECT pg_sleep(0.3);\nLOCK TABLE b;\nCREATE TABLE one ();" },
      { before: "CREATE TABLE a (); CREATE TABLE b ();", lockTimeoutMs: 10_000 },
    );
    const session = await here.beside().database.open();
    // The other side waits longer before it looks for a deadlock, so that ours is the victim.
    await session.execute("BEGIN; SET LOCAL deadlock_timeout = '20s'; LOCK TABLE b");
    const running = here.up();
    await here.until(SLEEPING);
    const theirs = session.execute("LOCK TABLE a");
    await theirs;
    await session.execute("COMMIT");
    succeeded(await running);
    await session.close();
    assert.ok(here.events.some((event) => event.type === "retrying" && event.reason.code === "40P01"));
  });
});
