import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";

/** Names of rules as the source gives them: of findings, of what the scanner finds, of what an inspection reports. */
function rulesOfSource(): Set<string> {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  const text = files
    // What a backup is taken for is told by statements, which are called rules there.
    .filter((path) => path.endsWith(".ts") && !path.endsWith("data-loss.ts"))
    .map((path) => readFileSync(join(ROOT, "src", path), "utf8"))
    .join("\n");
  const names = [...text.matchAll(/\brule: "([^"]+)"|\breport\(\s*"([a-z-]+)",/g)];
  return new Set(names.map(([, finding, reported]) => finding ?? reported ?? ""));
}

test("docs/rules.md has each rule once, and no other", () => {
  const page = readFileSync(join(ROOT, "docs", "rules.md"), "utf8");
  const cells = [...page.matchAll(/^\| (`[^|]+`) \|/gm)].map(([, cell = ""]) => cell);
  const documented = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)).sort();
  assert.deepEqual(documented, [...rulesOfSource()].sort());
});
