import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { PgliteDatabase } from "../../../src/adapters/embedded/pglite-database.ts";
import { disk } from "../../../src/adapters/files/disk.ts";
import { git } from "../../../src/adapters/programs/git.ts";
import { DEFAULT_SETTINGS } from "../../../src/core/configuration/settings.ts";
import { Failure, type FailureCode } from "../../../src/core/failure/failure.ts";
import type { CheckReport } from "../../../src/core/reports/check-report.ts";
import { check } from "../../../src/engine/check/check.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import { remedyFor } from "../../../src/engine/shadow/remedies.ts";
import { type InShadow, inShadow, replay } from "../../../src/engine/shadow/shadow.ts";
import { readStandIns, setUp } from "../../../src/engine/shadow/stand-ins.ts";
import type { ServerFailure } from "../../../src/ports/session.ts";
import { temporaryPlace } from "../../support/place.ts";
import { embeddedWorld, type Files, open } from "../support.ts";

/** Reads the stand-ins beside migrations. */
function read(files: Files, settings: Partial<typeof DEFAULT_SETTINGS> = {}) {
  const place = temporaryPlace("stand-ins", files);
  const context = { fileSystem: disk, settings: { ...DEFAULT_SETTINGS, directory: join(place, "m"), ...settings } };
  return { place, read: () => readStandIns(context, () => {}) };
}

function refused(work: () => unknown, code: FailureCode, message: RegExp): Failure {
  let failure: unknown;
  assert.throws(work, (error) => {
    failure = error;
    return error instanceof Failure && error.code === code && message.test(error.message);
  });
  return failure as Failure;
}

describe("the directory of stand-ins", () => {
  test("has files named after extensions, and one that prepares the database", () => {
    const { place, read: all } = read({
      "stand-ins/b.sql": "\uFEFFSELECT 2;",
      "stand-ins/b.control": "default_version = '2'",
      "stand-ins/it's.sql": "SELECT 1;",
      "stand-ins/server.sql": "CREATE ROLE app;",
      "stand-ins/notes.md": "",
      "stand-ins/.hidden.sql": "",
      "stand-ins/deeper/c.sql": "",
      "m/001_a.sql": "",
    });
    assert.deepEqual(all(), {
      standIns: [
        { name: "b", sql: "SELECT 2;", control: { defaultVersion: "2" } },
        { name: "it's", sql: "SELECT 1;", control: {} },
      ],
      setup: { path: join(place, "stand-ins", "server.sql"), sql: "CREATE ROLE app;" },
    });
  });

  test("may be missing, unless a setting names it", () => {
    assert.deepEqual(read({}).read(), { standIns: [], setup: undefined });
    const named = read({ "own/a.sql": "" });
    const standInsDirectory = join(named.place, "own");
    assert.equal(read({}, { standInsDirectory }).read().standIns.length, 1);
    refused(
      read({}, { standInsDirectory: "missing" }).read,
      "directory-unreadable",
      /Cannot read stand-ins from missing:/,
    );
  });

  test("with a file that cannot be used is refused", () => {
    const versioned = refused(
      read({ "stand-ins/a--1.0.sql": "" }).read,
      "settings",
      /no extension has "--" in its name/,
    );
    assert.match(versioned.hint ?? "", /^Rename it to a\.sql; a version belongs into a\.control\.$/);
    const control = { "stand-ins/a.sql": "", "stand-ins/a.control": "# a\nversion 1 2" };
    assert.equal(refused(read(control).read, "settings", /a\.control: line 2 is no parameter/).place?.line, 2);
    const { place, read: latin } = read({ "stand-ins/a.sql": "" });
    writeFileSync(join(place, "stand-ins", "a.sql"), Uint8Array.of(0x2d, 0x2d, 0xe4, 0x0a));
    refused(latin, "settings", /a\.sql: it is not UTF-8/);
  });
});

/** A check with the files of `stand-ins`, as the command does it. */
async function checked(migrations: Files, standIns: Files = {}): Promise<{ report: CheckReport; place: string }> {
  const place = temporaryPlace("stand-ins", standIns);
  const { context } = await embeddedWorld(migrations, { standInsDirectory: place });
  const { report } = await check(context, undefined, {
    ...{ inShadow: shadowOf(context), choice: { kind: "all" }, versionControl: git, limitMs: 0 },
  });
  return { report, place };
}

function shadowOf(context: DatabaseContext): InShadow {
  return async (work) => {
    const files = readStandIns(context, () => {});
    const extensions = { ...files, packageDirectories: [] };
    const database = new PgliteDatabase({ kind: "embedded", directory: undefined, parameters: {}, extensions });
    const shadow = { ...context, database, preparedBy: files.setup?.path };
    if (files.setup) await setUp(shadow, files.setup);
    return await inShadow(shadow, work).finally(() => database.close());
  };
}

/** The message and the hint of the only finding, with <dir> for the directory of stand-ins. */
function advice({ report, place }: { readonly report: CheckReport; readonly place: string }): string {
  assert.equal(report.findings.length, 1, JSON.stringify(report.findings));
  const [{ message = "", hint = "" } = {}] = report.findings;
  return `${message} | ${hint}`.replaceAll(place, "<dir>");
}

describe("what the embedded database lacks", () => {
  const SERVER = "name an empty database on a server like yours: --shadow-url <url>";
  const cases: readonly (readonly [string, string])[] = [
    [
      "CREATE EXTENSION postgis;",
      `extension "postgis" is not available | Write the SQL that the extension would run to <dir>/postgis.sql, or ${SERVER}.`,
    ],
    [
      'CREATE EXTENSION "odd; name";',
      `extension "odd; name" is not available | Write the SQL that the extension would run to <dir>/<extension>.sql, or ${SERVER}.`,
    ],
    [
      "CREATE EXTENSION vector;",
      `extension "vector" is not available | Install it for the embedded database: npm install --save-dev @electric-sql/pglite-pgvector, or ${SERVER}.`,
    ],
    [
      'CREATE TABLE t (); GRANT SELECT ON t TO "App";',
      `role "App" does not exist | Write CREATE ROLE "App"; to <dir>/server.sql, or ${SERVER}.`,
    ],
    ["SET ROLE app;", `role "app" does not exist | Write CREATE ROLE "app"; to <dir>/server.sql, or ${SERVER}.`],
    [
      'CREATE TABLE t (a text COLLATE "de-x-icu");',
      `collation "de-x-icu" for encoding "UTF8" does not exist | Write CREATE COLLATION "de-x-icu" FROM "und-x-icu"; to <dir>/server.sql, or ${SERVER}.`,
    ],
    [
      'CREATE TABLE t (a text COLLATE pg_catalog."de_DE");',
      `collation "pg_catalog.de_DE" for encoding "UTF8" does not exist | Write CREATE COLLATION pg_catalog."de_DE" FROM "C"; to <dir>/server.sql, or ${SERVER}.`,
    ],
    [
      "CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; IMPORT FOREIGN SCHEMA a FROM SERVER s INTO public;",
      `foreign-data wrapper "postgres_fdw" has no handler | To use foreign tables, ${SERVER}.`,
    ],
    [
      "CREATE TABLE t (id uuid REFERENCES auth.users);",
      `schema "auth" does not exist | If your server has it before the first migration, write CREATE SCHEMA "auth"; to <dir>/server.sql.`,
    ],
    [
      "CREATE TABLE t () TABLESPACE fast;",
      `tablespace "fast" does not exist | N${SERVER.slice(1)}; the embedded database lacks it.`,
    ],
    [
      "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '$libdir/missing';",
      `could not access file "missing": No such file or directory | N${SERVER.slice(1)}; the embedded database lacks it.`,
    ],
  ];
  test("has a remedy that names what to write", async () => {
    const { context } = await embeddedWorld({});
    const settings = { ...context.settings, standInsDirectory: "<dir>" };
    const files = { standIns: [], packageDirectories: [] };
    const database = new PgliteDatabase({ kind: "embedded", directory: undefined, extensions: files });
    const server = open("postgres://localhost/app");
    const session = await database.open();
    for (const [sql, expected] of cases) {
      const failed = await session.execute(sql).then(
        () => assert.fail(sql),
        (error: ServerFailure) => error.server,
      );
      const failure = new Failure("statement-failed", "", { server: failed });
      const { hint } = remedyFor({ ...context, database, settings }, failure) ?? {};
      assert.equal(`${failed.message} | ${hint}`, expected);
      assert.equal(remedyFor({ ...context, database: server, settings }, failure), undefined);
    }
    await database.close();
  });

  test("is named without the advice of a server", async () => {
    assert.equal(
      advice(await checked({ "001_a.sql": "CREATE EXTENSION postgis;" })),
      `Cannot apply 001_a: extension "postgis" is not available (0A000) | Write the SQL that the extension would run to <dir>/postgis.sql, or ${SERVER}.`,
    );
  });

  test("is there once the remedy is followed", async () => {
    const { report } = await checked(
      {
        "001_a.sql":
          'CREATE EXTENSION own; CREATE TABLE t (id int, a text COLLATE "de-x-icu", b text COLLATE pg_catalog."de_DE"); GRANT SELECT ON t TO app; SELECT * FROM own;',
        "002_b.sql": "CREATE EXTENSION pg_cron;",
        "002_b.down.sql": "DROP EXTENSION pg_cron;",
      },
      {
        "own.sql": "CREATE TABLE own (id int);",
        "server.sql":
          'CREATE ROLE app; CREATE COLLATION "de-x-icu" FROM "und-x-icu"; CREATE COLLATION pg_catalog."de_DE" FROM "C";',
      },
    );
    assert.deepEqual([report.findings, report.replay?.downs.proved], [[], 1]);
    const standIns = report.replay?.standIns.map(({ extension, path }) => [extension, path?.split("/").at(-1)]);
    assert.deepEqual(standIns, [
      ["own", "own.sql"],
      ["pg_cron", undefined],
      [undefined, "server.sql"],
    ]);
  });

  test("is an error in the stand-in itself, with its line", async () => {
    const files = { "own.sql": "CREATE TABLE a (id int);\n\nCREATE TABLE b (id integr);" };
    assert.equal(
      advice(await checked({ "001_a.sql": "CREATE EXTENSION own;" }, files)),
      'Cannot apply 001_a: type "integr" does not exist (42704) in <dir>/own.sql, near line 3 | Fix the stand-in <dir>/own.sql.',
    );
  });

  test("is an error in the file that prepares the database, with its place", async () => {
    const files = { "server.sql": "CREATE ROLE app;\nCREATE TABLE b (id integr);" };
    await assert.rejects(checked({ "001_a.sql": "SELECT 1;" }, files), (error) => {
      assert.ok(error instanceof Failure);
      const { code, message, place } = error;
      const { line, column, sourceLine } = place ?? {};
      assert.deepEqual(
        [code, message, line, column, sourceLine],
        [
          "settings",
          'Cannot prepare the shadow database: type "integr" does not exist (42704)',
          2,
          20,
          "CREATE TABLE b (id integr);",
        ],
      );
      return true;
    });
  });
});

test("a file that prepares the database and never ends is stopped when the user wants", {
  timeout: 100_000,
}, async () => {
  const place = temporaryPlace("stand-ins", { "server.sql": "DO $$ BEGIN LOOP END LOOP; END $$;" });
  const { context, abort } = await embeddedWorld({}, { standInsDirectory: place });
  setTimeout(() => abort.abort("interrupt"), 4_000);
  await assert.rejects(
    shadowOf(context)(async () => {}),
    (error) => error instanceof Failure && error.code === "interrupted",
  );
});

test("a replay for types names the remedy as well", async () => {
  const { context } = await embeddedWorld({ "001_a.sql": "CREATE EXTENSION hypopg;" });
  await assert.rejects(
    replay(context, async () => {}),
    (error) =>
      error instanceof Failure &&
      error.server?.hint === undefined &&
      /stand-ins\/hypopg\.sql, or name an empty database/.test(error.hint ?? ""),
  );
});
