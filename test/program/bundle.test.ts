import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { before, describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { chosenRuntimes, type Outcome, programCommand, type RuntimeName, run } from "../support/program.ts";

/*
 * Sealed programs, run where there are no migrations: as scripts on each runtime, as executables in an empty root.
 */

const place = temporaryPlace("bundle");
const checkout = join(place, "checkout");
/** Nothing of the project is here. */
const elsewhere = join(place, "elsewhere");

const FILES: Readonly<Record<string, string>> = {
  "migrations/001_users.sql": "CREATE TABLE users (name text);\n",
  "migrations/001_users.down.sql": "DROP TABLE users;\n",
  "migrations/002_größe.sql": `-- 'é'\n${"INSERT INTO users VALUES ('a');\n".repeat(4_000)}`,
  "migrations/production/003_only.sql": "CREATE TABLE only_there ();\n",
  "repeatable/names.sql": "CREATE OR REPLACE VIEW names AS SELECT name FROM users;\n",
};

before(() => {
  mkdirSync(elsewhere, { recursive: true });
  for (const [path, text] of Object.entries(FILES)) {
    const target = join(checkout, "database", path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
});

for (const runtime of chosenRuntimes()) {
  describe(`pgstep bundle on ${runtime}`, () => {
    const name = runtime === "binary" ? "sealed" : `sealed-${runtime}.mjs`;
    const sealed = join(checkout, name);
    let url = "";

    let command: Command;

    const inCheckout = (...words: string[]): Promise<Outcome> =>
      run([...command, ...words], { directory: checkout, environment: { DATABASE_URL: url } });
    const sealedAs = (path: string, ...words: string[]): Promise<Outcome> =>
      run(withProgram(command, path, ...words), { directory: elsewhere, environment: { DATABASE_URL: url } });
    const inElsewhere = (...words: string[]) => sealedAs(sealed, ...words);

    before(async () => {
      ({ url } = await (await sharedServer()).createDatabase());
      command = await ownCopy(runtime);
    });

    test("writes the same bytes each time, and tells what they are", async () => {
      const { stdout, status } = await inCheckout("bundle", "-o", name, "--label", "commit 1");
      assert.equal(status, 0);
      const first = readFileSync(sealed);
      const digest = createHash("sha256").update(first).digest("hex");
      const kind = runtime === "binary" ? "executable" : "script";
      assert.equal(stdout, `Bundled 3 migrations (5 files) into the ${kind} ${name}.\n${digest}  ${name}\n`);
      await inCheckout("bundle", "-o", name, "--label", "commit 1");
      assert.ok(readFileSync(sealed).equals(first));
    });

    test("the sealed program tells what is in it", async () => {
      const manifest = JSON.parse((await inElsewhere("--manifest")).stdout);
      assert.equal(manifest.label, "commit 1");
      assert.deepEqual(
        manifest.files,
        Object.keys(FILES)
          .sort()
          .map((path) => {
            const bytes = readFileSync(join(checkout, "database", path));
            const sha256 = createHash("sha256").update(bytes).digest("hex");
            return { path: `database/${path}`, size: bytes.length, sha256 };
          }),
      );
      assert.equal((await inCheckout("--manifest")).status, 2);
    });

    test("it migrates, whatever the variables and files of the place say of directories", async () => {
      writeFileSync(
        join(elsewhere, "pgstep.json"),
        JSON.stringify({ directory: "none", repeatableDirectory: "none", table: "other" }),
      );
      const up = await inElsewhere("up", "--env", "production", "--json");
      assert.equal(up.status, 0, up.stdout + up.stderr);
      rmSync(join(elsewhere, "pgstep.json"));
      const status = JSON.parse((await inElsewhere("status", "--env", "production", "--json")).stdout);
      assert.deepEqual([status.applied, status.pending, status.warnings], [3, 0, []]);
      assert.equal(status.migrations[1].file, "database/migrations/002_größe.sql");
      const [row] = await (await sharedServer()).query(
        new URL(url).pathname.slice(1),
        "SELECT (SELECT count(*) FROM names)::int AS names, to_regclass('only_there') IS NOT NULL AS only",
      );
      assert.deepEqual({ ...row }, { names: 4_000, only: true });
    });

    test("it refuses what needs the files, and other files", async () => {
      for (const words of [
        ["new", "more"],
        ["bundle", "-o", "again.mjs"],
        ["status", "--dir", "m"],
        ["up", "--table", "t"],
      ]) {
        const { status, stderr } = await inElsewhere(...words);
        assert.deepEqual([status, /this program is a bundle|this bundle fixes it/.test(stderr)], [2, true], stderr);
      }
      assert.ok(!existsSync(join(elsewhere, "again.mjs")));
    });

    test("it does nothing when its bytes have changed", async () => {
      const bytes = readFileSync(sealed);
      const at = bytes.lastIndexOf("commit 1");
      bytes[at] = "C".charCodeAt(0);
      const damaged = join(checkout, `damaged-${name}`);
      writeFileSync(damaged, bytes, { mode: 0o755 });
      for (const word of ["status", "--version"]) {
        const { status, stderr } = await sealedAs(damaged, word);
        assert.deepEqual([status, /its checksum does not match/.test(stderr)], [2, true], stderr);
      }
    });

    test("a pinned one runs on the history it was sealed for, and on no other", async () => {
      const server = await sharedServer();
      const target = await server.createDatabase();
      const other = await server.createDatabase();
      const migrate = (to: string, ...words: string[]) => inCheckout(...words, "--url", to);
      await migrate(target.url, "up", "001");
      const saved = (await migrate(target.url, "status", "--json")).stdout;
      writeFileSync(join(checkout, "status.json"), saved);
      assert.equal((await migrate(target.url, "bundle", "-o", name, "--pin")).status, 0);
      const pinnedHere = readFileSync(sealed);
      assert.equal((await inCheckout("bundle", "-o", name, "--pin-from", "status.json")).status, 0);
      assert.ok(readFileSync(sealed).equals(pinnedHere));

      const refused = await inElsewhere("up", "--url", other.url);
      assert.deepEqual(
        [refused.status, /001 is not applied, but it was when this bundle was built/.test(refused.stderr)],
        [3, true],
        refused.stderr,
      );
      const told = await inElsewhere("status", "--url", other.url, "--json");
      assert.deepEqual(
        [told.status, JSON.parse(told.stdout).warnings.map(({ rule }: { rule: string }) => rule)],
        [0, ["pinned"]],
      );
      for (const applied of [1, 0]) {
        const { status, stdout } = await inElsewhere("up", "--url", target.url, "--json");
        assert.deepEqual([status, JSON.parse(stdout.trim().split("\n").at(-1) ?? "").steps.length], [0, applied]);
      }
      await server.query(new URL(target.url).pathname.slice(1), "INSERT INTO schema_migrations (version) VALUES ('9')");
      assert.equal((await inElsewhere("down", "--url", target.url)).status, 3);
    });

    if (runtime === "binary") {
      test("the executable works in an empty root, on a server and embedded", async (context) => {
        // The runtime reads /proc; the mount goes with the process.
        const enter = ["unshare", "--mount", "sh", "-c", MOUNTED] as const;
        if (spawnSync(enter[0], [...enter.slice(1), "/", "/bin/true"]).status !== 0)
          return context.skip("no right to mount");
        const root = join(place, "root");
        for (const directory of ["tmp", "place", "proc"]) mkdirSync(join(root, directory), { recursive: true });
        await inCheckout("bundle", "-o", name);
        copyFileSync(sealed, join(root, "sealed"));
        for (const [, library = ""] of spawnSync("ldd", [sealed], { encoding: "utf8" }).stdout.matchAll(/(\/\S+)/g)) {
          mkdirSync(dirname(join(root, library)), { recursive: true });
          cpSync(realpathSync(library), join(root, library));
        }
        const fresh = await (await sharedServer()).createDatabase();
        for (const to of [fresh.url, "pglite:/place/data"]) {
          for (const words of [["up"], ["status", "--exit-code"]]) {
            const outcome = await run([...enter, root, "/sealed", ...words, "--url", to], { directory: place });
            assert.equal(outcome.status, 0, outcome.stdout + outcome.stderr);
          }
        }
      });

      test("where the executable's format does not allow more, the seal lies beside it", async () => {
        const program = command;
        const foreign = join(checkout, "foreign");
        writeFileSync(foreign, Buffer.concat([Buffer.from([0xcf, 0xfa, 0xed, 0xfe]), readFileSync(program[0])]));
        await inCheckout("bundle", "-o", "both", "--executable", foreign);
        assert.ok(readFileSync(join(checkout, "both")).equals(readFileSync(foreign)));
        copyFileSync(program[0], join(checkout, "both"));
        const { stdout } = await run([join(checkout, "both"), "--manifest"], { directory: elsewhere });
        assert.equal(JSON.parse(stdout).files.length, Object.keys(FILES).length);
      });

      test("an executable carries what another program seals, and only one of pgstep's does", async () => {
        const [executable] = command;
        const node = await ownCopy("node");
        const seal = (...words: string[]) => run([...node, "bundle", ...words], { directory: checkout });
        await inCheckout("bundle", "-o", name);
        assert.equal((await seal("-o", "other", "--executable", executable)).status, 0);
        assert.ok(readFileSync(join(checkout, "other")).equals(readFileSync(sealed)));
        for (const wrong of [process.execPath, sealed, join(checkout, "status.json")]) {
          const { status, stderr } = await seal("-o", "wrong", "--executable", wrong);
          assert.deepEqual([status, /Cannot build the bundle/.test(stderr)], [2, true], stderr);
        }
        assert.ok(!existsSync(join(checkout, "wrong")));
      });
    }
  });
}

test("problems of the files and of the command line leave nothing behind", async () => {
  const command = await ownCopy("node");
  const bundle = async (...words: string[]) => {
    const { status, stderr } = await run([...command, "bundle", ...words], { directory: checkout });
    return `${status} ${stderr.split("\n").find((line) => line.startsWith("error:"))}`;
  };
  mkdirSync(join(checkout, "unsound"));
  writeFileSync(join(checkout, "unsound", "001_a.sql"), "SELECT 'x;");
  assert.match(await bundle("-o", "x.mjs", "--dir", "unsound"), /^3 .*Cannot bundle the migrations/);
  assert.match(await bundle("-o", "x.mjs", "--dir", "."), /^2 .*needs the directory's name/);
  assert.match(await bundle("-o", "x.mjs", "--dir", "none"), /^2 .*no such directory/);
  assert.match(await bundle("-o", "x"), /^2 .*this program is a script/);
  assert.match(await bundle(), /^2 .*no file is named/);
  assert.match(await bundle("-o", "x.mjs", "--pin"), /^2 /);
  assert.match(await bundle("-o", "x.mjs", "--pin-from", "database/migrations/001_users.sql"), /^2 .*status --json/);
  assert.match(await bundle("-o", "none/x.mjs"), /^2 .*no such file or directory/);
  assert.ok(!existsSync(join(checkout, "x.mjs")));
});

/** For a shell: runs a command in the root that is named first. */
const MOUNTED = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"';

type Command = readonly [string, ...string[]];

/** What starts a copy of the program, which stays as it is when another test builds it anew. */
async function ownCopy(runtime: RuntimeName): Promise<Command> {
  const command = await programCommand(runtime);
  const copy = join(place, runtime === "binary" ? "pgstep" : `pgstep-${runtime}.mjs`);
  copyFileSync(command.at(-1) ?? "", copy);
  return withProgram(command, copy);
}

/** The same command for another program. */
function withProgram([first, ...others]: Command, program: string, ...words: string[]): Command {
  return others.length === 0 ? [program, ...words] : [first, ...others.slice(0, -1), program, ...words];
}
