import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type PostgresServer, startPostgres } from "./support/postgres-server.ts";
import { chosenRuntimes, programCommand } from "./support/program.ts";

const hasScript = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

describe("the password prompt", { skip: !hasScript && "script(1), which makes a terminal, is not installed" }, () => {
  let server: PostgresServer;
  let directory: string;

  before(async () => {
    server = await startPostgres({ authentication: "local all all trust\nhost all all all scram-sha-256" });
    await server.query("postgres", "CREATE ROLE me LOGIN SUPERUSER PASSWORD 'top secret ü'");
    directory = mkdtempSync(join(tmpdir(), "pgstep-terminal-"));
  });
  after(async () => {
    await server?.stop();
    if (directory) rmSync(directory, { recursive: true });
  });

  /** What is seen on a terminal, and the exit status; `typed` is entered when a password is asked for. */
  async function onTerminal(command: readonly string[], typed: string, environment: Record<string, string> = {}) {
    const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const child = spawn("script", ["--quiet", "--return", "--command", line, "/dev/null"], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, TERM: "xterm", LANG: "C.UTF-8", ...environment },
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
    let seen = "";
    let isAnswered = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
      if (isAnswered || !seen.includes("Password for user me: ")) return;
      isAnswered = true;
      child.stdin.write(typed);
    });
    child.stdin.on("error", () => {});
    const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
    clearTimeout(timer);
    // Messages are broken into lines that fit.
    return { seen: seen.replace(/\s+/g, " "), status, isAnswered };
  }

  for (const runtime of chosenRuntimes()) {
    test(`on ${runtime}`, async () => {
      const url = `postgres://me@127.0.0.1:${server.port}/postgres`;
      const command = [...(await programCommand(runtime)), "status", "--dir", directory, "--url", url];
      const right = await onTerminal(command, "top secret ü\r");
      assert.equal(right.status, 0, right.seen);
      assert.ok(right.isAnswered && !right.seen.includes("secret"), right.seen);
      const corrected = await onTerminal(command, "oops\u0015top secret x\u007fü\r");
      assert.equal(corrected.status, 0, corrected.seen);
      const wrong = await onTerminal(command, "wrong\r");
      assert.deepEqual([wrong.status, wrong.seen.includes("password authentication failed")], [2, true], wrong.seen);
      const stopped = await onTerminal(command, "half\u0003");
      assert.deepEqual([stopped.status, stopped.seen.includes("half")], [130, false], stopped.seen);
      for (const [more, environment] of [[["--json"], {}] as const, [[], { CI: "true" }] as const]) {
        const unasked = await onTerminal([...command, ...more], "", environment);
        assert.deepEqual([unasked.status, unasked.isAnswered], [2, false], unasked.seen);
        assert.match(unasked.seen, /a password is asked for user \W*me\W* and none was given/);
      }
    });
  }
});
