import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../../../build/runtimes.ts";

const DESCRIPTION = /^(kinds|values|check-values|events|results)\.ts$/;

describe("the description of --json", () => {
  test("gives the program types, and none of its words", () => {
    const room = join(ROOT, "src", "adapters", "json-report");
    const imported = readdirSync(room)
      .filter((file) => !DESCRIPTION.test(file))
      .flatMap((file) => [...readFileSync(join(room, file), "utf8").matchAll(/^import (.*) from "\.\/(.*)";$/gm)])
      .filter(([, , file = ""]) => DESCRIPTION.test(file));
    assert.deepEqual(
      imported.filter(([, names]) => !names?.startsWith("type ")).map(([line]) => line),
      [],
    );
    assert.ok(imported.length > 0);
  });
});
