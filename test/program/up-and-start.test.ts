import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { chosenRuntimes, mayRunPrograms, programCommand, type RuntimeName, run } from "../support/program.ts";

/*
 * `pgstep up -- program`: real programs, real signals, a real terminal, and process 1 of a real process namespace.
 */

const place = temporaryPlace("start");

/** Says what it is told, and ends with 9 when it was told enough. */
writeFileSync(
  join(place, "service.sh"),
  `count=0
for signal in TERM INT HUP QUIT USR1 USR2; do trap "echo got $signal" $signal; done
trap 'count=$((count + 1)); echo "got INT $count"' INT
trap 'echo got TERM; exit 9' TERM
echo ready
while :; do sleep 0.05; done
`,
);

/** Tells of each Ctrl-C at once: a shell that sleeps would take two for one. */
writeFileSync(
  join(place, "prompt.mjs"),
  `let count = 0;
process.on("SIGINT", () => console.log("got INT " + ++count));
process.on("SIGTERM", () => process.exit(9));
setInterval(() => {}, 1000);
console.log("ready");
`,
);

function directory(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(join(place, name), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(place, name, file), text);
  return name;
}

const SOUND = directory("sound", { "001_a.sql": "CREATE TABLE a (id integer);\n" });

async function command(runtime: RuntimeName, mayRun = true): Promise<[string, ...string[]]> {
  const given = await programCommand(runtime);
  return mayRun ? mayRunPrograms(given) : [...given];
}

for (const runtime of chosenRuntimes()) {
  describe(`up and start on ${runtime}`, { concurrency: 2 }, () => {
    async function pgstep(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
      const { name, url } = await (await sharedServer()).createDatabase();
      const outcome = await run([...(await command(runtime)), ...words], {
        directory: place,
        environment: { DATABASE_URL: url, PGSTEP_DIR: SOUND, ...environment },
        input: "typed\n",
        timeoutMs: 30_000,
      });
      return { ...outcome, url, database: name };
    }

    /** Started, until it has printed that line. */
    async function started(first: string, ...rest: readonly string[]) {
      const { url } = await (await sharedServer()).createDatabase();
      const child = spawn(first, rest, {
        cwd: place,
        env: { ...process.env, DATABASE_URL: url, PGSTEP_DIR: SOUND },
        stdio: ["pipe", "pipe", "pipe"],
      });
      after(() => void child.kill("SIGKILL"));
      let told = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          told += text;
        });
      }
      const ended = new Promise<number | string>((resolve) => {
        child.once("close", (status, signal) => resolve(status ?? signal ?? 1));
      });
      const printed = async (text: string) => {
        const deadline = Date.now() + 20_000;
        while (!told.includes(text)) {
          assert.ok(Date.now() < deadline, `"${text}" never came: ${told}`);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      };
      return { child, ended, printed, told: () => told };
    }

    test("the program runs after the migrations, with our input, output, variables and its own words", async () => {
      const script = 'read line; echo "$line, $1, $2, $PGSTEP_DIR"; echo aside >&2';
      const words = ["up", "--", "sh", "-c", script, "sh", "--json", "a b"];
      const { stdout, stderr, status } = await pgstep(words);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^✓ 001_a .*\nApplied 1 migration in .*\ntyped, --json, a b, sound\n$/);
      assert.match(stderr, /aside\n$/);
    });

    test("its exit status is ours, and 128 and the number of a signal that ended it", async () => {
      assert.equal((await pgstep(["up", "--", "sh", "-c", "exit 7"])).status, 7);
      assert.equal((await pgstep(["up", "--", "sh", "-c", "kill -KILL $$"])).status, 137);
      assert.equal((await pgstep(["up", "--", "sh", "-c", "kill -TERM $$"])).status, 143);
    });

    // Bun takes the first -- behind the file for its own.
    test("up need not be named", { skip: runtime === "bun" }, async () => {
      assert.equal((await pgstep(["--", "sh", "-c", "exit 7"])).status, 7);
    });

    test("no connection and no lock is left when it starts", async () => {
      const { name, url } = await (await sharedServer()).createDatabase();
      const marker = join(place, `${name}.marker`);
      const child = spawn(
        (await command(runtime))[0],
        [...(await command(runtime)).slice(1), "up", "--", "sh", "-c", `echo > ${marker}; sleep 20`],
        { cwd: place, env: { ...process.env, DATABASE_URL: url, PGSTEP_DIR: SOUND }, stdio: "ignore" },
      );
      try {
        while (!existing(marker)) {
          assert.equal(child.exitCode, null, "it ended before the program started");
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        const sessions = await (await sharedServer()).query(
          "postgres",
          `SELECT pid FROM pg_stat_activity WHERE datname = '${name}'`,
        );
        assert.deepEqual(sessions, []);
      } finally {
        child.kill("SIGTERM");
      }
    });

    test("the embedded database is closed when it starts", async () => {
      const words = ["up", "--url", `pglite:data-${runtime}`] as const;
      const again = [...(await command(runtime)), ...words];
      const { status, stdout, stderr } = await pgstep([...words, "--", ...again]);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /Applied 1 migration in .*\n.*Nothing to do/is);
    });

    test("with --json our lines come first", async () => {
      const { stdout, status } = await pgstep(["up", "--json", "--", "echo", "its own"]);
      assert.equal(status, 0);
      const lines = stdout.trimEnd().split("\n");
      assert.equal(lines.pop(), "its own");
      const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
      assert.equal(types.at(-1), "run");
    });

    test("nothing is started when a migration fails, or nothing could be done", async () => {
      const failing = directory("failing", { "001_a.sql": "CREATE TABLE a (id integer);\nSELECT 1 / 0;\n" });
      const failed = await pgstep(["up", "--dir", failing, "--", "echo", "started"]);
      assert.equal(failed.status, 4);
      assert.doesNotMatch(failed.stdout, /started/);
      const refused = await pgstep(["up", "--dir", "no-such", "--", "echo", "started"]);
      assert.equal(refused.status, 2);
      assert.doesNotMatch(refused.stdout, /started/);
      const planned = await pgstep(["up", "--dry-run", "--", "echo", "started"]);
      assert.equal(planned.status, 2);
      assert.match(planned.stderr, /Cannot run pgstep up: --dry-run and a program to start \(echo\) contradict/);
    });

    test("127 for what does not exist and 126 for what may not be run", async () => {
      const missing = await pgstep(["up", "--", "no-such-program"]);
      assert.equal(missing.status, 127);
      assert.match(missing.stderr, /error: Cannot start no-such-program: there is no such program\nhelp: Check/);
      assert.match(missing.stdout, /Applied 1 migration/);
      assert.equal((await pgstep(["up", "--", place])).status, 126);
      const forbidden = await pgstep(["up", "--json", "--", join(place, "service.sh")]);
      assert.equal(forbidden.status, 126);
      assert.match(forbidden.stdout, /"code":"program-not-started","message":"Cannot start .*: permission denied"/);
    });

    test("a signal reaches the program, whatever it is, and none of them ends us", async () => {
      const { child, ended, printed, told } = await started(
        ...(await command(runtime)),
        "up",
        "--",
        "sh",
        "service.sh",
      );
      await printed("ready");
      for (const signal of ["SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGINT"] as const) {
        child.kill(signal);
        await printed(`got ${signal.slice(3)}`);
      }
      child.kill("SIGTERM");
      assert.equal(await ended, 9, told());
      assert.equal(told().match(/got/g)?.length, 6, told());
    });

    test("Ctrl-C at a terminal reaches the program once", { skip: noScript() }, async () => {
      const line = [...(await command(runtime)), "up", "--", process.execPath, join(place, "prompt.mjs")]
        .map(quoted)
        .join(" ");
      // Without exec some shells stay between, and end by the Ctrl-C that the program has dealt with.
      const terminal = await started("script", "-qefc", `exec ${line}`, "/dev/null");
      await terminal.printed("ready");
      // Two that come close together may count as one, so that one press would not tell.
      for (let press = 1; press <= 8; press++) {
        terminal.child.stdin.write("\x03");
        await terminal.printed(`got INT ${press}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.doesNotMatch(terminal.told(), /got INT 9/);
      process.kill(onlyChild(terminal.child.pid), "SIGTERM");
      assert.equal(await terminal.ended, 9, terminal.told());
    });

    test("as process 1: a signal during the migrations interrupts, one later is passed on", {
      skip: noNamespaces(),
    }, async () => {
      const slow = directory("slow", { "001_a.sql": "SELECT pg_sleep(30);\n" });
      const namespace = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] as const;
      const [first, ...rest] = namespace;
      const early = await started(
        first,
        ...rest,
        ...(await command(runtime)),
        "up",
        "--dir",
        slow,
        "--",
        "echo",
        "started",
      );
      await early.printed("Running 1 step");
      process.kill(onlyChild(early.child.pid), "SIGTERM");
      assert.equal(await early.ended, 143, early.told());
      assert.doesNotMatch(early.told(), /^started/m);
      const late = await started(first, ...rest, ...(await command(runtime)), "up", "--", "sh", "service.sh");
      await late.printed("ready");
      process.kill(onlyChild(late.child.pid), "SIGTERM");
      assert.equal(await late.ended, 9, late.told());
    });
  });
}

describe("up and start on deno, without its permission", { skip: !chosenRuntimes().includes("deno") }, () => {
  test("says which permission is missing", async () => {
    const { url } = await (await sharedServer()).createDatabase();
    const { stdout, stderr, status } = await run([...(await command("deno", false)), "up", "--", "echo", "started"], {
      directory: place,
      environment: { DATABASE_URL: url, PGSTEP_DIR: SOUND },
    });
    assert.equal(status, 2);
    assert.match(
      stderr,
      /error: Cannot start echo: Deno requires run access.*\nhelp: Run pgstep with --allow-run as well\./,
    );
    assert.doesNotMatch(stdout, /^started/m);
  });
});

function existing(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function childrenOf(pid: number | undefined): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

function onlyChild(pid: number | undefined): number {
  const [child] = childrenOf(pid);
  assert.ok(child !== undefined, `process ${pid} has no child`);
  return child;
}

function noScript(): string | false {
  return spawnSync("script", ["--version"]).status === 0 ? false : "the program script is not installed";
}

function noNamespaces(): string | false {
  const trial = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "--kill-child", "true"]);
  return trial.status === 0 ? false : "no process namespace can be made here";
}
