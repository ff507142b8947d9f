import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resolve } from "../../../src/engine/verbs/resolve.ts";
import { findPgbouncer, startPgbouncer } from "../../support/pgbouncer.ts";
import {
  type Files,
  failureOf,
  holding,
  outcomes,
  type ServerWorld,
  succeeded,
  terminate,
  type WorldOptions,
  world,
} from "../support.ts";

const TABLE = "CREATE TABLE t (id int, name text, day date);";
/** Keeps a CREATE INDEX CONCURRENTLY from leaving anything behind. */
const BEFORE_ITS_START = "BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE";
/** Keeps it from getting further than an INVALID index. */
const IN_THE_MIDDLE = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1";

/** "name definition" of each index of a table, with "INVALID" before those that are. */
async function indexes(of: ServerWorld, table = "t"): Promise<string[]> {
  const rows = await of.rows(
    `SELECT CASE WHEN indisvalid THEN '' ELSE 'INVALID ' END || relname || substring(pg_get_indexdef(indexrelid) FROM ' USING .*') AS text
 FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indrelid = '${table}'::regclass ORDER BY relname`,
  );
  return rows.map((row) => String(row.text));
}

/** A world in which the last file was cut off in its statement on an index. */
async function cutOff(files: Files, hold: string, options: WorldOptions = {}, running = "%INDEX%CONCURRENTLY%") {
  const here = await world(files, { lockTimeoutMs: 0, ...options });
  succeeded(await here.up({ count: Object.keys(files).length - 1 }));
  await holding(here, hold, async () => {
    const up = here.up();
    await here.until(
      `SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '${running}' AND pid <> pg_backend_pid() AND wait_event_type = 'Lock' AND datname = current_database()`,
    );
    await terminate(here, running);
    failureOf(await up, "connection-lost");
  });
  return here;
}

const UNNAMED = { "001_table.sql": TABLE, "002_index.sql": "CREATE INDEX CONCURRENTLY ON t (id);" };
const NAMED = { "001_table.sql": TABLE, "002_index.sql": "CREATE INDEX CONCURRENTLY wanted ON t (id);" };
const OURS = "t_id_idx USING btree (id)";

describe("an index without a name, of which it is not known whether it was built", () => {
  for (const major of [15, 18] as const) {
    test(`is built, whatever somebody else has built meanwhile, on PostgreSQL ${major}`, async () => {
      const here = await cutOff(UNNAMED, BEFORE_ITS_START, { major });
      await here.rows("CREATE INDEX theirs ON t (name)");
      succeeded(await here.up());
      assert.deepEqual(await indexes(here), [OURS, "theirs USING btree (name)"]);
    });

    for (const [what, sql] of Object.entries({
      "an expression": "CREATE INDEX CONCURRENTLY ON t (lower(name), (id + 1)) WHERE day > '2024-02-01';",
      "operator classes, collations and order":
        'CREATE INDEX CONCURRENTLY ON ONLY "t" USING btree (name COLLATE "C" text_pattern_ops DESC NULLS LAST) INCLUDE (id);',
      "parameters and nulls": `CREATE UNIQUE INDEX CONCURRENTLY /* ; */ ON public . T (id, day)
 NULLS NOT DISTINCT -- its own
 WITH (fillfactor = 70) TABLESPACE pg_default`,
      "another method": "CREATE INDEX CONCURRENTLY ON t USING hash (name);",
    })) {
      test(`is found half-built, dropped and built again: ${what}, on PostgreSQL ${major}`, async () => {
        const here = await cutOff({ ...UNNAMED, "002_index.sql": sql }, IN_THE_MIDDLE, { major });
        const [half] = await indexes(here);
        assert.match(half ?? "", /^INVALID /);
        const oid = await here.value("SELECT indexrelid FROM pg_index WHERE indrelid = 't'::regclass");
        succeeded(await here.up());
        const built = await indexes(here);
        assert.equal(await here.value(`SELECT count(*)::int FROM pg_class WHERE oid = ${oid}`), 0);
        await here.rows("CREATE SCHEMA other; CREATE TABLE other.t (LIKE t)");
        await here.rows(sql.replace(/public . T|"t"|\bt\b/, "other.t"));
        assert.deepEqual(built, await indexes(here, "other.t"));
      });
    }
  }

  test("is found by functions, a table and a type of the file's search path", async () => {
    const here = await cutOff(
      {
        "001_table.sql": `CREATE SCHEMA app; CREATE TABLE app.t (id int, name text); CREATE TABLE t (name int);
CREATE DOMAIN app.word AS text;
CREATE FUNCTION app.folded(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';`,
        "002_index.sql": "SET search_path = app, public;\nCREATE INDEX CONCURRENTLY ON t (folded(name), (name::word));",
      },
      IN_THE_MIDDLE,
    );
    succeeded(await here.up());
    assert.deepEqual(await indexes(here, "app.t"), [
      "t_folded_name_idx USING btree (app.folded(name), ((name)::app.word))",
    ]);
    assert.deepEqual(await indexes(here, "public.t"), []);
  });

  test("is not built twice when it was built and that was not recorded", async () => {
    const here = await cutOff(UNNAMED, BEFORE_ITS_START);
    await here.rows("CREATE INDEX ON t (id)");
    succeeded(await here.up());
    assert.deepEqual(await indexes(here), [OURS]);
  });

  test("is not an old one that somebody reindexed", async () => {
    const here = await cutOff(
      { ...UNNAMED, "001_table.sql": `${TABLE} CREATE INDEX old ON t (id);` },
      BEFORE_ITS_START,
    );
    await here.rows("REINDEX INDEX CONCURRENTLY old");
    succeeded(await here.up());
    assert.deepEqual(await indexes(here), ["old USING btree (id)", OURS]);
  });

  test("is not somebody else's INVALID one, which stays", async () => {
    const here = await cutOff(UNNAMED, BEFORE_ITS_START);
    await here.rows("INSERT INTO t VALUES (1, 'a'), (2, 'a')");
    await here.rows("CREATE UNIQUE INDEX CONCURRENTLY theirs ON t (name)").catch(() => {});
    succeeded(await here.up());
    assert.deepEqual(await indexes(here), [OURS, "INVALID theirs USING btree (name)"]);
  });

  test("is asked for when another index has its name now", async () => {
    const here = await cutOff(UNNAMED, BEFORE_ITS_START);
    await here.rows("CREATE INDEX t_id_idx ON t (name)");
    const failure = failureOf(await here.up(), "in-doubt");
    assert.match(failure.hint ?? "", /pgstep resolve 002 --done/);
    await resolve(here.context, "002", "not-done");
    succeeded(await here.up());
    assert.deepEqual(await indexes(here), ["t_id_idx USING btree (name)", "t_id_idx1 USING btree (id)"]);
  });

  test("may be built another way when the file was edited: the half-built one goes", async () => {
    const here = await cutOff(UNNAMED, IN_THE_MIDDLE);
    here.write({ "002_index.sql": "CREATE INDEX CONCURRENTLY ON t (id, name);" });
    succeeded(await here.up());
    assert.deepEqual(await indexes(here), ["t_id_name_idx USING btree (id, name)"]);
  });
});

describe("the name of an index without one", () => {
  for (const major of [15, 18] as const) {
    test(`is the one that PostgreSQL ${major} gives`, async () => {
      const long = "ä".repeat(31);
      const tables = `CREATE TABLE t (id int, name text); CREATE TABLE "${long}" ("${long}" int);`;
      const taken = "CREATE TABLE t_id_idx (); CREATE VIEW t_id_idx1 AS SELECT 1;";
      const statements = [
        "CREATE INDEX CONCURRENTLY ON t (id);",
        "CREATE INDEX CONCURRENTLY ON t (id);",
        "CREATE INDEX CONCURRENTLY ON t (lower(name), lower(name), id) INCLUDE (name);",
        `CREATE INDEX CONCURRENTLY ON "${long}" ("${long}");`,
        `CREATE INDEX CONCURRENTLY ON "${long}" ("${long}");`,
      ];
      const names =
        "SELECT string_agg(relname, ' ' ORDER BY pg_class.oid) FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relnamespace = 'public'::regnamespace AND NOT indisprimary";
      const here = await world(
        { "001_tables.sql": tables + taken, "002_indexes.sql": statements.join("\n") },
        { major },
      );
      succeeded(await here.up());
      const control = await world({}, { major });
      await control.rows(tables + taken);
      for (const statement of statements) await control.rows(statement);
      assert.equal(await here.value(names), await control.value(names));
    });
  }

  test("makes a copy of the statement that arrives late fail", async () => {
    const here = await world(UNNAMED, { lockTimeoutMs: 0 });
    succeeded(await here.up({ count: 1 }));
    let sent = "";
    await holding(here, IN_THE_MIDDLE, async (release) => {
      const up = here.up();
      const running = "FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND state = 'active'";
      await here.until(`SELECT count(*) > 0 ${running}`);
      sent = String(await here.value(`SELECT query ${running}`));
      await release();
      succeeded(await up);
    });
    await assert.rejects(here.rows(sent), { code: "42P07" });
    assert.deepEqual(await indexes(here), [OURS]);
  });

  const program = findPgbouncer();
  test("makes it fail behind a pooler too", { skip: program ? false : "pgbouncer is not installed" }, async () => {
    assert.ok(program);
    const here = await world(UNNAMED, { lockTimeoutMs: 0 });
    const bouncer = await startPgbouncer(program, here.server, 4);
    const behind = here.beside({}, { url: bouncer.url(here.databaseName) });
    try {
      succeeded(await behind.up({ count: 1 }));
      let sent = "";
      await holding(here, IN_THE_MIDDLE, async () => {
        const up = behind.up();
        await here.until("SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid");
        sent = String(await here.value("SELECT query FROM pg_stat_activity WHERE query LIKE '/* pgstep%INDEX%'"));
        await terminate(here, "/* pgstep%INDEX%");
        assert.ok((await up).failure);
      });
      succeeded(await behind.up());
      await assert.rejects(behind.rows(sent), { code: "42P07" });
      assert.deepEqual(await indexes(here), [OURS]);
    } finally {
      await bouncer.stop();
    }
  });

  test("leaves errors at their place in the file", async () => {
    const here = await world({
      "001_table.sql": TABLE,
      "002_index.sql": "CREATE INDEX CONCURRENTLY ON t (no_such(id));\n",
    });
    assert.equal(failureOf(await here.up(), "statement-failed").place?.column, 33);
  });

  test("is left to the server where a role may make no temporary tables; in doubt it is asked for", async () => {
    const here = await world(UNNAMED, { lockTimeoutMs: 0 });
    await here.rows(
      `CREATE ROLE ${here.databaseName}_plain LOGIN; GRANT ALL ON SCHEMA public TO ${here.databaseName}_plain`,
    );
    await here.rows(
      "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$",
    );
    const plain = here.beside({}, { url: here.url.replace("postgres@", `${here.databaseName}_plain@`) });
    succeeded(await plain.up());
    assert.deepEqual(await indexes(here), [OURS]);
    here.write({ "003_index.sql": "CREATE INDEX CONCURRENTLY ON t (name);" });
    await holding(here, IN_THE_MIDDLE, async () => {
      const up = plain.up();
      await here.until("SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid");
      await terminate(here, "CREATE INDEX%");
      failureOf(await up, "connection-lost");
    });
    failureOf(await plain.up(), "in-doubt");
    assert.deepEqual(await indexes(here), [OURS, "INVALID t_name_idx USING btree (name)"]);
    await resolve(plain.context, "003", "done");
    succeeded(await plain.up());
  });
});

test("the trial on a copy of the table waits for nobody who works with the table", async () => {
  const here = await world(
    { ...UNNAMED, "002_index.sql": "CREATE INDEX CONCURRENTLY ON t (id);" },
    { lockTimeoutMs: 0 },
  );
  succeeded(await here.up({ count: 1 }));
  // EXCLUSIVE conflicts with every lock but ACCESS SHARE.
  await holding(here, "BEGIN; LOCK TABLE t IN EXCLUSIVE MODE", async (release) => {
    const up = here.up();
    await here.until(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY \"t_id_idx\"%' AND wait_event_type = 'Lock'",
    );
    await release();
    succeeded(await up);
  });
});

describe("an index with a name, of which it is not known whether it was built", () => {
  test("is not one that is built another way", async () => {
    const here = await cutOff(NAMED, BEFORE_ITS_START);
    await here.rows("CREATE INDEX wanted ON t (name)");
    failureOf(await here.up(), "in-doubt");
    assert.deepEqual(await indexes(here), ["wanted USING btree (name)"]);
    await here.rows("DROP INDEX wanted");
    succeeded(await here.up());
    assert.deepEqual(await indexes(here), ["wanted USING btree (id)"]);
  });

  test("is not one of another table", async () => {
    const here = await cutOff(NAMED, BEFORE_ITS_START);
    await here.rows("CREATE TABLE u (id int); CREATE INDEX wanted ON u (id)");
    assert.equal(failureOf(await here.up(), "statement-failed").server?.code, "42P07");
    await here.rows("DROP TABLE u");
    succeeded(await here.up());
    assert.deepEqual(await indexes(here), ["wanted USING btree (id)"]);
  });

  test("is one that is built the same way", async () => {
    const here = await cutOff(NAMED, BEFORE_ITS_START);
    await here.rows("CREATE INDEX wanted ON t (id)");
    succeeded(await here.up());
  });

  test("is not one that was there before: the server's refusal stays one", async () => {
    const here = await world(NAMED);
    succeeded(await here.up({ count: 1 }));
    await here.rows("CREATE INDEX wanted ON t (id)");
    for (const _ of [1, 2]) assert.equal(failureOf(await here.up(), "statement-failed").server?.code, "42P07");
    here.write({ "002_index.sql": NAMED["002_index.sql"].replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS") });
    succeeded(await here.up());
  });
});

describe("an index of which it is not known whether it was dropped", () => {
  const DROP = {
    "001_table.sql": `${TABLE} CREATE INDEX unwanted ON t (id);`,
    "002_drop.sql": "DROP INDEX CONCURRENTLY unwanted;",
  };

  test("is dropped again when it is still there", async () => {
    for (const hold of [BEFORE_ITS_START, "BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE"]) {
      const here = await cutOff(DROP, hold);
      succeeded(await here.up());
      assert.deepEqual(await indexes(here), []);
    }
  });

  test("is not a new one of the same name, which stays", async () => {
    const here = await cutOff(DROP, BEFORE_ITS_START);
    await here.rows("DROP INDEX unwanted; CREATE INDEX unwanted ON t (name)");
    failureOf(await here.up(), "in-doubt");
    assert.deepEqual(await indexes(here), ["unwanted USING btree (name)"]);
    await resolve(here.context, "002", "done");
    assert.deepEqual(outcomes(succeeded(await here.up())), ["002 applied"]);
    assert.deepEqual(await indexes(here), ["unwanted USING btree (name)"]);
  });

  test("does not count as dropped when it was never there", async () => {
    const here = await world({ ...DROP, "002_drop.sql": "DROP INDEX CONCURRENTLY misspelt;" });
    for (const _ of [1, 2]) assert.equal(failureOf(await here.up(), "statement-failed").server?.code, "42704");
  });
});

test("INVALID indexes that somebody else's REINDEX has left stay", async () => {
  const here = await cutOff(
    {
      "001_table.sql": `${TABLE} CREATE TABLE u (id int); CREATE INDEX t_id ON t (id); CREATE INDEX u_id ON u (id);`,
      "002_reindex.sql": "REINDEX TABLE CONCURRENTLY t;",
    },
    IN_THE_MIDDLE,
    {},
    "REINDEX%",
  );
  await holding(here, IN_THE_MIDDLE, async () => {
    const theirs = here.server.query(here.databaseName, "REINDEX TABLE CONCURRENTLY u").catch(() => {});
    await here.until("SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid AND indrelid = 'u'::regclass");
    await terminate(here, "REINDEX TABLE CONCURRENTLY u%");
    await theirs;
  });
  succeeded(await here.up());
  assert.deepEqual(await indexes(here), ["t_id USING btree (id)"]);
  assert.deepEqual(await indexes(here, "u"), ["u_id USING btree (id)", "INVALID u_id_ccnew USING btree (id)"]);
});
