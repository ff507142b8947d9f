import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { PgliteDatabase } from "../../../src/adapters/embedded/pglite-database.ts";
import type { PostgresSession } from "../../../src/adapters/session/postgres-session.ts";
import type { ExtraExtensions } from "../../../src/core/stand-ins/stand-in.ts";
import { temporaryPlace } from "../../support/place.ts";

/** Uses of each stand-in of pgstep, as migrations have them. */
const USES: Readonly<Record<string, readonly string[]>> = {
  dblink: [
    "SELECT dblink_connect('remote', 'host=elsewhere')",
    "SELECT a FROM dblink('remote', 'SELECT 1') AS t(a int)",
    "SELECT dblink_exec('remote', 'VACUUM')",
    "SELECT dblink_disconnect('remote')",
    "CREATE SERVER fd FOREIGN DATA WRAPPER dblink_fdw OPTIONS (host 'elsewhere')",
  ],
  pg_cron: [
    "GRANT USAGE ON SCHEMA cron TO CURRENT_USER",
    "SELECT cron.schedule('nightly', '0 3 * * *', 'VACUUM')",
    "SELECT cron.schedule('nightly', '30 seconds', 'VACUUM')",
    "SELECT cron.schedule('0 3 * * *', $$DELETE FROM cron.job_run_details$$)",
    "SELECT cron.schedule_in_database('other', '@hourly', 'VACUUM', 'reports')",
    "SELECT cron.alter_job(job_id := (SELECT jobid FROM cron.job WHERE jobname = 'nightly'), active := false)",
    "SELECT cron.unschedule('nightly')",
    "SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname IS NULL",
    "UPDATE cron.job SET nodename = ''",
  ],
  pg_graphql: [`SELECT graphql.resolve('{ a }')`],
  pg_hint_plan: ["TRUNCATE hint_plan.hints"],
  pg_net: [
    "SELECT net.http_get('https://example.org', headers := '{}'::jsonb)",
    `SELECT net.http_post(url := 'https://example.org', body := '{"a":1}'::jsonb, timeout_milliseconds := 10)`,
    "SELECT net.http_delete('https://example.org')",
    "SELECT status_code FROM net._http_response WHERE id = 1",
  ],
  pg_partman: [
    "CREATE TABLE public.new_way (at timestamptz NOT NULL, id int) PARTITION BY RANGE (at)",
    "SELECT create_parent('public.new_way', 'at', '1 day', p_premake := 7)",
    "CREATE TABLE public.old_way (at timestamptz NOT NULL, id int) PARTITION BY RANGE (at)",
    "SELECT create_parent('public.old_way', 'at', 'native', 'daily')",
    "CREATE TABLE public.named (at timestamptz NOT NULL, id int) PARTITION BY RANGE (at)",
    "SELECT create_parent(p_parent_table => 'public.named', p_control => 'at', p_type => 'native', p_interval => 'daily')",
    "UPDATE part_config SET retention = '30 days', infinite_time_partitions = true",
    "CREATE UNIQUE INDEX ON template_public_new_way (id)",
    "INSERT INTO new_way VALUES (now(), 1)",
    "SELECT run_maintenance('public.new_way')",
    "CALL run_maintenance_proc()",
    "SELECT show_partitions('public.new_way')",
  ],
  pg_prewarm: ["SELECT pg_prewarm('pg_class')"],
  pg_repack: ["SELECT 'repack'::regnamespace"],
  pg_uuidv7: [
    "CREATE TABLE v7 (id uuid PRIMARY KEY DEFAULT uuid_generate_v7())",
    "INSERT INTO v7 DEFAULT VALUES",
    "SELECT uuid_v7_to_timestamptz(id) FROM v7",
    "SELECT uuid_timestamptz_to_v7(now()), uuid_timestamptz_to_v7('2024-01-01', true)",
  ],
  pgaudit: ["SET pgaudit.log = 'ddl'", "ALTER ROLE CURRENT_USER SET pgaudit.log = 'write'"],
  pgjwt: [
    `SELECT 1 / valid::int FROM verify(sign('{"role":"anon"}', 'secret'), 'secret')`,
    `SELECT 1 / (NOT valid)::int FROM verify(sign('{"role":"anon"}', 'secret', 'HS512'), 'other', 'HS512')`,
    "SELECT 1 / (payload ->> 'sub' = '1234567890' AND valid)::int FROM verify('eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRydWV9.TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ', 'secret')",
  ],
  plperl: ["CREATE FUNCTION perl() RETURNS int LANGUAGE plperl AS 'return 1;'"],
  plperlu: ["CREATE FUNCTION perlu() RETURNS int LANGUAGE plperlu AS 'return 1;'"],
  plpython3u: ["CREATE FUNCTION python() RETURNS int LANGUAGE plpython3u AS 'return 1'"],
  plv8: ["CREATE FUNCTION js() RETURNS int LANGUAGE plv8 AS 'return 1'"],
  postgres_fdw: [
    "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'elsewhere', fetch_size '100')",
    "CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (user 'app', password 'none')",
    "CREATE FOREIGN TABLE there (id int) SERVER other OPTIONS (schema_name 'public', table_name 'there')",
    "CREATE VIEW seen AS SELECT id FROM there",
    "ALTER FOREIGN TABLE there ADD COLUMN name text",
    "SELECT postgres_fdw_disconnect_all()",
  ],
  supabase_vault: [
    "SELECT vault.create_secret('value', 'name', 'description')",
    "SELECT vault.update_secret(id, new_secret := 'other') FROM vault.secrets",
    "SELECT decrypted_secret FROM vault.decrypted_secrets WHERE name = 'name'",
  ],
};

/** Opens a database that gets more extensions. */
async function opened(extensions: ExtraExtensions | undefined): Promise<[PgliteDatabase, PostgresSession]> {
  const database = new PgliteDatabase({
    ...{ kind: "embedded", directory: undefined, parameters: {} },
    ...(extensions && { extensions }),
  });
  return [database, await database.open()];
}

const NONE: ExtraExtensions = { standIns: [], packageDirectories: [] };

/** The message of the server's error. */
async function refused(session: PostgresSession, sql: string): Promise<string> {
  return await session.execute(sql).then(
    () => "done",
    (error: Error) => error.message,
  );
}

describe("stand-ins of pgstep", () => {
  let database: PgliteDatabase;
  let session: PostgresSession;
  before(async () => {
    [database, session] = await opened(NONE);
  });
  after(() => database.close());

  test("each one is tried here, and docs/check.md lists it", () => {
    const directory = new URL("../../../src/adapters/embedded/stand-ins/", import.meta.url);
    const names = readdirSync(directory).filter((name) => name.endsWith(".sql"));
    assert.deepEqual(
      names.map((name) => name.replace(".sql", "")),
      Object.keys(USES),
    );
    const page = readFileSync(new URL("../../../docs/check.md", import.meta.url), "utf8");
    const [, listed = ""] = /\| pgstep \| a stand-in for (.+) \|/.exec(page) ?? [];
    assert.deepEqual(listed.split(/, | or /), Object.keys(USES));
  });

  for (const [name, uses] of Object.entries(USES)) {
    test(name, async () => {
      await session.execute(`CREATE EXTENSION ${name} CASCADE`);
      for (const sql of uses) assert.equal(await refused(session, sql), "done", sql);
      await session.execute(`COMMENT ON EXTENSION ${name} IS 'here'`);
      await session.execute(`DROP EXTENSION ${name} CASCADE`);
    });
  }

  test("stand for a version, and for an update to another one", async () => {
    await session.execute("CREATE EXTENSION pg_cron VERSION '1.4'");
    await session.execute("ALTER EXTENSION pg_cron UPDATE TO '1.5'");
    await session.execute("ALTER EXTENSION pg_cron UPDATE");
    const [row] = await session.query("SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'");
    assert.equal(row?.extversion, "1.6");
  });

  test("keep the schema of the extension, and refuse another one as the extension does", async () => {
    await session.execute("CREATE SCHEMA elsewhere");
    await session.execute("CREATE EXTENSION dblink SCHEMA elsewhere");
    assert.equal(await refused(session, "SELECT elsewhere.dblink_exec('a', 'b')"), "done");
    await session.execute("DROP EXTENSION pg_cron");
    const sql = "CREATE EXTENSION pg_cron SCHEMA elsewhere";
    assert.match(await refused(session, sql), /must be installed in schema "pg_catalog"/);
  });

  test("fail where the extension would", async () => {
    await session.execute('CREATE SCHEMA "Part man"; CREATE EXTENSION pg_partman SCHEMA "Part man"');
    await session.execute("CREATE EXTENSION IF NOT EXISTS pg_cron");
    await session.execute("CREATE TABLE plain (at timestamptz NOT NULL)");
    await session.execute("CREATE TABLE loose (at timestamptz) PARTITION BY RANGE (at)");
    await session.execute("CREATE TABLE good (at timestamptz NOT NULL) PARTITION BY RANGE (at)");
    for (const [sql, message] of [
      ["cron.unschedule('unknown')", "could not find valid entry for job 'unknown'"],
      ["cron.unschedule(99)", "could not find valid entry for job 99"],
      ["cron.schedule('bad', 'every day', 'VACUUM')", "invalid schedule: every day"],
      [`"Part man".create_parent('public.plain', 'at', '1 day')`, "the parent table public.plain is not partitioned"],
      [`"Part man".create_parent('loose', 'at', '1 day')`, "the parent table loose must be named with its schema"],
      [
        `"Part man".create_parent('public.loose', 'at', '1 day')`,
        "the control column at of the parent table public.loose must be NOT NULL",
      ],
      [`"Part man".create_parent('public.good', 'at', '1 day')`, "done"],
    ] as const) {
      assert.equal(await refused(session, `SELECT ${sql}`), message);
    }
  });
});

describe("stand-ins of a project", () => {
  test("are extensions with their own versions and requirements, and come before those of pgstep", async () => {
    const [database, session] = await opened({
      standIns: [
        {
          name: "own",
          sql: "CREATE TABLE own (id int);",
          control: { defaultVersion: "2.1", requires: "pg_cron, ltree" },
        },
        { name: "pg_cron", sql: "CREATE TABLE @extschema@.mine (id int);", control: {} },
      ],
      packageDirectories: [],
    });
    await session.execute("CREATE EXTENSION own CASCADE");
    assert.deepEqual(
      await session.query("SELECT extname, extversion FROM pg_extension WHERE oid >= 16384 ORDER BY 1"),
      [
        { extname: "ltree", extversion: "1.3" },
        { extname: "own", extversion: "2.1" },
        { extname: "pg_cron", extversion: "1" },
      ],
    );
    assert.equal(await refused(session, "SELECT * FROM own, mine"), "done");
    assert.match(
      await refused(session, "ALTER EXTENSION pg_cron SET SCHEMA pg_catalog"),
      /does not support SET SCHEMA/,
    );
    await database.close();
  });

  test("are found by the name of their file only", async () => {
    const [database, session] = await opened({
      standIns: [{ name: "it's", sql: "CREATE TABLE quoted (id int);", control: {} }],
      packageDirectories: [],
    });
    assert.equal(await refused(session, `CREATE EXTENSION "it's" VERSION '1.0'`), "done");
    for (const name of ["../its", "/etc/passwd", "..", "a/../b", 'a""b', "ı", "x".repeat(500)]) {
      assert.match(await refused(session, `CREATE EXTENSION "${name}" VERSION '../1'`), /invalid|not available/, name);
    }
    await database.close();
  });

  test("do not exist in a database that keeps data, nor without being asked for", async () => {
    const directory = join(temporaryPlace("stand-ins"), "data");
    const kept = { directory, extensions: NONE };
    for (const given of [kept, kept, { directory: undefined }]) {
      const database = new PgliteDatabase({ kind: "embedded", ...given });
      const session = await database.open();
      assert.equal(await refused(session, "CREATE EXTENSION pg_cron"), 'extension "pg_cron" is not available');
      await database.close();
    }
  });
});

test("an npm package with an extension for PGlite comes before a stand-in of pgstep", async () => {
  const files = "share/postgresql/extension";
  const place = temporaryPlace("package", {
    [`${files}/pg_uuidv7.control`]: "default_version = '9.0'\n",
    [`${files}/pg_uuidv7--9.0.sql`]: "CREATE FUNCTION from_package() RETURNS int LANGUAGE sql AS 'SELECT 1';",
  });
  const dist = join(place, "node_modules", "@electric-sql", "pglite-pg_uuidv7", "dist");
  mkdirSync(dist, { recursive: true });
  execFileSync("tar", ["-czf", join(dist, "pg_uuidv7.tar.gz"), "-C", place, "share"]);
  const [database, session] = await opened({ standIns: [], packageDirectories: [join(place, "none"), place] });
  await session.execute("CREATE EXTENSION pg_uuidv7");
  assert.equal(await refused(session, "SELECT from_package()"), "done");
  await database.close();
});
