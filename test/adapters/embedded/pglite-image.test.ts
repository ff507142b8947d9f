import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { LOCK_FILE } from "../../../src/adapters/embedded/embedded-lock.ts";
import { startFiles } from "../../../src/adapters/embedded/pglite-image.ts";
import { loadPglite } from "../../../src/adapters/embedded/pglite-module.ts";
import { temporaryPlace } from "../../support/place.ts";
import { chosenRuntimes, type Outcome, programCommand, type RuntimeName, run } from "../../support/program.ts";

/*
 * The built program's embedded database, which begins with an image instead of initdb.
 */

const place = temporaryPlace("image");

/** The identifier of a database begins with the second that it was made in; the image's was made in this one. */
const IMAGE_SECOND = Date.UTC(2025, 0, 1) / 1000;
const FROM_IMAGE = raising(`(SELECT system_identifier >> 32 FROM pg_control_system()) <> ${IMAGE_SECOND}`);
const FROM_INITDB = raising(`(SELECT system_identifier >> 32 FROM pg_control_system()) = ${IMAGE_SECOND}`);

/** What it does is not to be seen where it is called. */
const ENABLE =
  "CREATE FUNCTION enable(name text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('CREATE EXTENSION %I', name); END $$;";

function raising(condition: string): string {
  return `DO $$ BEGIN IF ${condition} THEN RAISE 'made otherwise'; END IF; END $$;\n`;
}

/** A directory of migrations, one for each text. */
function migrations(name: string, ...texts: readonly string[]): string {
  const directory = join(place, name);
  mkdirSync(directory, { recursive: true });
  for (const [index, text] of texts.entries()) writeFileSync(join(directory, `${index + 1}_step.sql`), text);
  return directory;
}

async function up(runtime: RuntimeName, url: string, directory: string, ...more: string[]): Promise<Outcome> {
  const command = await programCommand(runtime);
  return run([...command, "up", "--url", url, "--dir", directory, ...more], { directory: place });
}

for (const runtime of chosenRuntimes()) {
  test(`on ${runtime} a fresh database is made from the image, and extensions come when they are needed`, async () => {
    const data = `pglite:${join(place, `data-${runtime}`)}`;
    const directory = migrations(
      `steps-${runtime}`,
      `${FROM_IMAGE}${ENABLE}`,
      "SELECT enable('hstore'); CREATE TABLE kept AS SELECT 'a=>1'::hstore AS tags;",
      raising("NOT EXISTS (SELECT FROM kept WHERE tags -> 'a' = '1')"),
    );
    for (const words of [["--count", "2"], []]) {
      const outcome = await up(runtime, data, directory, ...words);
      assert.equal(outcome.status, 0, outcome.stderr);
    }
    const inMemory = await up(runtime, "pglite:memory", directory);
    assert.equal(inMemory.status, 0, inMemory.stderr);
  });
}

describe("the image of the embedded database", () => {
  test("is of this build, and small", async () => {
    const [, program = ""] = await programCommand("node");
    const embedded = join(dirname(program), "embedded");
    const [layout] = readdirSync(embedded).flatMap((name) => /^version-.*-(\d+)$/.exec(name)?.[1] ?? []);
    const images = readdirSync(embedded).filter((name) => name.startsWith("base-"));
    // Trial databases are kept as differences from the image, under its name.
    assert.match(images.join(), new RegExp(`^base-[\\d.]+-${layout}\\.tar\\.br$`));
    assert.ok(readFileSync(join(embedded, images[0] ?? "")).length < 2_000_000);
  });

  test("is required by an image of another database", async () => {
    const loaded = await loadPglite();
    const bare = { ...loaded, module: { PGlite: loaded.module.PGlite } };
    assert.equal(startFiles(bare, undefined), undefined);
    assert.throws(() => startFiles(bare, new Uint8Array()), /without its base/);
  });

  test("with a damaged one, initdb makes the database", async () => {
    const [node, program] = await programCommand("node");
    const copy = join(place, "copy");
    cpSync(dirname(program ?? ""), copy, {
      recursive: true,
      filter: (path) => !/binaries|release|types|\.tmp/.test(path.slice(dirname(program ?? "").length)),
    });
    const image = join(
      copy,
      "embedded",
      readdirSync(join(copy, "embedded")).find((name) => name.startsWith("base-")) ?? "",
    );
    const directory = migrations("initdb", FROM_INITDB);
    truncateSync(image, 100_000);
    const words = ["up", "--url", `pglite:${join(place, "initdb-data")}`, "--dir", directory];
    const outcome = await run([node, join(copy, "pgstep.js"), ...words], { directory: place });
    assert.equal(outcome.status, 0, outcome.stderr);
  });

  test("a process that is killed while it makes the database leaves nothing that a later one stumbles over", async () => {
    const [node, program = ""] = await programCommand("node");
    const directory = migrations("killed", FROM_IMAGE);
    const data = join(place, "killed-data");
    const words = [program, "up", "--url", `pglite:${data}`, "--dir", directory];
    const child = spawn(node, words, { cwd: place, stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    while (!existsSync(join(data, "base"))) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill("SIGKILL");
    await ended;
    assert.equal(JSON.parse(readFileSync(join(data, LOCK_FILE), "utf8")).creating, true);
    const outcome = await up("node", `pglite:${data}`, directory);
    assert.equal(outcome.status, 0, outcome.stderr);
  });

  test("a database that cannot be made whole is taken away again", async (context) => {
    if (process.platform === "win32") return context.skip("no such limits");
    const [node, program = ""] = await programCommand("node");
    const directory = migrations("limited", FROM_IMAGE);
    const data = join(place, "limited-data");
    // The limit is in blocks of 512 bytes or of 1 KiB; the first log file of the server has 1 MiB.
    const words = ["-c", 'ulimit -f 1000; exec "$@"', "sh", node, program, "up"];
    const limited = await run(["sh", ...words, "--url", `pglite:${data}`, "--dir", directory], { directory: place });
    assert.equal(limited.status, 2, limited.stderr);
    assert.deepEqual(readdirSync(data), []);
    const outcome = await up("node", `pglite:${data}`, directory);
    assert.equal(outcome.status, 0, outcome.stderr);
  });
});
