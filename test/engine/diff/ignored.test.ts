import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ignoring } from "../../../src/core/drift/forgive.ts";
import { diffSchemas } from "../../../src/engine/diff/diff.ts";
import { readIgnored } from "../../../src/engine/drift/surroundings.ts";
import type { InShadow } from "../../../src/engine/shadow/shadow.ts";
import { inNewDatabase, trialPlaces } from "../../diff/trial.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { refusal, type ServerWorld, succeeded, world } from "../support.ts";

async function shadows(): Promise<InShadow> {
  const server = await sharedServer(18);
  return inNewDatabase((await trialPlaces(server, server)).shadow);
}

/** The migrations lead to the database of this world. */
async function difference(one: ServerWorld, patterns: readonly string[], inShadow?: InShadow) {
  const ignored = await readIgnored(one.context, patterns);
  return await diffSchemas(inShadow ?? (await shadows()), {
    from: { kind: "migrations", name: "the migrations", directory: one.directory, fileSystem: one.context.fileSystem },
    to: { kind: "database", name: "live", database: one.database, ignored },
    ...{ renames: [], wants: "files" },
  });
}

async function migrated(sql: string, later: string): Promise<ServerWorld> {
  const one = await world({ "001_start.sql": sql });
  succeeded(await one.up());
  await one.rows(later);
  return one;
}

const START = `CREATE TABLE orders (id int PRIMARY KEY, note varchar(40), tmp_old int, CONSTRAINT tmp_check CHECK (id > 0));
CREATE TABLE log_kept (id serial PRIMARY KEY, at date); COMMENT ON TABLE log_kept IS 'kept';
CREATE TABLE events (at date NOT NULL PRIMARY KEY) PARTITION BY RANGE (at);
CREATE VIEW recent AS SELECT id FROM orders; CREATE FUNCTION old() RETURNS int LANGUAGE sql AS 'SELECT 1';
GRANT SELECT ON orders TO pg_monitor;`;

const HOTFIX = `CREATE INDEX by_note ON orders (note);
CREATE FUNCTION added() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW latest AS SELECT max(id) FROM recent;`;

const BESIDE = `CREATE TABLE log_new (id serial PRIMARY KEY, a int GENERATED ALWAYS AS IDENTITY); CREATE INDEX ON log_new (a);
COMMENT ON TABLE log_new IS 'new'; COMMENT ON COLUMN log_new.a IS 'a'; GRANT SELECT ON log_new TO pg_monitor;
CREATE FUNCTION log_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; COMMENT ON FUNCTION log_it() IS 'it';
CREATE TRIGGER log_it AFTER INSERT ON orders EXECUTE FUNCTION log_it(); DROP TABLE log_kept; DROP FUNCTION old();
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
ALTER TABLE orders DROP tmp_old, ADD tmp_new text DEFAULT 'x', DROP CONSTRAINT tmp_check; COMMENT ON COLUMN orders.tmp_new IS 'new';
CREATE SCHEMA audit; CREATE TABLE audit.log (id int REFERENCES orders); CREATE TYPE audit.kind AS ENUM ('a');
GRANT USAGE ON SCHEMA audit TO pg_monitor; ALTER DEFAULT PRIVILEGES IN SCHEMA audit GRANT SELECT ON TABLES TO pg_monitor;
GRANT SELECT, INSERT ON orders TO pg_read_all_data; REVOKE SELECT ON orders FROM pg_monitor;
CREATE OR REPLACE VIEW recent AS SELECT id FROM orders WHERE id > 7;`;

const PATTERNS = [
  ...["table public.log_*", "function public.log_*", "public.old()", "trigger *.log_it", "table public.events_*"],
  ...[
    "column public.orders.tmp_*",
    "constraint public.orders.tmp_*",
    "schema audit",
    "privileges *",
    "view public.recent",
  ],
];

describe("a difference without ignored objects", () => {
  test("leaves the objects as the migrations make them", async () => {
    const one = await migrated(START, `${HOTFIX} ${BESIDE}`);
    const { changes, files } = await difference(one, PATTERNS);
    assert.deepEqual(
      changes.map(({ change, object }) => `${change} ${object}`),
      ["added function public.added()", "added index public.orders.by_note", "added view public.latest"],
    );
    const [file] = files;
    assert.match(
      String(file?.up),
      /^CREATE FUNCTION added\(\)[^;]*;\s+CREATE INDEX by_note[^;]*;\s+CREATE VIEW latest[^;]*;\s*$/,
    );
    assert.match(String(file?.down), /^DROP VIEW latest;\s+DROP INDEX by_note;\s+DROP FUNCTION added\(\);\s*$/);
  });

  test("has all objects without patterns", async () => {
    const one = await migrated("CREATE TABLE t (a int);", "CREATE SCHEMA audit; CREATE TABLE audit.log (id int)");
    const { files } = await difference(one, []);
    assert.match(String(files[0]?.up), /^CREATE SCHEMA audit;\s+CREATE TABLE audit\.log/);
  });

  test("has privileges of other roles where those of one role are ignored", async () => {
    const one = await migrated("CREATE TABLE t (a int);", "GRANT SELECT ON t TO pg_monitor, pg_read_all_data");
    const { files } = await difference(one, ["privileges of pg_monitor on *"]);
    assert.deepEqual(files[0]?.up, "GRANT SELECT ON t TO pg_read_all_data;\n");
  });

  test("has nothing that only another owner explains", async () => {
    const [owner, reader] = ["diff_owner", "pg_monitor"];
    const one = await world(
      {
        "001_t.sql": `CREATE TABLE t (a int); GRANT ALL ON t TO ${owner};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${reader}; CREATE TABLE u (a int);`,
      },
      {
        before: `DO $$ BEGIN CREATE ROLE ${owner} LOGIN; EXCEPTION WHEN OTHERS THEN NULL; END $$; GRANT CREATE ON SCHEMA public TO ${owner}`,
      },
    );
    succeeded(await one.beside({}, { url: one.url.replace("postgres@", `${owner}@`) }).up());
    await one.rows(`REVOKE CREATE ON SCHEMA public FROM ${owner}; CREATE INDEX by_a ON t (a)`);
    const { files } = await difference(one, []);
    assert.equal(files[0]?.up, "CREATE INDEX by_a ON t (a);\n");
  });
});

const PLATFORM = `CREATE SCHEMA auth; CREATE FUNCTION auth.uid() RETURNS int LANGUAGE sql AS 'SELECT 1';`;

describe("a platform's objects", () => {
  const platform = { ignoredBy: ignoring({ roles: ["supabase_admin"], extensions: [] }, []), migrator: "postgres" };
  const policies = async (inShadow: InShadow) => {
    const one = await migrated("CREATE TABLE t (a int);", `${PLATFORM} CREATE POLICY mine ON t USING (a = auth.uid())`);
    return await diffSchemas(inShadow, {
      from: {
        kind: "migrations",
        name: "the migrations",
        directory: one.directory,
        fileSystem: one.context.fileSystem,
      },
      to: { kind: "database", name: "live", database: one.database, ignored: platform },
      ...{ renames: [], wants: "files" },
    });
  };

  test("are those that the shadow database has", async () => {
    const inNew = await shadows();
    const prepared: InShadow = (work) =>
      inNew(async (context) => {
        const session = await context.database.open();
        await session.execute(PLATFORM).finally(() => session.close());
        return await work(context);
      });
    const { files } = await policies(prepared);
    assert.equal(files[0]?.up, "CREATE POLICY mine ON t USING (a = auth.uid());\n");
  });

  test("are named with the object that needs them, and the remedy", async () => {
    const failure = await refusal(policies(await shadows()), "statement-failed");
    assert.match(
      failure.message,
      /^Cannot create policy public\.t\.mine of live in an empty database: schema "auth" does/,
    );
    assert.match(failure.hint ?? "", /--drift-ignore "policy public\.t\.mine"/);
  });
});
