import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { identifierOf, START_MODULES } from "../../build/pack.ts";
import { temporaryPlace } from "../support/place.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, run } from "../support/program.ts";

/*
 * The modules that a command compiles and evaluates: the time of a start depends on them, and is not measured here.
 */

/** A project as most are: with both kinds of project files, and a server that asks for a password. */
const place = temporaryPlace("start-modules", {
  "migrations/001_a.sql": "SELECT 1;\n",
  "package.json": '{ "name": "shop", "type": "module" }\n',
  "pgstep.json": '{ "directory": "migrations" }\n',
});
const environment: Record<string, string> = { XDG_CACHE_HOME: join(place, "cache") };
let server: PostgresServer;

before(async () => {
  const authentication = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
  server = await startPostgres({ authentication });
  const { name } = await server.createDatabase("ALTER ROLE postgres PASSWORD 'secret'");
  environment.DATABASE_URL = server.url(name, "postgres", "secret");
  const up = [process.execPath, await ensureBuilt(), "up"] as const;
  // The first run applies the migration, the second keeps the compiled code.
  for (let count = 0; count < 2; count++) await run([...up], { directory: place, environment });
});

after(() => server.stop());

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly count: number }[];
    }[];
  }[];
}

/** The names of the packed modules that a command evaluates, from V8's coverage. */
async function evaluated(...words: readonly string[]): Promise<string[]> {
  const directory = join(place, "coverage");
  rmSync(directory, { recursive: true, force: true });
  const { status, stderr } = await run([process.execPath, await ensureBuilt(), ...words], {
    directory: place,
    environment: { ...environment, NODE_V8_COVERAGE: directory },
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  const [file = ""] = readdirSync(directory);
  const { result } = JSON.parse(readFileSync(join(directory, file), "utf8")) as Coverage;
  return result.flatMap(({ url, functions }) => {
    if (!url.startsWith("pgstep:")) return [];
    if (url !== "pgstep:start") return [url.slice("pgstep:".length)];
    const called = new Set(functions.map(({ functionName, ranges }) => (ranges[0]?.count ? functionName : "")));
    return listed().filter((name) => called.has(identifierOf(name)));
  });
}

function listed(): string[] {
  return readFileSync(START_MODULES, "utf8").trim().split("\n");
}

describe("the modules that a start evaluates", () => {
  test("are none for the version", async () => {
    assert.deepEqual(await evaluated("--version"), []);
  });

  test("are those of build/start-modules.txt when nothing is pending", async () => {
    const typed = ["--url", environment.DATABASE_URL ?? "", "--dir", "migrations"];
    const found = [...new Set([...(await evaluated("up")), ...(await evaluated("up", ...typed))])].sort();
    if (process.env.UPDATE) writeFileSync(START_MODULES, `${found.join("\n")}\n`);
    const others = found.filter((name) => !listed().includes(name));
    const unused = listed().filter((name) => !found.includes(name));
    const hint = "write the file again with UPDATE=1 npm test -- program/start";
    assert.deepEqual({ others, unused }, { others: [], unused: [] }, hint);
  });
});

describe("the program's file alone in a directory", () => {
  const alone = join(place, "alone");
  before(async () => {
    mkdirSync(alone);
    cpSync(await ensureBuilt(), join(alone, "pgstep.mjs"));
  });
  after(() => rmSync(alone, { recursive: true }));

  for (const runtime of chosenRuntimes().filter((name) => name !== "binary")) {
    test(`runs on ${runtime}`, async () => {
      const command = (await programCommand(runtime)).slice(0, -1);
      const start = (...words: readonly string[]) =>
        run([...command, join(alone, "pgstep.mjs"), ...words] as [string, ...string[]], {
          directory: place,
          environment,
        });
      assert.match((await start("--version")).stdout, /^pgstep [0-9.]+\n$/);
      assert.match((await start("help", "up")).stdout, /^pgstep up/m);
      const { stdout, stderr, status } = await start("up");
      assert.deepEqual([stdout, stderr, status], ["Nothing to do: 1 migration is already applied.\n", "", 0]);
      const validated = await start("validate");
      assert.match(validated.stdout, /^Checked 1 migration against .*: no problems found\.\nSyntax not checked: /);
      assert.deepEqual(readdirSync(alone), ["pgstep.mjs"]);
    });
  }
});

describe("the code that Node compiled", () => {
  const cache = join(place, "code-cache");
  const directory = join(cache, "pgstep", "code");
  const up = async (more: Readonly<Record<string, string>> = {}, command = "up") => {
    const started = [process.execPath, await ensureBuilt(), command] as const;
    const { status, stderr } = await run([...started], {
      directory: place,
      environment: { ...environment, XDG_CACHE_HOME: cache, ...more },
    });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  };
  const kept = () => {
    const [name = "", ...others] = readdirSync(directory);
    assert.deepEqual(others, []);
    return { path: join(directory, name), ...pick(statSync(join(directory, name))) };
  };
  const pick = ({ ino, mode }: Stats) => ({ ino, mode: mode & 0o777 });

  test("is kept by the second run of a command that may write, and not written again while it is of use", async () => {
    await up({ NODE_DISABLE_COMPILE_CACHE: "1" });
    for (let count = 0; count < 2; count++) await up({}, "status");
    assert.ok(!existsSync(cache));
    await up();
    assert.deepEqual(readdirSync(directory), []);
    await up();
    const first = kept();
    assert.equal(first.mode, 0o600);
    await up();
    assert.deepEqual(kept(), first);
  });

  test("is not used, but replaced, when it is damaged or others may have written it", async () => {
    for (const change of [
      (path: string) => chmodSync(path, 0o620),
      (path: string) => writeFileSync(path, readFileSync(path).fill(0, 5000, 5001)),
      (path: string) => writeFileSync(path, readFileSync(path).subarray(0, -1)),
      (path: string) => writeFileSync(path, ""),
    ]) {
      const before = kept();
      change(before.path);
      await up();
      assert.notEqual(kept().ino, before.ino);
      assert.equal(kept().mode, 0o600);
    }
    chmodSync(directory, 0o770);
    const before = kept();
    await up();
    assert.notEqual(kept().ino, before.ino);
  });

  test("is not kept where nothing can be written", async () => {
    await up({ XDG_CACHE_HOME: "/dev/null/cache" });
  });
});
