import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, test } from "node:test";
import { PgliteDatabase } from "../../../src/adapters/embedded/pglite-database.ts";
import { git } from "../../../src/adapters/programs/git.ts";
import { CHECK_RULES } from "../../../src/core/findings/check-rules.ts";
import type { CheckReport } from "../../../src/core/reports/check-report.ts";
import { type CheckOptions, check } from "../../../src/engine/check/check.ts";
import { inShadow } from "../../../src/engine/shadow/shadow.ts";
import type { SqlParser } from "../../../src/ports/sql-parser.ts";
import { clone, makeRepository } from "../../support/repository.ts";
import { builtParser } from "../../support/sql-parser.ts";
import { refusal, type World, world } from "../support.ts";

/** Checks the files of a world in an embedded database like that of the command. */
async function checked({ context }: World, options: Partial<CheckOptions> = {}): Promise<CheckReport> {
  const { report } = await check(context, undefined, {
    ...{ choice: { kind: "all" }, versionControl: git },
    inShadow: async (work) => {
      const parameters = { TimeZone: "Europe/Berlin" };
      const database = new PgliteDatabase({ kind: "embedded", directory: undefined, parameters });
      return await inShadow({ ...context, database }, work).finally(() => database.close());
    },
    limitMs: 0,
    ...options,
  });
  return report;
}

/** "003_total.sql:2:1 rewrites-table Rewrites table: ...", without the directory. */
function words({ findings }: CheckReport): string[] {
  return findings.map(({ rule, message, place }) => {
    const { path = "", line, column } = place ?? {};
    return `${[path.split("/").at(-1), line, column].filter(Boolean).join(":")} ${rule} ${message.split(";")[0]}`;
  });
}

const names = (paths: readonly string[] | undefined) => paths?.map((path) => path.split("/").at(-1));

const ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, total int);";
const REWRITE = "-- A comment.\nALTER TABLE orders ALTER total TYPE bigint;";

describe("check", () => {
  test("finds harm at the place of its statement, with the words of its rule", async () => {
    const report = await checked(await world({ "001_orders.sql": ORDERS, "002_total.sql": REWRITE }));
    const [finding] = report.findings;
    const rule = CHECK_RULES.find(({ id }) => id === "rewrites-table");
    assert.match(
      words(report).join("\n"),
      /^002_total\.sql:2:1 rewrites-table Rewrites table: rewrites all rows of orders/,
    );
    assert.deepEqual([finding?.why, finding?.place?.sourceLine], [rule?.why, REWRITE.split("\n")[1]]);
    assert.ok(finding?.recipe);
    const [statement] = report.statements;
    assert.deepEqual(
      [statement?.statement, statement?.touches[0]?.lock, statement?.touches[0]?.rewritten],
      [REWRITE.split("\n")[1], "ACCESS EXCLUSIVE", true],
    );
  });

  test("examines only the chosen files, and runs all", async () => {
    const here = await world({
      "001_a.sql": ORDERS,
      "002_b.sql": REWRITE,
      "003_c.sql": "DROP TABLE IF EXISTS nothing;",
    });
    const report = await checked(here, { choice: { kind: "since", version: "002" } });
    assert.deepEqual([words(report), report.replay?.applied, names(report.replay?.examined)], [[], 3, ["003_c.sql"]]);
    const none = await checked(here, { choice: { kind: "since", version: "003" } });
    assert.deepEqual([none.statements, none.replay?.applied, none.replay?.examined], [[], 3, []]);
  });

  test("counts the warnings about other files, and shows its own and all errors", async () => {
    const empty = "-- later\n";
    const here = await world({
      ...{ "001_a.sql": ORDERS, "003_b.sql": empty, "004_c.sql": empty, "005_d.sql": "SELECT 1;" },
      ...{ "007_e.sql": empty, "007_e.down.sql": empty, "009_f.sql": empty },
    });
    const gap = (...versions: string[]) =>
      ` gap the numbering has ${versions.length > 1 ? "gaps" : "a gap"}: ${versions.join(", ")} missing`;
    const shown = async (version: string) => {
      const report = await checked(here, { choice: { kind: "since", version } });
      const { directory } = here.context.settings;
      const short = (one: string) => one.replaceAll(`${directory}/`, "").replace(`${basename(directory)} gap`, " gap");
      return [words(report).map(short), report.inOlder];
    };
    const { findings, inOlder } = await checked(here);
    assert.deepEqual([findings.length, inOlder], [2, 0]);
    assert.deepEqual(await shown("005"), [
      [gap("6", "8"), " empty 3 files have no statements: 007_e.sql, 007_e.down.sql, 009_f.sql"],
      2,
    ]);
    assert.deepEqual(await shown("007"), [[gap("8"), "009_f.sql empty the file has no statements"], 2]);
    assert.deepEqual(await shown("009"), [[], 2]);
    writeFileSync(join(here.context.settings.directory, "003_b.sql"), "SELECT 'x;");
    assert.deepEqual(await shown("009"), [
      ["003_b.sql:1:8 unterminated-quote the string that starts here is never closed"],
      2,
    ]);
  });

  test("ends at a statement that fails, and examines what ran before it", async () => {
    const files = {
      "001_a.sql": ORDERS,
      "002_b.sql": REWRITE,
      "003_c.sql": "ALTER TABLE orders ALTER total TYPE text;\nALTER TABLE orders ADD n int;\nSELECT x;",
      "004_d.sql": "SELECT 1;",
    };
    const report = await checked(await world(files));
    assert.deepEqual(
      words(report).map((line) => line.split(" ").slice(0, 2).join(" ")),
      [
        "002_b.sql:2:1 rewrites-table",
        "003_c.sql:1:1 rewrites-table",
        "003_c.sql:1:1 breaks-running-clients",
        "003_c.sql:3:8 replay",
      ],
    );
    assert.deepEqual(names(report.replay?.notRun), ["003_c.sql", "004_d.sql"]);
  });

  test("tries the files on tables with a row that is made up", async () => {
    const given = `CREATE TABLE t (n int); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER later AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();`;
    const report = await checked(
      await world({
        "001_a.sql": given,
        "002_b.sql": "UPDATE t SET n = 5 WHERE n = 4;\nUPDATE t SET n = 6 WHERE n < 0;\nALTER TABLE t ADD m int;",
        "003_c.sql": "UPDATE t SET n = 5 WHERE n IS NOT NULL AND n > 0;\nALTER TABLE t ADD o int;",
        "004_d.sql": "UPDATE t SET m = 1 WHERE m = 2;\nALTER TABLE t ALTER m SET NOT NULL;",
      }),
    );
    const found = words(report).filter((line) => line.includes("fails-on-existing-rows"));
    assert.deepEqual(found, [
      '003_c.sql:2:1 fails-on-existing-rows Fails on existing rows: it fails if the statements before it changed a row whose foreign key is checked at COMMIT (cannot ALTER TABLE "t" because it has pending trigger events)',
      "004_d.sql:2:1 fails-on-existing-rows Fails on existing rows: a row of t may have NULL in m",
    ]);
    assert.deepEqual(report.replay?.rows, { tables: 1, without: [] });
  });

  test("judges a file whose statement rows of an earlier migration do not fit, and those after it", async () => {
    const report = await checked(
      await world({
        "001_a.sql": `${ORDERS} INSERT INTO orders VALUES (1, NULL);`,
        "002_b.sql": "ALTER TABLE orders ALTER total SET NOT NULL;",
        "003_c.sql": "ALTER TABLE orders DROP COLUMN total;",
      }),
    );
    assert.deepEqual(
      words(report).map((line) => line.split(" ").slice(0, 2).join(" ")),
      [
        "002_b.sql:1:1 scans-under-lock",
        "002_b.sql:1:1 fails-on-existing-rows",
        "002_b.sql:1:1 breaks-running-clients",
        "003_c.sql:1:1 breaks-running-clients",
        "003_c.sql:1:1 destroys-data",
      ],
    );
    assert.match(words(report)[1] ?? "", /even the rows of earlier migrations do not fit \(column "total"/);
    assert.equal(report.replay?.applied, 3);
  });

  test("names each cause once, and types as SQL spells them", async () => {
    const first = "CREATE TABLE t (c int); INSERT INTO t VALUES (NULL); CREATE TYPE \"Role\" AS ENUM ('a');";
    const files = {
      "001_a.sql": `${first} CREATE TABLE u (r "Role", s "Role"[]);`,
      "002_b.sql": "ALTER TABLE t ALTER c SET NOT NULL;",
      "003_c.sql": "ALTER TABLE u ADD COLUMN id int PRIMARY KEY;",
      "004_d.sql": "ALTER TABLE u ALTER r TYPE int USING r::text::int, ALTER s TYPE int[] USING s::text[]::int[];",
      "005_e.sql": "DO $$ BEGIN CREATE INDEX CONCURRENTLY i ON u (r); END $$;",
    };
    const [, ...messages] = (await checked(await world(files))).findings.map(
      ({ rule, message }) => `${rule} ${message}`,
    );
    const of = (rule: string) => messages.filter((one) => one.startsWith(`${rule} `));
    assert.deepEqual(of("fails-on-existing-rows").slice(0, 2), [
      'fails-on-existing-rows Fails on existing rows: even the rows of earlier migrations do not fit (column "c" of relation "t" contains null values)',
      "fails-on-existing-rows Fails on existing rows: existing rows of u have no value for id, which is NOT NULL and has no default",
    ]);
    assert.match(
      of("breaks-running-clients").join("\n"),
      /u\.r is no longer public\."Role" but integer and u\.s is no longer public\."Role"\[\] but/,
    );
    assert.deepEqual(of("cannot-run-in-transaction"), [
      "cannot-run-in-transaction Cannot run in transaction: CREATE INDEX CONCURRENTLY cannot run inside a transaction block (25001)",
    ]);
  });

  test("names the BEGIN of a transaction that cannot be, not its COMMIT as well", async () => {
    const report = await checked(await world({ "001_a.sql": "BEGIN;\nVACUUM;\nCOMMIT;" }));
    assert.deepEqual(words(report), [
      "001_a.sql:1:1 cannot-run-in-transaction Cannot run in transaction: BEGIN in a file that runs statement by statement, because VACUUM cannot run in a transaction",
    ]);
  });

  test("reports a later statement that fails for lack of the rows that were deleted", async () => {
    const report = await checked(
      await world({
        "001_a.sql": `${ORDERS} INSERT INTO orders VALUES (1, NULL);`,
        "002_b.sql": "ALTER TABLE orders ALTER total SET NOT NULL;",
        "003_c.sql": "SELECT 1 / count(*) FROM orders;",
      }),
    );
    const last = report.findings.at(-1);
    assert.match(words(report).at(-1) ?? "", /^003_c\.sql:\S+ replay Cannot apply 003_c: division by zero/);
    assert.equal(last?.severity, "error");
    assert.match(last?.hint ?? "", /check has deleted all rows of "public"\."orders"/);
  });

  test("says which harm a statement does that cannot run without the rows", async () => {
    const text = "CREATE TABLE codes (code text); INSERT INTO codes VALUES ('x');";
    const files = { "001_a.sql": text, "002_b.sql": "ALTER TABLE codes ALTER code TYPE int USING code::int;" };
    const report = await checked(await world(files));
    assert.match(
      words(report).join("\n"),
      /^002_b\.sql:1:\d+ fails-on-existing-rows Fails on existing rows: invalid input syntax for type integer/,
    );
  });

  test("examines repeatable migrations, as they run after all others", async () => {
    const files = {
      "001_a.sql": ORDERS,
      "002_b.sql": "CREATE VIEW v AS SELECT 1 AS id;",
      "repeatable/a_needs_z.sql":
        "DROP VIEW IF EXISTS v;\nDO $$ BEGIN EXECUTE 'CREATE VIEW a AS SELECT id FROM ' || 'z'; END $$;",
      "repeatable/b_locks.sql": "LOCK TABLE orders IN SHARE MODE;",
      "repeatable/c_index.sql": "\nCREATE INDEX IF NOT EXISTS i ON orders (total);",
      "repeatable/d_ignored.sql":
        "CREATE INDEX j ON orders (total); -- pgstep: ignore blocks-writes: the table is small",
      "repeatable/z.sql": "CREATE OR REPLACE VIEW z AS SELECT id FROM orders;",
    };
    const place = await world({}, { repeatableDirectory: "" });
    const { directory } = place.context.settings;
    for (const [name, sql] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, "m", name)), { recursive: true });
      writeFileSync(join(directory, "m", name), sql);
    }
    const settings = {
      ...place.context.settings,
      directory: join(directory, "m"),
      repeatableDirectory: join(directory, "m/repeatable"),
    };
    const report = await checked({ ...place, context: { ...place.context, settings } });
    assert.deepEqual(
      words(report).map((line) => line.split(" ").slice(0, 2).join(" ")),
      ["a_needs_z.sql:1:1 breaks-running-clients", "c_index.sql:2:1 blocks-writes"],
    );
    assert.deepEqual(names(report.replay?.examined), [
      "001_a.sql",
      "002_b.sql",
      "b_locks.sql",
      "c_index.sql",
      "d_ignored.sql",
      "z.sql",
      "a_needs_z.sql",
    ]);
    assert.deepEqual(
      report.statements.map(({ place: at, touches }) => [
        basename(at.path),
        at.line,
        ...touches.map(({ relation, lock }) => `${relation} ${lock}`),
      ]),
      [
        ["b_locks.sql", 1, "orders SHARE"],
        ["c_index.sql", 2, "orders SHARE"],
        ["d_ignored.sql", 1, "orders SHARE"],
        ["a_needs_z.sql", 1, "v ACCESS EXCLUSIVE"],
      ],
    );
    assert.equal(report.ignored, 1);
  });

  test("runs them if only they are new, and names the place of one that fails", async () => {
    const origin = makeRepository();
    origin.commit({ "database/migrations/001_a.sql": ORDERS, "database/repeatable/old.sql": "SELECT 1;" });
    const { directory, write } = clone(origin);
    const place = await world({});
    const settings = { ...place.context.settings, directory: join(directory, "database/migrations") };
    const here = { ...place, context: { ...place.context, settings } };
    const choice = { kind: "new", base: undefined } as const;
    write({ "database/repeatable/new.sql": "CREATE INDEX IF NOT EXISTS i ON orders (total);" });
    const report = await checked(here, { choice });
    assert.match(words(report).join(), /^new\.sql:1:1 blocks-writes [^,]*$/);
    assert.deepEqual(names(report.replay?.examined), ["new.sql"]);
    write({ "database/repeatable/new.sql": "SELECT 1;\nSELECT nothing FROM orders;" });
    const failed = await checked(here, { choice });
    assert.match(words(failed).join(), /^new\.sql:2:8 replay .*column "nothing" does not exist/);
    assert.deepEqual(failed.replay?.examined, []);
  });

  test("compares changed repeatable migrations with those of the base", async () => {
    const origin = makeRepository();
    origin.commit({
      "database/migrations/001_a.sql": ORDERS,
      "database/repeatable/less.sql": "CREATE OR REPLACE VIEW less AS SELECT id, total FROM orders;",
      "database/repeatable/more.sql": "CREATE OR REPLACE VIEW more AS SELECT id FROM orders;",
      "database/repeatable/twice.sql":
        "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2';",
    });
    const { directory, write } = clone(origin);
    const place = await world({});
    const settings = { ...place.context.settings, directory: join(directory, "database/migrations") };
    const here = { ...place, context: { ...place.context, settings } };
    const choice = { kind: "new", base: undefined } as const;
    write({
      "database/migrations/002_b.sql": "CREATE TABLE later (id int);",
      "database/repeatable/less.sql": "\nCREATE OR REPLACE VIEW less AS SELECT id FROM orders;",
      "database/repeatable/more.sql": "CREATE OR REPLACE VIEW more AS SELECT id, total FROM orders;",
      "database/repeatable/new.sql": "CREATE OR REPLACE VIEW new AS SELECT id FROM less;",
    });
    const report = await checked(here, { choice });
    assert.deepEqual(words(report), [
      "less.sql:2:1 breaks-running-clients Breaks running clients: less.total is dropped",
    ]);
    assert.deepEqual(names(report.replay?.examined), ["002_b.sql", "less.sql", "more.sql", "new.sql"]);
    write({
      "database/repeatable/twice.sql":
        "CREATE OR REPLACE FUNCTION twice(n int) RETURNS text LANGUAGE sql AS 'SELECT 2';",
    });
    const failed = await checked(here, { choice });
    assert.match(words(failed).join("\n"), /^twice\.sql:1:1 replay .*cannot change return type of existing function/m);
  });

  test("starts each file without the prepared statements of others, and needs no plpgsql", async () => {
    const text = "PREPARE one AS SELECT 1; EXECUTE one;";
    const files = {
      "001_a.sql": `${ORDERS} DROP EXTENSION plpgsql; ${text}`,
      "001_a.down.sql": `CREATE EXTENSION plpgsql; ${text} DROP TABLE orders;`,
      "002_b.sql": `-- Transaction: none\n${text}`,
      "003_c.sql": text,
      "003_c.down.sql": text,
    };
    const report = await checked(await world(files));
    assert.deepEqual([words(report), report.replay?.applied, report.replay?.downs.proved], [[], 3, 2]);
  });

  test("runs no file if one has an error", async () => {
    const report = await checked(await world({ "001_a.sql": ORDERS, "002_b.sql": "SELECT 'x;" }));
    assert.deepEqual([report.findings.length, report.replay], [1, undefined]);
  });

  test("leaves out statements that reach beyond the database, and runs the others", async () => {
    const report = await checked(
      await world({
        "001_a.sql": `${ORDERS} GRANT CONNECT ON DATABASE app TO PUBLIC; CREATE ROLE reader; GRANT SELECT ON orders TO reader;`,
        "002_b.sql": "ALTER SYSTEM SET work_mem = '1MB';\nCREATE TABLE later (id int);\nCOPY orders TO PROGRAM 'cat';",
      }),
    );
    assert.deepEqual(words(report), []);
    assert.deepEqual(
      report.replay?.leftOut.map(({ path, line }) => `${path.split("/").at(-1)}:${line}`),
      ["001_a.sql:1", "002_b.sql:1", "002_b.sql:3"],
    );
  });

  test("judges the statements that it leaves out by their text", async () => {
    const here = await world({
      "001_orders.sql": `${ORDERS}\nGRANT CONNECT ON DATABASE shop TO web;\nREVOKE CONNECT ON DATABASE shop FROM PUBLIC;`,
      "002_shop.sql":
        "DROP DATABASE IF EXISTS shop;\nALTER SYSTEM SET fsync = off;\nALTER SYSTEM SET work_mem = '8MB';",
      "003_clients.sql": "CREATE TABLE later (id int);\nREVOKE CONNECT ON DATABASE shop FROM PUBLIC;",
    });
    const report = await checked({ ...here, context: { ...here.context, sqlParser: builtParser } });
    assert.deepEqual([report.replay?.applied, report.replay?.leftOut.length], [3, 6]);
    assert.deepEqual(words(report), [
      "002_shop.sql:1:1 destroys-data Destroys data: drops the database shop with all rows",
      "002_shop.sql:2:1 destroys-data Destroys data: with fsync = off, the whole server loses committed rows when it crashes",
      "003_clients.sql:2:1 breaks-running-clients Breaks running clients: PUBLIC loses CONNECT on shop",
    ]);
  });

  test("creates the roles that files name in memory", async () => {
    const sql = 'GRANT SELECT ON orders TO reader, "App Writer"; ALTER TABLE orders OWNER TO owner_x;';
    const reserved = await checked(await world({ "001_a.sql": `${ORDERS} GRANT SELECT ON orders TO pg_nobody;` }));
    assert.match(words(reserved).join("\n"), /^001_a\.sql:1:\d+ replay .*role "pg_nobody" does not exist/);
    const files = { "001_a.sql": ORDERS, "002_b.sql": sql, "002_b.down.sql": "REVOKE ALL ON orders FROM reader" };
    const report = await checked(await world(files));
    assert.deepEqual([report.findings.map(({ rule }) => rule), report.replay?.applied], [["not-reversible"], 2]);
    assert.deepEqual(report.replay?.roles, ["App Writer", "owner_x", "reader"]);
  });

  test("leaves out statements about roles on a server", async () => {
    const files = await world({
      "001_a.sql": "CREATE ROLE check_test_role;\nALTER USER postgres SET work_mem = '1MB';",
    });
    const shadow = await world({});
    const report = await checked(files, {
      inShadow: (work) => inShadow({ ...files.context, database: shadow.database }, work),
    });
    assert.deepEqual([words(report), report.replay?.leftOut.length], [[], 2]);
    assert.deepEqual(await shadow.rows("SELECT rolname FROM pg_roles WHERE rolname = 'check_test_role'"), []);
  });

  const ENDLESS = { "001_a.sql": ORDERS, "002_loop.sql": "SELECT 1;\nDO $$ BEGIN LOOP END LOOP; END $$;" };

  test("stops a statement that takes all memory, and says which", { timeout: 120_000 }, async () => {
    const sql = "DO $$ DECLARE a text[]; BEGIN FOR i IN 1..9000 LOOP a[i] := repeat('x', 1000000); END LOOP; END $$;";
    const { findings } = await checked(await world({ "001_a.sql": `SELECT 1;\n${sql}` }));
    assert.deepEqual(
      findings.map(({ rule, message, hint, place }) => [rule, message.split(";")[0], hint, place?.line]),
      [["replay", "Cannot apply 001_a: out of memory (53200)", "Let the statement work on fewer rows at once.", 2]],
    );
  });

  test("stops a statement that never ends after the time limit, and says which", { timeout: 240_000 }, async () => {
    const report = await checked(await world(ENDLESS), { limitMs: 20_000 });
    assert.deepEqual(
      words(report),
      ["replay Cannot apply 002_loop: the time limit of 20s is over"].map((one) => ` ${one}`),
    );
    assert.deepEqual(names(report.replay?.examined), ["001_a.sql"]);
  });

  test("stops such a statement when it is interrupted", { timeout: 240_000 }, async () => {
    const here = await world(ENDLESS);
    const parser: SqlParser = {
      major: 18,
      async parse(text) {
        // The loop follows.
        if (text.startsWith("SELECT 1")) setTimeout(() => here.abort.abort("interrupt"), 1_000);
        return { kind: "unread" };
      },
    };
    const { signal } = here.abort;
    const context = { ...here.context, signal, sqlParser: async () => parser };
    await refusal(checked({ ...here, context }), "interrupted");
  });
});
