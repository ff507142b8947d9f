import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failureOf, outcomes, type ServerWorld, states, succeeded, world } from "../support.ts";

const THREE = { "001_one.sql": "CREATE TABLE one ();", "003_three.sql": "CREATE TABLE three ();" };

const DEFERRED_KEY =
  "CREATE TABLE two (id int PRIMARY KEY);\nCREATE TABLE child (parent int REFERENCES two DEFERRABLE INITIALLY DEFERRED);\n";

const RAISING_TRIGGER = `CREATE TABLE two (id int);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused at the end'; END $$;
CREATE CONSTRAINT TRIGGER refuses AFTER INSERT ON two DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO two VALUES (1);`;

for (const major of [18, 15] as const) {
  describe(`a failure at the commit of the second of three, on PostgreSQL ${major}`, () => {
    const cases = {
      "a deferred foreign key": { text: `${DEFERRED_KEY}INSERT INTO child VALUES (7);`, code: "23503" },
      "a deferred constraint trigger that raises": { text: RAISING_TRIGGER, code: "P0001" },
      "a deferred unique constraint": {
        text: "CREATE TABLE two (id int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO two VALUES (1), (1);",
        code: "23505",
      },
      "a constraint the file made deferred": {
        text: "CREATE TABLE two (id int UNIQUE DEFERRABLE); SET CONSTRAINTS ALL DEFERRED; INSERT INTO two VALUES (1), (1);",
        code: "23505",
      },
    };
    for (const [what, { text, code }] of Object.entries(cases)) {
      test(`${what}: the first is applied, the third did not run`, async () => {
        const here = await world({ ...THREE, "002_two.sql": text }, { major });
        const report = await here.up();
        assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
        assert.equal(failureOf(report, "statement-failed").server?.code, code);
        assert.deepEqual(await here.tables(), ["one"]);
        assert.deepEqual(await here.history(), ["001"]);
      });

      test(`${what}, in a single transaction: nothing is applied`, async () => {
        const here = await world({ ...THREE, "002_two.sql": text }, { major });
        const report = await here.up({}, { singleTransaction: true });
        assert.deepEqual(outcomes(report), ["001 rolled-back", "002 failed", "003 not-run"]);
        assert.equal(failureOf(report, "statement-failed").server?.code, code);
        assert.deepEqual(await here.tables(), []);
      });
    }

    test("a serialization conflict found at the commit, no time for a retry: the third did not run", async () => {
      const here = await conflicting(major, { retryMs: 0 });
      const report = await here.up({}, {});
      assert.deepEqual(outcomes(report), ["001 applied", "002 failed", "003 not-run"]);
      assert.equal(failureOf(report, "statement-failed").server?.code, "40001");
      assert.deepEqual(await here.history(), ["001"]);
      assert.deepEqual(await here.tables(), ["counters", "one"]);
    });

    test("a serialization conflict found at the commit: the migration is tried again, and all are applied", async () => {
      const here = await conflicting(major, {});
      const report = succeeded(await here.up());
      assert.deepEqual(outcomes(report), ["001 applied", "002 applied", "003 applied"]);
      assert.ok(here.events.some((event) => event.type === "retrying" && event.reason.code === "40001"));
      assert.deepEqual(await here.history(), ["001", "002", "003"]);
    });
  });
}

for (const retryMs of [0, 60_000]) {
  test(`a conflict that only COMMIT itself finds, ${retryMs > 0 ? "tried again" : "not tried again"}: no later migration runs without it`, async () => {
    const role = `commit_tester_${process.pid}_${retryMs}`;
    // The last look at the history is slowed down, so that the other transaction can commit between it and COMMIT.
    const before = `CREATE TABLE counters (name text, n int); CREATE ROLE ${role} LOGIN; GRANT ALL ON SCHEMA public TO ${role}; GRANT ALL ON counters TO ${role};
      CREATE FUNCTION slowly() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        IF current_setting('transaction_isolation') = 'serializable' THEN PERFORM pg_sleep(0.5); END IF; RETURN true; END $$`;
    const here = await world(
      {
        ...THREE,
        "002_two.sql": `BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT sum(n) FROM counters;
INSERT INTO counters VALUES ('ours', 1);
COMMIT;`,
      },
      { before, retryMs },
    );
    const user = here.beside({}, { url: here.url.replace("postgres@", `${role}@`) });
    succeeded(await user.up({ count: 1 }));
    await here.rows(
      "ALTER TABLE schema_migrations FORCE ROW LEVEL SECURITY; ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY; CREATE POLICY slow ON schema_migrations USING (slowly()) WITH CHECK (true)",
    );
    const running = user.up();
    await here.until(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep' AND query LIKE 'SET CONSTRAINTS ALL IMMEDIATE%'",
    );
    await here.rows(
      "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(n) FROM counters; INSERT INTO counters VALUES ('theirs', 1); COMMIT",
    );
    const report = await running;
    if (retryMs > 0) assert.deepEqual(outcomes(succeeded(report)), ["002 applied", "003 applied"]);
    else {
      assert.deepEqual(outcomes(report), ["002 failed", "003 not-run"]);
      assert.equal(failureOf(report, "statement-failed").server?.code, "40001");
      assert.deepEqual(await here.history(), ["001"]);
      assert.deepEqual(await here.tables(), ["counters", "one"]);
    }
  });
}

/** A serializable migration that reads what a transaction beside it writes, and writes what that one reads. */
async function conflicting(major: 15 | 18, settings: { retryMs?: number }): Promise<ServerWorld> {
  const here = await world(
    {
      ...THREE,
      "002_two.sql": `BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT sum(n) FROM counters;
INSERT INTO counters VALUES ('ours', 1);
SELECT pg_sleep(0.6);
COMMIT;`,
    },
    { major, before: "CREATE TABLE counters (name text, n int)", ...settings },
  );
  let conflicted = false;
  here.onEvent = (event) => {
    if (event.type !== "step-started" || event.step.version !== "002" || conflicted) return;
    conflicted = true;
    void here
      .until("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")
      .then(() =>
        here.rows(
          "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(n) FROM counters; INSERT INTO counters VALUES ('theirs', 1); COMMIT",
        ),
      );
  };
  return here;
}

describe("a BEGIN that never runs", () => {
  test("cancelled at any moment by another session: what ran, ran in its own transaction, whole and in order", async () => {
    const files: Record<string, string> = {};
    for (let number = 1; number <= 40; number++) {
      const version = String(number).padStart(3, "0");
      files[`${version}_step.sql`] = `CREATE TABLE t${version}_a ();\nCREATE TABLE t${version}_b ();`;
    }
    const here = await world(files, { before: "SET lock_timeout = 0" });
    let stop = false;
    const cancelling = (async () => {
      while (!stop) {
        await here.rows(
          "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'",
        );
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    })();
    const attempts: string[] = [];
    for (let attempt = 0; attempt < 25; attempt++) {
      const before = await here.history();
      const report = await here.up().catch((error: unknown) => error);
      if (report instanceof Error) {
        attempts.push(report.message);
        assert.deepEqual(await here.history(), before, report.message);
        continue;
      }
      const run = report as Awaited<ReturnType<typeof here.up>>;
      const applied = run.steps.filter((step) => step.outcome === "applied").map((step) => step.version);
      const history = await here.history();
      assert.deepEqual(history, [...before, ...applied]);
      assert.deepEqual(
        await here.tables(),
        history.flatMap((version) => [`t${version}_a`, `t${version}_b`]),
      );
      if (run.failure) {
        attempts.push(run.failure.message);
        assert.equal(run.failure.server?.code, "57014", run.failure.message);
      } else break;
    }
    stop = true;
    await cancelling;
    succeeded(await here.up());
    assert.equal((await here.history()).length, 40);
    assert.ok(attempts.length > 0, "no cancel ever hit");
  });

  test("a write outside a transaction of the step's own is refused by the session itself", async () => {
    const here = await world({ "001_one.sql": "CREATE TABLE one ();" });
    here.write({
      "002_two.sql":
        "CREATE TABLE seen AS SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only';",
      "003_three.sql": "CREATE TABLE now_is AS SELECT current_setting('default_transaction_read_only') AS setting;",
      "004_four.sql": "SET default_transaction_read_only = off; CREATE TABLE four ();",
      "005_five.sql": "CREATE TABLE again AS SELECT current_setting('default_transaction_read_only') AS setting;",
    });
    succeeded(await here.up());
    const setting = await here.value("SELECT setting FROM now_is");
    assert.equal(setting, "on");
    assert.equal(await here.value("SELECT setting FROM again"), "on");
    assert.deepEqual(
      await states(here),
      ["001", "002", "003", "004", "005"].map((version) => `${version} applied`),
    );
  });
});

test("in a single transaction a deferred constraint stays deferred in every migration", async () => {
  const here = await world({
    "001_one.sql": DEFERRED_KEY,
    "002_two.sql": "INSERT INTO child VALUES (7);\nINSERT INTO two VALUES (7);",
  });
  succeeded(await here.up({}, { singleTransaction: true }));
  assert.deepEqual(await here.history(), ["001", "002"]);
});

test("in a single transaction every migration gets the isolation it asks for, or the run is refused", async () => {
  const here = await world({
    "001_one.sql": "CREATE TABLE seen (level text);",
    "002_two.sql":
      "BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO seen VALUES (current_setting('transaction_isolation')); COMMIT;",
  });
  const report = await here.up({}, { singleTransaction: true }).catch(() => undefined);
  const level = report?.failure || !report ? "serializable" : await here.value("SELECT level FROM seen");
  assert.equal(level, "serializable");
});
