import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import {
  ENVIRONMENT_PARAMETERS,
  FOREIGN_PARAMETERS,
  PARAMETERS,
  SESSION_VARIABLES,
  UNREAD_VARIABLES,
} from "../../src/core/connection/parameters.ts";

const page = readFileSync(join(ROOT, "docs", "connecting.md"), "utf8");

/** The cells of the rows of the table under a heading, without the marks of code. */
function rows(heading: string): string[][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1")),
  );
}

function inDocument(use: (typeof PARAMETERS)[string]): string {
  if (use === "used") return "used";
  if ("ignored" in use) return "ignored";
  return "refused" in use ? "refused" : "some values";
}

describe("docs/connecting.md", () => {
  test("has every parameter with its variable and what becomes of it", () => {
    const variableOf = (name: string) =>
      Object.keys(ENVIRONMENT_PARAMETERS).find((variable) => ENVIRONMENT_PARAMETERS[variable] === name) ?? "";
    assert.deepEqual(
      rows("Every parameter of libpq").map(([name, variable, use]) => [name, variable, use]),
      Object.entries(PARAMETERS).map(([name, use]) => [name, variableOf(name), inDocument(use)]),
    );
  });

  test("names for each a test that has it", () => {
    const all = [
      ...rows("Every parameter of libpq").map(([name = "", variable = "", , , shown]) => [name, variable, shown]),
      ...rows("Further variables of libpq").map(([name = "", use, , shown]) => [
        name,
        "",
        use === "used" ? shown : undefined,
      ]),
    ];
    for (const [name = "", variable = "", shown] of all) {
      if (shown === undefined) continue;
      const path = join(ROOT, "test", `${shown}.test.ts`);
      assert.ok(existsSync(path), `${name}: ${path}`);
      const text = readFileSync(path, "utf8");
      const named = (word: string) => word !== "" && new RegExp(`\\b${word}\\b`).test(text);
      assert.ok(named(name) || named(variable), `${shown} does not know ${name}`);
    }
  });

  test("has every further variable", () => {
    const documented = rows("Further variables of libpq").map(([name, use, note]) => [name, use, note]);
    assert.deepEqual(
      documented.filter(([, use]) => use === "not read").map(([name, , note]) => [name, note]),
      Object.entries(UNREAD_VARIABLES),
    );
    assert.deepEqual(
      documented.filter(([, use]) => use === "used").map(([name]) => name),
      [...Object.keys(SESSION_VARIABLES), "PGSYSCONFDIR"],
    );
  });

  test("has every parameter of other tools", () => {
    assert.deepEqual(
      rows("Parameters of other tools").map(([name, use]) => [name, use]),
      Object.entries(FOREIGN_PARAMETERS).map(([name, use]) => [name, "ignored" in use ? "ignored" : "refused"]),
    );
  });
});
