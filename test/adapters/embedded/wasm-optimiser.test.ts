import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../../build/runtimes.ts";
import { temporaryPlace } from "../../support/place.ts";
import { programCommand, run } from "../../support/program.ts";

describe("V8 optimises WebAssembly", () => {
  test("in few functions, for a short check", async () => {
    const [, ...program] = await programCommand("node");
    // Without the limit there are 170.
    const optimised = await countOptimised([...program, "check"]);
    assert.ok(optimised < 50, `${optimised} functions were optimised`);
  });

  test("as the process has it, for the library", async () => {
    await programCommand("node");
    const library = JSON.stringify(pathToFileURL(join(ROOT, "dist", "index.js")).href);
    const code = `const { MigrationRunner } = await import(${library});
      await new MigrationRunner({ url: "pglite:memory", directory: "database/migrations" }).runMigrations();
      process.exit();`;
    const optimised = await countOptimised(["--input-type=module", "--eval", code]);
    assert.ok(optimised >= 50, `${optimised} functions were optimised`);
  });
});

/** @param words of Node, in a project with one migration */
async function countOptimised(words: readonly string[]): Promise<number> {
  const directory = temporaryPlace("wasm");
  const migrations = join(directory, "database", "migrations");
  mkdirSync(migrations, { recursive: true });
  writeFileSync(join(migrations, "001_users.sql"), "CREATE TABLE users (id int PRIMARY KEY);\n");
  const command = [process.execPath, "--trace-wasm-compilation-times", ...words] as const;
  const { stdout, stderr, status } = await run(command, { directory });
  assert.equal(status, 0, stderr);
  const count = (compiler: RegExp) => stdout.match(compiler)?.length ?? 0;
  assert.ok(count(/liftoff/gi) > 1000, "the embedded database was not compiled");
  return count(/turbofan/gi);
}
