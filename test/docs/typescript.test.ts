import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ensureBuilt } from "../../build/ensure-built.ts";
import { ROOT } from "../../build/runtimes.ts";
import { documentationPages } from "../support/documentation.ts";
import { pageBlocks } from "../support/page-file.ts";
import { temporaryPlace } from "../support/place.ts";
import { run } from "../support/program.ts";

test("the TypeScript of the documentation has no problem", { timeout: 120_000 }, async () => {
  await ensureBuilt();
  const place = temporaryPlace("typescript");
  mkdirSync(join(place, "node_modules"));
  symlinkSync(ROOT, join(place, "node_modules", "pgstep"), "junction");
  writeFileSync(join(place, "package.json"), JSON.stringify({ type: "module" }));
  const names: string[] = [];
  for (const { path, text } of documentationPages()) {
    for (const { language, lines, start } of pageBlocks(text)) {
      if (language !== "ts") continue;
      const name = `${path.replace(/\W/g, "_")}_${start}.ts`;
      names.push(name);
      writeFileSync(join(place, name), `${lines.join("\n")}\nexport {};\n`);
    }
  }
  assert.ok(names.length > 0);
  const compilerOptions = {
    ...{ module: "nodenext", target: "es2023", strict: true, noEmit: true, skipLibCheck: true },
    ...{ types: ["node"], typeRoots: [join(ROOT, "node_modules", "@types")] },
  };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: names }));
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = await run([process.execPath, compiler, "--project", place], { directory: place });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "" });
});
