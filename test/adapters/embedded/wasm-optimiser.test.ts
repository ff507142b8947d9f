import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryPlace } from "../../support/place.ts";
import { programCommand, run } from "../../support/program.ts";

test("a short check has few functions of WebAssembly optimised", async () => {
  const directory = temporaryPlace("wasm");
  mkdirSync(join(directory, "database", "migrations"), { recursive: true });
  writeFileSync(
    join(directory, "database", "migrations", "001_users.sql"),
    "CREATE TABLE users (id int PRIMARY KEY);\n",
  );
  const [node, ...program] = await programCommand("node");
  const { stdout, status } = await run([node, "--trace-wasm-compilation-times", ...program, "check"], { directory });
  assert.equal(status, 0);
  const [optimised, compiled] = [/turbofan/gi, /liftoff/gi].map((compiler) => stdout.match(compiler)?.length ?? 0);
  assert.ok((compiled ?? 0) > 1000, `${compiled} functions were compiled`);
  // Without the limit there are 170.
  assert.ok((optimised ?? 0) < 50, `${optimised} functions were optimised`);
});
