import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveSettings } from "../../../src/core/configuration/resolve-settings.ts";
import { FAIL_ON, levelOf, PRESETS, presetLevels, reaches } from "../../../src/core/findings/levels.ts";
import { readProjectFile } from "../../../src/core/setting-files/project-file.ts";
import { ruleLevels } from "../../../src/core/settings/rule-levels-kind.ts";

test("harm is an error and style is off, unless the settings say otherwise", () => {
  assert.equal(levelOf({ id: "a", group: "safety" }), "error");
  assert.equal(levelOf({ id: "a", group: "style" }, { b: "note" }), "off");
  assert.equal(levelOf({ id: "a", group: "style" }, { a: "note" }), "note");
  assert.equal(levelOf({ id: "a", group: "style" }, { style: "warning" }), "warning");
  assert.equal(levelOf({ id: "a", group: "style" }, { style: "warning", a: "off" }), "off");
  assert.equal(levelOf({ id: "a", group: "safety" }, { style: "off", safety: "note" }), "note");
});

test("a preset turns rules on, and the settings win over it", () => {
  const rules = [
    { id: "harm", group: "safety" },
    { id: "wanted", group: "style", isStrict: true },
    { id: "other", group: "style" },
  ] as const;
  assert.deepEqual(
    PRESETS.map((preset) => Object.values(presetLevels(rules, preset))),
    [
      ["error", "off", "off"],
      ["error", "warning", "off"],
      ["error", "warning", "warning"],
    ],
  );
  const levels = { wanted: "off", style: "note", safety: "warning" } as const;
  assert.deepEqual(Object.values(presetLevels(rules, "all", levels)), ["warning", "off", "note"]);
  assert.deepEqual(Object.values(presetLevels(rules, "safety", { other: "error" })), ["error", "off", "error"]);
});

test("a severity fails the command from the named one on", () => {
  const failing = (["note", "warning", "error"] as const).map((one) =>
    FAIL_ON.filter((failOn) => reaches(one, failOn)),
  );
  assert.deepEqual(failing, [["note"], ["warning", "note"], ["error", "warning", "note"]]);
});

/** The levels from a project file and a variable, or the errors in them. */
function rules(ofFile: unknown, variable?: string): unknown {
  const text = JSON.stringify({ rules: ofFile });
  const projectFile = readProjectFile({ path: "pgstep.json", text, isPackage: false });
  const environment = variable === undefined ? {} : { PGSTEP_RULES: variable };
  assert.ok(projectFile);
  const located = { ...projectFile, resolve: (path: string) => path };
  const { values, problems } = resolveSettings({ environment, projectFile: located });
  return problems.length > 0 ? problems.map(({ message }) => message).join("; ") : values.rules;
}

test("the settings name rules and severities; a variable overrides single rules of the project file", () => {
  assert.deepEqual(rules({ "rewrites-table": "warning" }), { "rewrites-table": "warning" });
  assert.deepEqual(rules({ "rewrites-table": "warning" }, "rewrites-table=off"), { "rewrites-table": "off" });
  assert.deepEqual(rules({ "rewrites-table": "warning" }, '{"rewrites-table":"note"}'), { "rewrites-table": "note" });
  assert.deepEqual(rules({ style: "note", "narrow-key": "off" }, "safety=off"), {
    ...{ style: "note", "narrow-key": "off", safety: "off" },
  });
  assert.deepEqual(ruleLevels.merge?.({ a: "off" }, { a: "note", b: "note" }), { a: "off", b: "note" });
  assert.match(String(rules({ "rewrite-table": "off" })), /no rule "rewrite-table"; did you mean "rewrites-table"\?/);
  assert.match(String(rules({ styles: "note" })), /no rule "styles"; did you mean "style"\?/);
  assert.match(String(rules({ "rewrites-table": "fatal" })), /severity of rewrites-table is not one of off, note/);
  assert.match(String(rules({}, "rewrites-table")), /severity of rewrites-table is not one of/);
  assert.match(String(rules({}, "{")), /it is not JSON/);
});
