import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resolveSettings } from "../../../src/core/configuration/resolve-settings.ts";
import type { SettingSources } from "../../../src/core/configuration/sources.ts";
import { placeholdersOf } from "../../../src/core/placeholders/placeholders.ts";
import { parseEnvFile } from "../../../src/core/setting-files/env-file.ts";
import { readProjectFile } from "../../../src/core/setting-files/project-file.ts";
import { settingOf } from "../../../src/core/settings/table.ts";

function projectFile(text: string): NonNullable<SettingSources["projectFile"]> {
  const file = readProjectFile({ path: "pgstep.json", text, isPackage: false });
  assert.ok(file);
  return { ...file, resolve: (path) => path };
}

/** "name=value", secrets with an exclamation mark; nothing may be wrong. */
function values(sources: Partial<SettingSources>): string[] {
  const { values, problems } = resolveSettings({ environment: {}, ...sources });
  assert.deepEqual(
    problems.map(({ message }) => message),
    [],
  );
  return [...placeholdersOf(values.placeholders)]
    .map(([name, { value, secret }]) => `${name}=${value}${secret ? "!" : ""}`)
    .sort();
}

function problems(sources: Partial<SettingSources>): string[] {
  return resolveSettings({ environment: {}, ...sources }).problems.map(
    ({ message, place }) => `${place ? `${place.line}:${place.column} ` : ""}${message}`,
  );
}

describe("the values of placeholders", () => {
  test("come name by name from the strongest source that has one", () => {
    const sources: Partial<SettingSources> = {
      options: { placeholders: { A: "option" } },
      flags: new Map([
        ["set", "a=flag,b=flag"],
        ["env", "x"],
      ]),
      environment: {
        PGSTEP_PLACEHOLDER_B: "variable",
        PGSTEP_PLACEHOLDER_C: "variable",
        PGSTEP_PLACEHOLDER_D: "",
        PGSTEP_PLACEHOLDER_: "no name",
        PGSTEP_SET: "C=list,d=list",
      },
      envFile: { path: ".env", variables: parseEnvFile("PGSTEP_SET=d=file,e=file", ".env", () => undefined) },
      projectFile: projectFile(
        '{"placeholders": {"f": "general", "g": "general"}, "environments": {"x": {"placeholders": {"e": "section", "f": "section"}}}}',
      ),
    };
    const all = ["a=option", "b=flag", "c=variable", "d=list", "e=file", "f=section", "g=general"];
    assert.deepEqual(values(sources), all);
    const { projectFile: file } = sources;
    assert.deepEqual(values({ projectFile: file }), ["f=general", "g=general"]);
  });

  test("in a project file may refer to variables, and be secret", () => {
    const sources = {
      projectFile: projectFile(
        `{"placeholders": {"a": "\${X}", "b": {"value": "<\${Y:-none}>", "secret": true}, "c": {"secret": true}, "d": "$\${x}"}}`,
      ),
      environment: { X: 'quote " and \\ and\nline', PGSTEP_PLACEHOLDER_C: "hidden" },
    };
    assert.deepEqual(values(sources), ['a=quote " and \\ and\nline', "b=<none>!", "c=hidden!", `d=\${x}`]);
    assert.match(problems({ projectFile: sources.projectFile })[0] ?? "", /"placeholders": the variable X is not set/);
  });

  test("may have commas and equals signs in them", () => {
    assert.deepEqual(values({ flags: new Map([["set", "a=1,2,b=x=y,c="]]) }), ["a=1,2", "b=x=y", "c="]);
  });

  test("are refused where they cannot be read, without being shown", () => {
    for (const text of [
      "hunter2",
      "a=1,b",
      "1a=hunter2",
      "a=hunter2,A=2",
      "{hunter2",
      '{"a": 1}',
      '{"a": {"x": "hunter2"}}',
    ]) {
      const [message = "", ...others] = problems({ flags: new Map([["set", text]]) });
      if (text === "a=1,b") continue;
      assert.match(message, /^Cannot use --set \.\.\.: /, text);
      assert.ok(!message.includes("hunter2") && others.length === 0, message);
    }
    assert.deepEqual(problems({ projectFile: projectFile('{"placeholders":\n {"a-b": "x"}}') }), [
      '2:2 Cannot use pgstep.json: "placeholders": a name of letters, digits and underscores is missing before an =',
    ]);
    assert.deepEqual(problems({ projectFile: projectFile('{"placeholders": ["a"]}') }), [
      '1:18 Cannot use pgstep.json: "placeholders" is a list instead of an object of names and values',
    ]);
  });

  test("are shown without what is secret", () => {
    const { values: given } = resolveSettings({
      environment: {},
      flags: new Map([["set", "a=1,db_password=hunter2"]]),
    });
    assert.equal(settingOf("placeholders").kind.show(given.placeholders), "a=1,db_password=***");
  });
});
