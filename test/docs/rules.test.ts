import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { RULES } from "../../src/core/failure/rules.ts";

const IDS = Object.keys(RULES).sort();

/** The ids that stand as strings in the source, outside of the table. */
function idsOfSource(): string[] {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  const text = files
    .filter((path) => path.endsWith(".ts") && path !== join("core", "failure", "rules.ts"))
    .map((path) => readFileSync(join(ROOT, "src", path), "utf8"))
    .join("\n");
  const names = [...text.matchAll(/\brule: "([^"]+)"|\b(?:report|finding)\(\s*"([a-z0-9-]+)",/g)];
  return names.map(([, literal, argument]) => literal ?? argument ?? "");
}

test("each rule of the table finds something", () => {
  const used = new Set(idsOfSource());
  assert.deepEqual(
    IDS.filter((id) => !used.has(id)),
    [],
  );
});

test("docs/rules.md has each rule once, and no other", () => {
  const page = readFileSync(join(ROOT, "docs", "rules.md"), "utf8");
  const cells = [...page.matchAll(/^\| (`[^|]+`) \|/gm)].map(([, cell = ""]) => cell);
  const documented = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)).sort();
  assert.deepEqual(documented, IDS);
});
