import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryPlace } from "../support/place.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { chosenRuntimes, programCommand, run } from "../support/program.ts";

/*
 * Users as containers and sudo make them: without a home, unknown to the system, in a directory of another's.
 */

/** The words before those of a program that it runs as a user whom nobody has written down. */
const AS_STRANGER = [
  "setpriv",
  "--reuid",
  "12345",
  "--regid",
  "12345",
  "--clear-groups",
  "env",
  "--unset=HOME",
] as const;
const SKIP = process.getuid?.() !== 0 && "only root may be another";

const place = temporaryPlace("homeless");
chmodSync(place, 0o755);
mkdirSync(join(place, "database", "migrations"), { recursive: true });
writeFileSync(join(place, "database", "migrations", "001_a.sql"), "CREATE TABLE a ();\n");
writeFileSync(join(place, ".pg_service.conf"), "[here]\nhost=127.0.0.1\n");

/** Another user's project file, in a directory that all users share. */
const shared = temporaryPlace("shared");
chmodSync(shared, 0o1777);
const mine = join(shared, "mine");
mkdirSync(join(mine, "database", "migrations"), { recursive: true });
writeFileSync(join(mine, "database", "migrations", "001_a.sql"), "CREATE TABLE a ();\n");
const bait = `touch ${join(mine, "caught")}`;
writeFileSync(
  join(shared, "pgstep.json"),
  JSON.stringify({ hooks: { beforeUp: bait, afterUp: bait }, backup: "always", pgDump: bait }),
);
if (!SKIP) chownSync(join(shared, "pgstep.json"), 65_534, 65_534);

for (const runtime of chosenRuntimes()) {
  test(`a directory of another user's above is not named as the one that is meant, on ${runtime}`, {
    skip: SKIP,
  }, async () => {
    const program = await programCommand(runtime);
    const name = `sql-${runtime}`;
    mkdirSync(join(shared, name));
    const hint = async () =>
      (await run([...program, "validate", "--dir", name, "--quiet"], { directory: mine })).stderr;
    assert.match(await hint(), new RegExp(`help: The directory \\.\\./${name} exists:`));
    chownSync(join(shared, name), 65_534, 65_534);
    assert.match(await hint(), /there is no such directory\nhelp: Create it with:/);
    rmSync(join(shared, name), { recursive: true });
  });

  test(`a directory .pgstep of another user's is refused, on ${runtime}`, { skip: SKIP }, async () => {
    const { url } = await (await sharedServer()).createDatabase();
    const directory = temporaryPlace("planted");
    mkdirSync(join(directory, "database", "migrations"), { recursive: true });
    mkdirSync(join(directory, ".pgstep"));
    chownSync(join(directory, ".pgstep"), 65_534, 65_534);
    const program = await programCommand(runtime);
    const backup = (...words: string[]) => run([...program, "backup", "--url", url, ...words], { directory });
    const { status, stderr } = await backup("--pg-dump", "none");
    assert.match(
      stderr,
      /^error: Cannot write \.pgstep\/backups\/.*: \.pgstep belongs to nobody \(65534\)\nhelp: Remove \.pgstep/m,
    );
    assert.equal(status, 2);
    assert.deepEqual(readdirSync(join(directory, ".pgstep")), []);
    assert.equal((await backup("--pg-dump", "none", "--backup-dir", "elsewhere")).status, 0);
  });

  describe(`a project file of another user's above, on ${runtime}`, () => {
    const IGNORED = "ignored ../pgstep.json, whose owner is nobody (65534)";

    test("is ignored and named", { skip: SKIP }, async () => {
      const { url } = await (await sharedServer()).createDatabase();
      const command = [...(await programCommand(runtime)), "up", "--url", url, "--no-backup"] as const;
      const { status, stdout, stderr } = await run([...command], { directory: mine });
      assert.equal(stderr.split("\n")[0], `warning: ${IGNORED}`);
      assert.equal(stderr.split("\n")[1], "  help: If you trust that file, name it: --config ../pgstep.json.");
      assert.match(stdout, /Applied 1 migration /, stderr);
      assert.equal(status, 0);
      assert.deepEqual(readdirSync(mine), ["database"]);
      assert.deepEqual(readdirSync(shared).sort(), ["mine", "pgstep.json"]);
      const json = await run([...command, "--json"], { directory: mine });
      const lines = json.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      assert.equal(lines[0].finding.message, IGNORED);
      assert.equal(lines.at(-1).type, "run");
    });

    test("counts when it is named", { skip: SKIP }, async () => {
      const command = [...(await programCommand(runtime)), "config", "--config", "../pgstep.json"] as const;
      const { stdout, stderr } = await run([...command], { directory: mine });
      assert.match(stdout, /^Project file: \.\.\/pgstep\.json$/m);
      assert.equal(stderr, "");
    });
  });

  describe(`without a home directory, on ${runtime}`, () => {
    test("nothing of it is read from the working directory", async () => {
      const command = [...(await programCommand(runtime)), "status"] as const;
      const environment = { HOME: "", PGSERVICE: "here", DENO_DIR: join(place, "deno") };
      const { status, stderr } = await run([...command], { directory: place, environment });
      assert.match(
        stderr,
        /Cannot use the service "here" from PGSERVICE: there is no such section in \/.*\.pg_service\.conf$/m,
      );
      assert.equal(status, 2);
    });

    test("a user whom nobody has written down migrates", { skip: SKIP }, async () => {
      const { url } = await (await sharedServer()).createDatabase();
      const command = [...AS_STRANGER, ...(await programCommand(runtime)), "up"] as const;
      // Deno keeps what it has compiled somewhere.
      const cache = temporaryPlace("homeless-deno");
      const environment = { DATABASE_URL: url, DENO_DIR: join(cache, "absent"), TMPDIR: tmpdir() };
      const { status, stdout, stderr } = await run([...command], { directory: place, environment });
      assert.match(stdout, /Applied 1 migration /, stderr);
      assert.equal(status, 0);
    });

    test("a working directory that is closed to this user is told", { skip: SKIP }, async () => {
      const closed = temporaryPlace("closed");
      const command = [...AS_STRANGER, ...(await programCommand(runtime)), "status"] as const;
      const environment = { DENO_DIR: join(place, "absent"), DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing" };
      const { status, stderr } = await run([...command], { directory: closed, environment });
      assert.match(stderr, /^error: Cannot look for a project file: this user may not search \/.*pgstep-closed-/m);
      assert.equal(status, 2, stderr);
    });
  });
}

describe("where nobody tells whose files are whose", () => {
  test("a project file above counts only inside a repository", async () => {
    if (!chosenRuntimes().includes("deno")) return;
    const above = temporaryPlace("unknown");
    mkdirSync(join(above, "below"));
    writeFileSync(join(above, "pgstep.json"), '{ "table": "outer" }');
    const command = (await programCommand("deno")).filter((word) => word !== "--allow-sys");
    const project = async () => {
      const { stdout } = await run([command[0] ?? "", ...command.slice(1), "config"], {
        directory: join(above, "below"),
      });
      return /^Project file: (.*)$/m.exec(stdout)?.[1];
    };
    assert.equal(await project(), "none");
    mkdirSync(join(above, ".git"));
    assert.equal(await project(), "../pgstep.json");
  });
});
