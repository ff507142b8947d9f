import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand } from "../support/program.ts";
import { noTerminal, onTerminal } from "../support/terminal.ts";

describe("the password prompt", { skip: noTerminal }, () => {
  let server: PostgresServer;
  let directory: string;

  before(async () => {
    server = await startPostgres({ authentication: "local all all trust\nhost all all all scram-sha-256" });
    await server.query("postgres", "CREATE ROLE me LOGIN SUPERUSER PASSWORD 'top secret ü'");
    directory = temporaryPlace("terminal");
  });
  after(async () => {
    await server?.stop();
  });

  /** What is seen on a terminal, and the exit status; `typed` is entered when a password is asked for. */
  const typing = (command: readonly string[], typed: string, environment: Record<string, string> = {}) =>
    onTerminal(command, { directory, question: "Password for user me: ", typed, environment });

  for (const runtime of chosenRuntimes()) {
    test(`on ${runtime}`, async () => {
      const url = `postgres://me@127.0.0.1:${server.port}/postgres`;
      const command = [...(await programCommand(runtime)), "status", "--dir", directory, "--url", url];
      const right = await typing(command, "top secret ü\r");
      assert.equal(right.status, 0, right.seen);
      assert.ok(right.isAnswered && !right.seen.includes("secret"), right.seen);
      const corrected = await typing(command, "oops\u0015top secret x\u007fü\r");
      assert.equal(corrected.status, 0, corrected.seen);
      const wrong = await typing(command, "wrong\r");
      assert.deepEqual([wrong.status, wrong.seen.includes("password authentication failed")], [2, true], wrong.seen);
      const stopped = await typing(command, "half\u0003");
      assert.deepEqual([stopped.status, stopped.seen.includes("half")], [130, false], stopped.seen);
      for (const [more, environment] of [[["--json"], {}] as const, [[], { CI: "true" }] as const]) {
        const unasked = await typing([...command, ...more], "", environment);
        assert.deepEqual([unasked.status, unasked.isAnswered], [2, false], unasked.seen);
        assert.match(unasked.seen, /the server asks for the password of user \W*me\W*, and none was given/);
      }
    });
  }
});
