import assert from "node:assert/strict";
import { dirname, relative } from "node:path";
import { afterEach, before, beforeEach, describe, test } from "node:test";
import { COMMANDS, TEXT_COMMANDS } from "../../src/commands/index.ts";
import { HOOK_MOMENTS, keyOfMoment } from "../../src/core/hooks/hook.ts";
import { type HostileCheckout, makeHostileCheckout } from "../support/hostile-checkout.ts";
import { catchPasswords } from "../support/password-catcher.ts";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import { programCommand, RUNTIMES, type RuntimeName, run, runtimesInTurn } from "../support/program.ts";

/*
 * Commands that only look, in a checkout that nobody has read: nothing of it is started, and nothing is written outside.
 */

/** A copy of an executable has no ending, one of a script has. */
const BUNDLE = "deploy.mjs";

/** Each command that looks, as it is typed; which of them write in the checkout, and where. */
const LOOKING: readonly { readonly words: readonly string[]; readonly writes?: RegExp }[] = [
  { words: ["status"] },
  { words: ["status", "--exit-code", "--json"] },
  { words: ["validate"] },
  { words: ["validate", "--format", "sarif"] },
  // Without --all it asks the user's own git which files are new: the tests of git try that in hostile repositories.
  { words: ["check", "--all"] },
  { words: ["check", "--all", "--format", "sarif"] },
  { words: ["check", "--explain", "rewrites-table"] },
  { words: ["plan", "--first-run", "--fail-on", "never"] },
  { words: ["drift"] },
  { words: ["config"] },
  { words: ["doctor"] },
  { words: ["types"] },
  { words: ["types", "--out", "src/database.ts"], writes: /^src(\/database\.ts)?$/ },
  { words: ["types", "--replay", "--out", "src/tables/"], writes: /^src(\/tables(\/[a-z-]+\.ts)?)?$/ },
  { words: ["dump"] },
  { words: ["dump", "--out", "src/schema.sql"], writes: /^src(\/schema\.sql)?$/ },
  { words: ["dump", "--from-migrations", "--out", "migrated.sql"], writes: /^migrated\.sql$/ },
  { words: ["stats"], writes: /^database\/stats\.json$/ },
  { words: ["diff", "--to", "migrated.sql"] },
  { words: ["wait", "--timeout", "5s"] },
  { words: ["bundle", "--output", BUNDLE], writes: /^deploy/ },
  { words: ["help"] },
  { words: ["help", "up"] },
  { words: ["completion", "bash"] },
  { words: ["__complete", "--", "up", ""] },
  { words: ["up", "--dry-run"] },
  { words: ["down", "--dry-run"] },
  { words: ["redo", "--dry-run"] },
  { words: ["seed", "--dry-run"] },
  { words: ["backup", "--list"] },
  { words: ["import", "--dry-run"] },
  // Last: what it writes is a template, which others refuse.
  { words: ["init"], writes: /^(database\/migrations\/\.gitkeep|package\.json|pgstep\.json)$/ },
  { words: ["new", "evil", "--down"], writes: /^database\/migrations\/\d+_evil(\.down)?\.sql$/ },
];

test("each command says whether it looks or changes, and each that looks is tried in the hostile checkout", () => {
  const all = [...COMMANDS, ...TEXT_COMMANDS];
  const expected = all.flatMap(({ name, effect, looksWith }) =>
    effect === "reads" ? [name] : looksWith ? [`${name} --${looksWith}`] : [],
  );
  const tried = new Set(LOOKING.flatMap(({ words: [name, option] }) => [name, `${name} ${option}`]));
  assert.deepEqual(
    expected.filter((words) => !tried.has(words)),
    [],
  );
  // An option that promises to write nothing is one with which a command looks.
  for (const { name, effect, looksWith, options } of all) {
    if (effect === "changes" && options.some((option) => option.name === "dry-run")) {
      assert.equal(looksWith, "dry-run", name);
    }
  }
});

describe("a hostile checkout", () => {
  let server: PostgresServer;
  let database: { name: string; url: string };
  let checkout: HostileCheckout;

  before(async () => {
    server = await sharedServer();
  });
  beforeEach(async () => {
    database = await server.createDatabase("CREATE TABLE there (id int)");
    checkout = makeHostileCheckout();
  });
  afterEach(() => checkout.end());

  /** A project file that leads to every trap; `more` in the place of what it says. */
  function hostileFile(more: Readonly<Record<string, unknown>> = {}): string {
    const hooks = HOOK_MOMENTS.map((moment) => [keyOfMoment(moment), checkout.trap(`hook-${moment}`)]);
    return JSON.stringify({
      url: database.url,
      hooks: Object.fromEntries(hooks),
      pgDump: `${checkout.directory}/evil/pg_dump`,
      backup: "always",
      backupDirectory: "../elsewhere/backups",
      backupVerify: "full",
      logFile: "../home/.bashrc",
      quiet: true,
      ...more,
    });
  }

  function fill(): void {
    const { write } = checkout;
    write("database/migrations/001_a.sql", "CREATE TABLE a (id int PRIMARY KEY);\n");
    write("database/migrations/001_a.down.sql", "DROP TABLE a;\n");
    write("database/migrations/002_b.sql", "CREATE TABLE b (id int PRIMARY KEY);\n");
    write("database/hooks/before-up.sql", "SELECT 1;\n");
    write("database/seeds/a.sql", "INSERT INTO a VALUES (1);\n");
    write("evil/pg_dump", `#!/bin/sh\n${checkout.trap("pg_dump")}\n`, 0o755);
  }

  async function pgstep(runtime: RuntimeName, words: readonly string[], environment: Record<string, string> = {}) {
    const [program, ...rest] = await programCommand(runtime);
    const outcome = await run([program, ...rest, ...words], {
      directory: checkout.directory,
      environment: { ...checkout.environment, ...environment },
      timeoutMs: 120_000,
    });
    assert.ok(!/has a bug/.test(outcome.stderr), outcome.stderr);
    return outcome;
  }

  /** What the run wrote in the checkout. Nothing may have happened outside of it. */
  async function contained(runtime: RuntimeName, words: readonly string[], environment: Record<string, string> = {}) {
    const before = { inside: checkout.inside(), outside: checkout.outside() };
    const outcome = await pgstep(runtime, words, environment);
    const typed = words.join(" ");
    assert.deepEqual(checkout.sprung(), [], typed);
    assert.deepEqual(checkout.outside(), before.outside, typed);
    const after = checkout.inside();
    const gone = [...before.inside.keys()].filter((path) => !after.has(path));
    assert.deepEqual(gone, [], typed);
    const written = [...after].filter(([path, content]) => before.inside.get(path) !== content).map(([path]) => path);
    return { ...outcome, written: written.map((path) => relative(checkout.directory, path)) };
  }

  for (const runtime of runtimesInTurn(RUNTIMES.indexOf("node"))) {
    test(`springs no trap of its project file with commands that look, on ${runtime}`, async () => {
      fill();
      // From elsewhere, where the project file does not count.
      const words = ["up", "001", "--url", database.url, "--dir", `${checkout.directory}/database/migrations`];
      await run([...(await programCommand("node")), ...words], { directory: dirname(checkout.directory) });
      checkout.write("pgstep.json", hostileFile());
      for (const { words: one, writes } of LOOKING) {
        const words = one.map((word) => (word === BUNDLE && runtime === "binary" ? "deploy" : word));
        const { written, status, stderr } = await contained(runtime, words);
        const typed = words.join(" ");
        const strange = written.filter((path) => !writes?.test(path));
        assert.deepEqual(strange, [], typed);
        if (writes) assert.notDeepEqual(written, [], `${typed}: ${stderr}`);
        // That nothing happened proves nothing where the command failed early.
        const expected =
          { "status --exit-code --json": 3, "seed --dry-run": 3, "import --dry-run": 3, drift: 3 }[typed] ?? 0;
        assert.equal(status, expected, `${typed}: ${stderr}`);
      }
    });

    test(`names what it starts where a command changes something, on ${runtime}`, async () => {
      fill();
      checkout.write("pgstep.json", hostileFile({ backup: "never", logFile: "../elsewhere/own.log" }));
      const words = ["up", "001"];
      const { status, stderr } = await pgstep(runtime, words, { PATH: process.env.PATH ?? "" });
      const refused = /Deno requires run access/.test(stderr);
      const named = stderr.split("\n").filter((line) => line.startsWith("Starting the hook"));
      assert.match(named[0] ?? "", /^Starting the hook before-up that pgstep\.json:1:\d+ names: \/bin\/touch \//);
      if (runtime === "deno") {
        assert.ok(refused, stderr);
        return;
      }
      assert.equal(status, 0, stderr);
      assert.deepEqual(checkout.sprung(), ["hook-after-step", "hook-after-up", "hook-before-step", "hook-before-up"]);
      assert.ok([...checkout.outside().keys()].some((path) => path.endsWith("elsewhere/own.log")));
      assert.equal((await pgstep(runtime, ["backup", "--verify", "contents"])).status, 2);
      assert.deepEqual(checkout.sprung(), ["pg_dump"]);
    });

    test(`springs none with hostile names, SQL and links either, on ${runtime}`, async () => {
      fill();
      const { write, link, trap } = checkout;
      write("database/migrations/--config=evil_003.sql", "SELECT 1;\n");
      write("database/migrations/003_\u001b[2J\u001b]0;evil\u0007.sql", "SELECT 1;\n");
      write("database/migrations/004_two\nlines.sql", "SELECT 1;\n");
      write("database/migrations/005_$(touch evil);`touch evil`.sql", "SELECT 1;\n");
      write("database/migrations/006_psql.sql", `\\! ${trap("psql")}\nSELECT 1 \\g |${trap("psql-pipe")}\n`);
      write("database/migrations/007_program.sql", `COPY a FROM PROGRAM '${trap("copy-program")}';\n`);
      link("database/migrations/008_link.sql", "../../../home/.bashrc");
      link("src", "../elsewhere");
      link("database.ts", "../elsewhere/kept.txt");
      link("deep", "src/deeper");
      link("nowhere.log", "../elsewhere/new.log");
      write("package.json", `{ "name": "evil", "scripts": {}, "pgstep": ${hostileFile({ logFile: "nowhere.log" })} }`);
      for (const { words } of LOOKING)
        await contained(
          runtime,
          words.filter((word) => word !== "--replay" && word !== "--from-migrations"),
        );
      checkout.write("package.json", `{ "pgstep": ${hostileFile({ logFile: "src/new.log" })} }`);
      for (const out of ["src/new/", "deep/new.ts"]) {
        const { status, stderr, written } = await contained(runtime, ["types", "--out", out]);
        assert.match(stderr, /: a link leads to .*, outside the project/);
        assert.deepEqual([status, written], [2, []]);
      }
      const { stderr } = await contained(runtime, ["types", "--out", "database.ts"]);
      assert.match(stderr, /Cannot write database\.ts: it exists, and pgstep types did not write it/);
    });

    test(`writes to no place that only the project file names, on ${runtime}`, async () => {
      fill();
      const { write, link } = checkout;
      link("data", "../elsewhere/data");
      link("database/stand-ins/evil.sql", "../../../home/.bashrc");
      write("../elsewhere/own/evil.sql", "SELECT 1;\n");
      const shadow = await server.createDatabase();
      const cases: readonly (readonly [file: Readonly<Record<string, unknown>>, words: string[], told: RegExp])[] = [
        [
          { directory: "../elsewhere/migrations" },
          ["new", "evil"],
          /pgstep\.json:1:\d+ names a directory outside the project/,
        ],
        [{ directory: "data" }, ["new", "evil"], /a link leads to .*, outside the project/],
        [{ directory: ".git/hooks" }, ["new", "evil"], /a link leads to .*\.git.*, outside the project/],
        [
          { url: "pglite:../elsewhere/data" },
          ["status"],
          /Cannot use pglite:.* from pgstep\.json:1:\d+: it is outside/,
        ],
        [{ url: "pglite:data" }, ["doctor"], /it is outside the project/],
        [{ shadowUrl: "pglite:../elsewhere/data" }, ["check", "--all"], /it is outside the project/],
        [{ shadowUrl: shadow.url }, ["check", "--all"], /Cannot use the shadow database from pgstep\.json:1:\d+/],
        [{ dump: "../elsewhere/schema.sql" }, ["dump"], /outside the project/],
        [{ dump: ".git/hooks/pre-commit" }, ["dump"], /outside the project/],
        [{ shadowUrl: shadow.url }, ["types", "--replay"], /Cannot use the shadow database from pgstep\.json:1:\d+/],
        [{}, ["check", "--all"], /Cannot read database\/stand-ins\/evil\.sql: it leads to .*, outside the project/],
        [{}, ["types", "--replay"], /Cannot read database\/stand-ins\/evil\.sql: it leads to .*, outside the project/],
        [{ standInsDirectory: "../elsewhere/own" }, ["check", "--all"], /: it leads to .*, outside the project/],
      ];
      for (const [more, words, told] of cases) {
        write("pgstep.json", hostileFile({ logFile: undefined, ...more }));
        const { status, stdout, stderr, written } = await contained(runtime, words);
        assert.match(stdout + stderr, told, `${JSON.stringify(more)} ${words.join(" ")}`);
        assert.deepEqual([status, written], [2, []]);
      }
      write("pgstep.json", hostileFile());
      const { stderr } = await contained(runtime, ["status"]);
      assert.match(
        stderr,
        /no log is written to \.\.\/home\/\.bashrc: it is outside the project, and only pgstep\.json:1:\d+ names it/,
      );
      assert.deepEqual(
        await server.query(shadow.name, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
        [],
      );
      // Inside of the project, and where the command line says, a log is written as ever.
      write("pgstep.json", hostileFile({ logFile: "own.log" }));
      assert.deepEqual((await contained(runtime, ["status"])).written, ["own.log"]);
    });

    test(`sends no password of the user's to a server of its choice, on ${runtime}`, async () => {
      fill();
      const catcher = await catchPasswords("clear text");
      try {
        const urls = [`postgres://u:\${MY_SECRET}@`, "postgres://u@", `postgres://\${MY_SECRET}@`];
        for (const url of urls) {
          const own = `${url}127.0.0.1:${catcher.port}/d?require_auth=password&sslmode=disable`;
          checkout.write("pgstep.json", hostileFile({ url: own, shadowUrl: own, logFile: undefined }));
          for (const words of [
            ["status"],
            ["validate"],
            ["doctor"],
            ["types"],
            ["wait", "--timeout", "1s"],
            ["config"],
          ]) {
            const { stdout, stderr } = await contained(runtime, words, {
              MY_SECRET: "topsecret",
              PGPASSWORD: "topsecret",
            });
            assert.ok(!`${stdout}${stderr}`.includes("topsecret"), words.join(" "));
          }
        }
        assert.deepEqual(catcher.passwords, []);
        assert.ok(!catcher.heard.some((text) => text.includes("topsecret")));
        assert.notEqual(catcher.heard.length, 0);
      } finally {
        catcher.close();
      }
    });
  }
});
