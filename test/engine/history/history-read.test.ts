import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { StatusReport } from "../../../src/core/reports/report.ts";
import { readStatus } from "../../../src/engine/verbs/status.ts";
import { startProxy } from "../../support/network-proxy.ts";
import {
  databaseSetting,
  embeddedWorld,
  holding,
  outcomes,
  refusal,
  states,
  succeeded,
  type World,
  world,
} from "../support.ts";

const FILES = {
  "001_one.sql": "CREATE TABLE one ();",
  "002_two.sql": "CREATE TABLE two ();",
  "002_two.down.sql": "DROP TABLE two;",
};

const HISTORY_BY_HAND =
  "CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, description text)";

const subjects: Record<string, (files: Record<string, string>) => Promise<World>> = {
  "PostgreSQL 18": (files) => world(files),
  "PostgreSQL 15": (files) => world(files, { major: 15 }),
  PGlite: (files) => embeddedWorld(files),
};

/** A session that has asked for the history and waits for its lock. */
const WAITING =
  "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%schema_migrations%'";

for (const major of [18, 15] as const) {
  describe(`a history that cannot be read at once, PostgreSQL ${major}`, () => {
    test("is waited for as long as it takes, whatever statement_timeout the role has", async () => {
      const here = await world(FILES, { major });
      succeeded(await here.up());
      await here.rows(databaseSetting("statement_timeout", "100ms"));
      await holding(here, "BEGIN; SET statement_timeout = 0; LOCK TABLE schema_migrations", async (release) => {
        const status = states(here);
        await here.until(`${WAITING} AND query_start < clock_timestamp() - interval '1 s'`);
        await release();
        assert.deepEqual(await status, ["001 applied", "002 applied"]);
      });
    });

    test("because of the role's lock_timeout: what is in the way is said, and not a missing privilege", async () => {
      const here = await world(FILES, { major });
      succeeded(await here.up());
      await here.rows(databaseSetting("lock_timeout", "100ms"));
      await holding(here, "BEGIN; LOCK TABLE schema_migrations", async () => {
        const failure = await refusal(here.status(), "statement-failed");
        assert.match(failure.message, /^Cannot read public\.schema_migrations: .* \(55P03\)$/);
        assert.match(failure.hint ?? "", /another session/i);
        assert.equal(failure.server?.code, "55P03");
      });
    });

    test("because somebody cancelled it: that is said", async () => {
      const here = await world(FILES, { major });
      succeeded(await here.up());
      await holding(here, "BEGIN; LOCK TABLE schema_migrations", async () => {
        const failing = refusal(here.status(), "statement-failed");
        await here.until(WAITING);
        await here.rows(
          "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        const failure = await failing;
        assert.match(failure.message, /\(57014\)$/);
        assert.doesNotMatch(failure.hint ?? "", /GRANT/);
      });
    });

    test("because the server reports damage: its own words are said", async () => {
      const here = await world(FILES, { major });
      succeeded(await here.up());
      // A policy whose function fails stands for damaged pages: the error comes while the rows are read.
      await here.rows(`ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY;
 ALTER TABLE schema_migrations FORCE ROW LEVEL SECURITY;
 CREATE FUNCTION broken() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'page 7 is damaged' USING ERRCODE = 'XX001'; END $$;
 CREATE POLICY broken ON schema_migrations USING (broken())`);
      const role = `history_reader_${process.pid}_${major}`;
      await here.rows(`CREATE ROLE ${role} LOGIN; GRANT SELECT ON schema_migrations TO ${role}`);
      const other = here.beside({}, { url: here.url.replace("postgres@", `${role}@`) });
      const failure = await refusal(other.status(), "statement-failed");
      assert.equal(failure.message, "Cannot read public.schema_migrations: page 7 is damaged (XX001)");
      assert.match(failure.hint ?? "", /log/);
      await here.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    });

    test("because its schema may not be used: the GRANT for that is said as well", async () => {
      const role = `history_stranger_${process.pid}_${major}`;
      const here = await world(FILES, { major, schema: "own" });
      succeeded(await here.up());
      await here.rows(`CREATE ROLE ${role} LOGIN`);
      const other = here.beside({}, { url: here.url.replace("postgres@", `${role}@`) });
      const failure = await refusal(other.status(), "privilege-missing");
      assert.match(failure.hint ?? "", new RegExp(`GRANT USAGE ON SCHEMA own TO ${role}; GRANT SELECT`));
      await here.rows(`DROP ROLE ${role}`);
    });
  });
}

for (const [name, make] of Object.entries(subjects)) {
  describe(`the tables of pgstep's own, ${name}`, () => {
    test("rows of a table that inherits from the history are none of the history's", async () => {
      const here = await make(FILES);
      succeeded(await here.up({ count: 1 }));
      await here.rows("CREATE TABLE archive () INHERITS (schema_migrations)");
      await here.rows("INSERT INTO archive (version, applied_at) VALUES ('002', CURRENT_TIMESTAMP)");
      assert.deepEqual(await states(here), ["001 applied", "002 pending"]);
      assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied"]);
      assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["002 undone"]);
      assert.deepEqual(await here.rows("SELECT version FROM ONLY schema_migrations"), [{ version: "001" }]);
      assert.deepEqual(await here.rows("SELECT version FROM archive"), [{ version: "002" }]);
    });

    test("rows that inherit are left alone by a file that runs statement by statement", async () => {
      const here = await make({
        "001_one.sql": FILES["001_one.sql"],
        "002_two.sql": "-- Transaction: none\nCREATE TABLE two ();",
        "002_two.down.sql": "-- Transaction: none\nDROP TABLE two;",
      });
      succeeded(await here.up({ count: 1 }));
      await here.rows("CREATE TABLE archive () INHERITS (schema_migrations)");
      await here.rows("INSERT INTO archive (version, applied_at) VALUES ('002', CURRENT_TIMESTAMP)");
      assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied"]);
      assert.deepEqual(outcomes(succeeded(await here.down({ count: 1 }))), ["002 undone"]);
      assert.deepEqual(await here.rows("SELECT version, duration_ms FROM archive"), [
        { version: "002", duration_ms: null },
      ]);
    });

    for (const beside of ["steps", "lease", "seeds", "repeatable"]) {
      test(`somebody else's table in the place of _${beside} is refused with the way out`, async () => {
        const here = await make(FILES);
        await here.rows(`CREATE TABLE schema_migrations_${beside} (id integer, what text)`);
        for (const act of [() => here.up(), () => here.status()]) {
          const failure = await refusal(act(), "history-foreign");
          assert.equal(
            failure.message,
            `Cannot use public.schema_migrations_${beside}: pgstep needs a table of this name, and this one is not pgstep's (its columns are id, what)`,
          );
          assert.match(failure.hint ?? "", /--table/);
        }
        await here.rows(`DROP TABLE schema_migrations_${beside}; CREATE VIEW schema_migrations_${beside} AS SELECT 1`);
        assert.match((await refusal(here.up(), "history-foreign")).message, /not an ordinary table/);
        await here.rows(`DROP VIEW schema_migrations_${beside}`);
        assert.deepEqual(outcomes(succeeded(await here.up())), ["001 applied", "002 applied"]);
      });
    }

    test("a history made by hand is read as it is", async () => {
      const here = await make(FILES);
      await here.rows(HISTORY_BY_HAND);
      await here.rows("INSERT INTO schema_migrations VALUES ('001', '2020-01-02 03:04:05', 'by hand')");
      const { entries } = await here.status();
      assert.deepEqual(
        entries.map(({ version, state, applied }) => [version, state, applied?.appliedAt, applied?.description]),
        [
          ["001", "applied", "2020-01-02T03:04:05", "by hand"],
          ["002", "pending", undefined, undefined],
        ],
      );
    });
  });
}

test("nothing pending takes one round trip and few bytes, with leading zeros and without", async () => {
  const count = 300;
  const numbered = (spell: (number: number) => string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${spell(index + 1)}_step.sql`, "SELECT 1;"]));
  for (const spell of [(number: number) => String(number), (number: number) => String(number).padStart(4, "0")]) {
    const here = await world(numbered(spell));
    succeeded(await here.up());
    const proxy = await startProxy({ port: here.server.port });
    try {
      const url = here.url.replace(/:\d+\//, `:${proxy.port}/`);
      assert.deepEqual(outcomes(succeeded(await here.beside({}, { url }).up())), []);
      const { sent, received, turns } = proxy.traffic;
      assert.ok(sent + received < 4_000, `${sent} bytes went, ${received} came`);
      assert.equal(turns, 1);
    } finally {
      await proxy.close();
    }
  }
});

test("a brief status of a thousand migrations transfers little, and says what the whole one says", async () => {
  const versions = Array.from({ length: 1_000 }, (_, index) => String(index + 1).padStart(4, "0"));
  const here = await world(Object.fromEntries(versions.map((version) => [`${version}_step.sql`, "SELECT 1;"])));
  succeeded(await here.up({ count: 995 }));
  const proxy = await startProxy({ port: here.server.port });
  const bytesOfBrief = async () => {
    const { sent, received } = proxy.traffic;
    const other = here.beside({}, { url: here.url.replace(/:\d+\//, `:${proxy.port}/`) });
    const brief = await readStatus(other.context, false);
    assert.deepEqual(stated(brief), stated(await here.status()));
    return proxy.traffic.sent - sent + proxy.traffic.received - received;
  };
  try {
    const plain = await bytesOfBrief();
    assert.ok(plain < 10_000, `${plain} bytes with five pending at the end`);
    // Every kind of difference, far apart. The rows without a file show the description of the history.
    await here.rows("UPDATE schema_migrations SET checksum = 'another' WHERE version = '0007'");
    await here.rows("DELETE FROM schema_migrations WHERE version = '0500'");
    await here.rows(
      "INSERT INTO schema_migrations (version, description) VALUES ('0000', 'first'), ('0500a', 'strange'), ('2000', 'last')",
    );
    const mixed = await bytesOfBrief();
    assert.ok(mixed < 30_000, `${mixed} bytes with differences in three places`);
  } finally {
    await proxy.close();
  }
});

/** What a brief status shows of each migration. */
function stated({ entries, applied, pending }: StatusReport) {
  return { applied, pending, entries: entries.map(({ version, description, state }) => [version, description, state]) };
}
