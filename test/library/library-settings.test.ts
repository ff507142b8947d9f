import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { Failure, MigrationRunner, type MigrationRunnerOptions } from "../../src/index.ts";
import { temporaryPlace } from "../support/place.ts";

let place = "";
const directory = process.cwd();
const variables = { ...process.env };

before(() => {
  for (const name of Object.keys(process.env)) if (/^(PG|DATABASE_URL)/.test(name)) delete process.env[name];
  place = temporaryPlace("library");
  for (const [name, count] of [
    ["sql", 1],
    ["more", 2],
  ] as const) {
    mkdirSync(join(place, name));
    for (let version = 1; version <= count; version++)
      writeFileSync(join(place, name, `${version}_a.sql`), "SELECT 1;");
  }
  writeFileSync(join(place, "pgstep.json"), '{"directory": "sql"}');
  writeFileSync(join(place, ".env"), "PGSTEP_DIR=more\n");
  process.chdir(place);
});

after(() => {
  process.chdir(directory);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, variables);
});

describe("the settings of the library", () => {
  const migrations = async (options: MigrationRunnerOptions) =>
    (await new MigrationRunner(options).validate()).migrations;

  test("come from no file unless one is named", async () => {
    process.env.PGSTEP_CONFIG = "pgstep.json";
    process.env.PGSTEP_ENV_FILE = ".env";
    await assert.rejects(migrations({}), { code: "directory-unreadable" });
    assert.equal(await migrations({ config: "pgstep.json" }), 1);
    assert.equal(await migrations({ envFile: ".env" }), 2);
    assert.equal(await migrations({ config: "pgstep.json", envFile: ".env" }), 2);
    assert.equal(await migrations({ config: "pgstep.json", envFile: ".env", directory: "sql" }), 1);
  });

  test("that are wrong reject the call", async () => {
    await assert.rejects(migrations({ config: "none.json" }), {
      code: "settings",
      message: "Cannot read none.json from the option config: there is no such file",
    });
    await assert.rejects(migrations({ directory: "" }), {
      message: "Cannot use the option directory: it is empty",
    });
  });

  /** The message with which a call is refused, whatever its types would say of the options. */
  const refusal = async (call: (runner: MigrationRunner) => Promise<unknown>, options: object = {}) => {
    const error = await call(new MigrationRunner(options as MigrationRunnerOptions)).then(
      () => assert.fail("nothing was refused"),
      (error: unknown) => error,
    );
    assert.ok(error instanceof Failure);
    assert.equal(error.code, "settings");
    return `${error.message.replace("Cannot use the option ", "")} / ${error.hint}`;
  };
  const ofRunner = (options: object) => refusal((runner) => runner.validate(), options);

  test("are refused when a value is undefined, which would let another one count", async () => {
    process.env.DATABASE_URL = "postgres://nobody@127.0.0.1:1/precious";
    try {
      assert.equal(
        await ofRunner({ url: process.env.NO_SUCH_VARIABLE }),
        "url: its value is undefined / Set the variable that it comes from, or omit the option.",
      );
    } finally {
      delete process.env.DATABASE_URL;
    }
    assert.match(await ofRunner({ signal: undefined }), /^signal: its value is undefined/);
  });

  test("are refused by names that there are not", async () => {
    assert.equal(await ofRunner({ ulr: "x" }), "ulr: MigrationRunner has no such option / Did you mean url?");
    assert.match(await ofRunner({ quiet: true }), /^quiet: MigrationRunner has no such option \/ It takes /);
    assert.match(await ofRunner({ toString: 1 }), /^toString: /);
  });

  test("are refused with values of another type or range", async () => {
    for (const [options, reason] of [
      [{ url: 5 }, "url: it is not a database URL"],
      [{ directory: ["sql"] }, "directory: it is not a path"],
      [{ lockWaitMs: -1 }, "lockWaitMs: it is not a whole number of milliseconds"],
      [{ lockWaitMs: 0.5 }, "lockWaitMs: it is not a whole number of milliseconds"],
      [{ lockWaitMs: Number.NaN }, "lockWaitMs: it is not a whole number of milliseconds"],
      [{ lockWaitMs: "5s" }, "lockWaitMs: it is not a whole number of milliseconds"],
      [{ environment: "a b" }, "environment: it is more than one word"],
      [{ hookFailure: "no" }, "hookFailure: it is not one of stop, warn"],
      [
        { placeholders: { a: 1 } },
        'placeholders: the value of a is neither a string nor { "value": "...", "secret": true }',
      ],
      [{ hooks: { afterUp: "true" } }, 'hooks: there is no moment "afterUp"'],
      [{ onEvent: "log" }, "onEvent: it is not a function"],
      [{ connection: "postgres" }, "connection: it is not an object"],
      [{ signal: null }, "signal: it is not an object"],
    ] as const) {
      const words = await ofRunner(options);
      assert.equal(words.split(" / ")[0], reason);
    }
  });

  test("of a call are refused in the same way", async () => {
    const calls: readonly (readonly [call: (runner: MigrationRunner) => Promise<unknown>, reason: RegExp])[] = [
      [(runner) => runner.runMigrations({ dryrun: true } as object), /^dryrun: runMigrations .* Did you mean dryRun\?/],
      [(runner) => runner.runMigrations({ to: undefined } as object), /^to: its value is undefined/],
      [(runner) => runner.runMigrations({ count: -1 }), /^count: it is not a whole number from 1 upward/],
      [(runner) => runner.rollback({ count: 0 }), /^count: it is not a whole number from 1 upward/],
      [(runner) => runner.rollback({} as { count: number }), /exactly one of count, to and all/],
      [(runner) => runner.rollback({ all: false } as object as { all: true }), /^all: it is not true/],
      [(runner) => runner.rollback(1 as never), /the options of rollback: they are not an object/],
      [(runner) => runner.redo(-1), /^count: it is not a whole number/],
      [(runner) => runner.reset({ confrim: "app" } as object), /^confrim: reset has no such option/],
    ];
    for (const [call, reason] of calls) assert.match(await refusal(call), reason);
  });

  test("are taken with what they may be", async () => {
    const connection = Object.assign(() => {}, { options: {} });
    const given = {
      directory: "sql",
      lockWaitMs: 0,
      environment: "test",
      placeholders: { a: "1", b: { value: "2", secret: true } },
      hooks: { "after-up": "true" },
      onEvent: () => {},
      signal: new AbortController().signal,
    } as const;
    assert.equal(await migrations(given), 1);
    await assert.rejects(migrations({ ...given, connection }), { message: /^(?!Cannot use the option)/ });
  });
});
