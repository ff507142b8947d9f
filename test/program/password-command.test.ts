import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { chosenRuntimes, mayRunPrograms, programCommand, run } from "../support/program.ts";

describe("--password-command", () => {
  let server: PostgresServer;
  let directory: string;
  let url: string;

  before(async () => {
    server = await startPostgres({ authentication: "local all all trust\nhost all all all scram-sha-256" });
    await server.query("postgres", "CREATE ROLE me LOGIN SUPERUSER PASSWORD 'top secret ü'");
    directory = temporaryPlace("password-command", {
      "print password.sh": '#!/bin/sh\necho run >> runs.txt\necho "$1"\n',
      "database/migrations/001_a.sql": "CREATE TABLE a ();",
    });
    url = `postgres://me@127.0.0.1:${server.port}/postgres`;
  });
  after(() => server.stop());

  const RIGHT = `sh 'print password.sh' "top secret ü"`;

  for (const runtime of chosenRuntimes()) {
    describe(`on ${runtime}`, () => {
      const start = async (words: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
        return run([...mayRunPrograms(await programCommand(runtime)), ...words], { directory, environment });
      };

      test("its output is the password, and it runs once for all connections of a run", async () => {
        writeFileSync(join(directory, "runs.txt"), "");
        const outcome = await start(["up", "--url", url, "--password-command", RIGHT], { PGPASSWORD: "wrong" });
        assert.equal(outcome.status, 0, outcome.stderr);
        assert.equal(readFileSync(join(directory, "runs.txt"), "utf8"), "run\n");
        assert.doesNotMatch(outcome.stdout + outcome.stderr, /secret/);
      });

      test("a variable and an env-file name it, a project file cannot", async () => {
        const variable = await start(["status", "--url", url], { PGSTEP_PASSWORD_COMMAND: RIGHT });
        assert.equal(variable.status, 0, variable.stderr);
        writeFileSync(join(directory, "job.env"), `PGSTEP_PASSWORD_COMMAND=${RIGHT}\n`);
        const envFile = await start(["status", "--url", url, "--env-file", "job.env"]);
        assert.equal(envFile.status, 0, envFile.stderr);
        writeFileSync(join(directory, "project.json"), JSON.stringify({ passwordCommand: RIGHT }));
        const project = await start(["status", "--url", url, "--config", "project.json"]);
        assert.equal(project.status, 2);
        assert.match(project.stderr, /"passwordCommand"/);
      });

      test("config shows where the password comes from, without running it", async () => {
        writeFileSync(join(directory, "runs.txt"), "");
        const outcome = await start(["config", "--url", url, "--password-command", RIGHT]);
        assert.match(outcome.stdout, /password +\*+ +--password-command/);
        assert.equal(readFileSync(join(directory, "runs.txt"), "utf8"), "");
      });

      if (runtime === "deno") {
        test("Deno's permission to start programs is named where it is missing", async () => {
          const words = ["status", "--url", url, "--password-command", RIGHT];
          const { status, stderr } = await run([...(await programCommand(runtime)), ...words], { directory });
          assert.equal(status, 2);
          assert.match(stderr, /Deno requires run access/);
          assert.match(stderr, /--allow-run/);
        });
      }

      // What the command prints is judged by the same code everywhere.
      if (runtime !== "node") return;

      for (const [what, command, message] of [
        [
          "fails",
          "sh -c 'echo no key >&2; exit 3'",
          /no key\n.*Cannot get the password from --password-command: sh ended with status 3/s,
        ],
        ["prints nothing", "true", /true printed nothing/],
        ["prints two lines", "printf 'a\\nb\\n'", /printf printed more than one line/],
        ["does not exist", "no-such-program x", /no-such-program: there is no such program/],
        ["has an open quote", "sh 'x", /a quote is not closed/],
      ] as const) {
        test(`a command that ${what} is an error that says so`, async () => {
          const outcome = await start(["status", "--url", url, "--password-command", command]);
          assert.equal(outcome.status, 2, outcome.stderr);
          assert.match(outcome.stderr, message);
        });
      }

      test("it contradicts a password's file", async () => {
        writeFileSync(join(directory, "password.txt"), "x");
        const words = ["status", "--url", url, "--password-command", RIGHT, "--password-file", "password.txt"];
        const outcome = await start(words);
        assert.equal(outcome.status, 2);
        assert.match(outcome.stderr, /--password-file and --password-command contradict each other/);
      });
    });
  }
});
