import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { ROOT } from "../../build/runtimes.ts";
import { temporaryPlace } from "../support/place.ts";
import { run } from "../support/program.ts";

const CONSUMER = `import { createTestDatabase, MigrationRunner } from "pgstep";
export async function inDatabase(): Promise<string> {
  await using database = await createTestDatabase({ seeds: true });
  return database.url;
}
export const runner: MigrationRunner = new MigrationRunner();
export const done: Promise<unknown> = runner.runMigrations();
`;

let place = "";

before(async () => {
  await ensureBuilt();
  place = temporaryPlace("consumer");
  const installed = join(place, "node_modules", "pgstep");
  mkdirSync(installed, { recursive: true });
  const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { files: string[] };
  for (const file of ["package.json", ...files]) cpSync(join(ROOT, file), join(installed, file), { recursive: true });
  writeFileSync(join(place, "consumer.ts"), CONSUMER);
  writeFileSync(join(place, "package.json"), JSON.stringify({ type: "module" }));
});

describe("the published package", () => {
  const settings = [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ] as const;
  for (const [module, resolution] of settings) {
    test(`type-checks in a project of its own with ${resolution} resolution`, async () => {
      const options = { module, moduleResolution: resolution, target: "es2023", strict: true, noEmit: true };
      // Our own declarations are part of what is checked, and nothing but the language and the web may be needed.
      const compilerOptions = { ...options, skipLibCheck: false, types: [], lib: ["es2023", "dom"] };
      writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
      const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
      const { status, stdout } = await run([process.execPath, compiler, "--project", place], { directory: place });
      assert.equal(stdout, "");
      assert.equal(status, 0);
    });
  }

  test("loads without any other package", async () => {
    const script = `import { MigrationRunner } from "pgstep"; console.log(typeof MigrationRunner);`;
    const command = [process.execPath, "--input-type=module", "--eval", script] as const;
    const { status, stdout, stderr } = await run([...command], { directory: place });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "function\n", stderr: "" });
  });

  test("checks syntax with the parser in its files, which the program alone says it lacks", async () => {
    const program = join(place, "node_modules", "pgstep", "dist", "pgstep.js");
    const alone = join(place, "alone.mjs");
    cpSync(program, alone);
    mkdirSync(join(place, "database", "migrations"), { recursive: true });
    writeFileSync(join(place, "database", "migrations", "001_a.sql"), "slect 1;\n");
    const validate = (path: string) => run([process.execPath, path, "validate"], { directory: place });
    const whole = await validate(program);
    assert.match(whole.stdout, /^error: syntax error at or near "slect"\n --> database\/migrations\/001_a\.sql:1:1\n/);
    assert.equal(whole.status, 3);
    const lacking = await validate(alone);
    assert.match(lacking.stdout, /^Checked 1 migration: no problems found\.\nSyntax not checked: /);
    assert.deepEqual([lacking.status, lacking.stderr], [0, ""]);
  });

  test("exports its JSON schemas", async () => {
    const script = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);
for (const name of ["output", "pgstep"]) console.log(typeof require("pgstep/schema/" + name + ".schema.json").$schema);`;
    const { stdout } = await run([process.execPath, "--input-type=module", "--eval", script], { directory: place });
    assert.equal(stdout, "string\nstring\n");
  });

  test("its program says the version of its package", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    const program = join(place, "node_modules", "pgstep", "dist", "pgstep.js");
    const { status, stdout } = await run([process.execPath, program, "--version"], { directory: place });
    assert.equal(status, 0);
    assert.ok(stdout.includes(version), stdout);
  });
});
