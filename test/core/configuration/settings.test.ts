import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { describeOrigin } from "../../../src/core/configuration/origin.ts";
import { failureOf, type ResolvedSettings, resolveSettings } from "../../../src/core/configuration/resolve-settings.ts";
import type { EnvFile, LocatedProjectFile, SettingSources } from "../../../src/core/configuration/sources.ts";
import { parseEnvFile } from "../../../src/core/setting-files/env-file.ts";
import { readProjectFile } from "../../../src/core/setting-files/project-file.ts";
import { SETTING_NAMES, type SettingName, settingOf } from "../../../src/core/settings/table.ts";

function envFile(text: string): EnvFile {
  return { path: ".env", variables: parseEnvFile(text, ".env", () => undefined) };
}

function projectFile(text: string): LocatedProjectFile {
  const file = readProjectFile({ path: "../pgstep.json", text, isPackage: false });
  assert.ok(file);
  return { ...file, resolve: (path) => `../${path}` };
}

function flags(typed: Record<string, string>): ReadonlyMap<string, string> {
  return new Map(Object.entries(typed));
}

/** A setting's value and where it comes from; nothing may be wrong. */
function said(sources: Partial<SettingSources>, name: SettingName): readonly [unknown, string] {
  const { values, origins, problems } = resolveSettings({ environment: {}, ...sources });
  assert.deepEqual(
    problems.map(({ message }) => message),
    [],
  );
  return [values[name], describeOrigin(origins[name])];
}

function faultsOf(sources: Partial<SettingSources>): string[] {
  return resolveSettings({ environment: {}, ...sources }).problems.map(
    ({ message, hint, place }) => `${place ? `${place.line}:${place.column} ` : ""}${message} | ${hint}`,
  );
}

describe("the order of the sources", () => {
  const sources: SettingSources = {
    options: { schema: "option" },
    flags: flags({ schema: "flag" }),
    environment: { PGSTEP_SCHEMA: "variable" },
    envFile: envFile("\nPGSTEP_SCHEMA=file"),
    projectFile: projectFile('{"schema": "general", "environments": {"a": {"schema": "section"}, "b": {}}}'),
  };

  test("is option, flag, environment, env-file, section, project file, default", () => {
    assert.deepEqual(said(sources, "schema"), ["option", "the option schema"]);
    assert.deepEqual(said({ ...sources, options: {} }, "schema"), ["flag", "--schema"]);
    const untyped = { ...sources, options: {}, flags: flags({ env: "a" }) };
    assert.deepEqual(said(untyped, "schema"), ["variable", "PGSTEP_SCHEMA"]);
    const unset = { ...untyped, environment: { PGSTEP_SCHEMA: "" } };
    assert.deepEqual(said(unset, "schema"), ["file", "PGSTEP_SCHEMA in .env:2"]);
    const fileless = { ...unset, envFile: undefined };
    assert.deepEqual(said(fileless, "schema"), ["section", "../pgstep.json:1:56, environment a"]);
    const other = { ...fileless, flags: flags({ env: "b" }) };
    assert.deepEqual(said(other, "schema"), ["general", "../pgstep.json:1:12"]);
    assert.deepEqual(said({}, "schema"), ["public", "default"]);
  });

  test("is the same for every setting that a project file can have", () => {
    const samples: Partial<Record<SettingName, readonly string[]>> = {
      format: ["human", "json", "github"],
      backupKeep: ["1", "2", "3", "4"],
    };
    for (const name of SETTING_NAMES) {
      const { flag, variables, key, kind, outsideSections } = settingOf(name);
      const [variable = ""] = variables;
      assert.notEqual(variable, "", `${name} has no variable`);
      if (key === undefined || !["string", "number"].includes(kind.json) || kind.words) continue;
      const ofKind: Readonly<Record<string, readonly string[]>> = {
        duration: ["1s", "2s", "3s", "4s"],
        number: ["1", "2", "3", "4"],
        size: ["1kB", "2MB", "3GB", "0"],
      };
      const texts = samples[name] ?? ofKind[kind.placeholder ?? ""] ?? ["a", "b", "c", "d"];
      const [a = "", b = "", c = "", d = ""] = texts;
      const inFile = (text: string) => (kind.json === "number" ? Number(text) : text);
      const section = outsideSections ? {} : { environments: { x: { [key]: inFile(c) } } };
      const all = {
        flags: flags({ [flag]: a }),
        environment: { [variable]: b },
        projectFile: projectFile(JSON.stringify({ [key]: inFile(d), ...section })),
      };
      const value = (text: string) => {
        const result = kind.read(text);
        return "value" in result ? result.value : undefined;
      };
      assert.deepEqual(said({ ...all, projectFile: undefined }, name)[0], value(a), name);
      assert.deepEqual(said({ ...all, flags: flags({}), projectFile: undefined }, name)[0], value(b), name);
      if (outsideSections) continue;
      const relocated = (text: string) => kind.relocate?.(value(text), (path) => `../${path}`) ?? value(text);
      const chosen = { projectFile: all.projectFile, flags: flags({ env: "x" }) };
      assert.deepEqual(said(chosen, name)[0], relocated(c), name);
      assert.deepEqual(said({ projectFile: all.projectFile }, name)[0], relocated(d), name);
    }
  });
});

describe("which database is meant", () => {
  const project = projectFile('{"url": "postgres://project/x"}');
  const url = (sources: Partial<SettingSources>) => said(sources, "url");

  test("is said by the strongest source that names one, PGSTEP_URL before DATABASE_URL before PG*", () => {
    const environment = {
      PGSTEP_URL: "postgres://own/x",
      DATABASE_URL: "postgres://theirs/x",
      PGHOST: "h",
      PGDATABASE: "d",
    };
    assert.deepEqual(url({ environment }), ["postgres://own/x", "PGSTEP_URL"]);
    assert.deepEqual(url({ environment: { ...environment, PGSTEP_URL: "" } }), ["postgres://theirs/x", "DATABASE_URL"]);
    const parts = { PGHOST: "h", PGDATABASE: "d" };
    assert.deepEqual(url({ environment: parts, projectFile: project }), [undefined, "PGHOST, PGDATABASE"]);
    assert.deepEqual(url({ environment: { PGUSER: "u", PGSSLMODE: "require" }, projectFile: project }), [
      "postgres://project/x",
      "../pgstep.json:1:9",
    ]);
  });

  test("the environment's PG* variables are stronger than an env-file's URL, and the env-file's than the project file", () => {
    const file = envFile("DATABASE_URL=postgres://file/x\nPGSTEP_URL=postgres://own-file/x");
    assert.deepEqual(url({ environment: { PGSERVICE: "s" }, envFile: file }), [undefined, "PGSERVICE"]);
    assert.deepEqual(url({ environment: { PGUSER: "u" }, envFile: file, projectFile: project }), [
      "postgres://own-file/x",
      "PGSTEP_URL in .env:2",
    ]);
    assert.deepEqual(url({ envFile: envFile("PGDATABASE=d"), projectFile: project }), [
      undefined,
      "PGDATABASE in .env:1",
    ]);
  });

  test("what it leaves open comes from the environment before the env-file, without any other URL", () => {
    const resolved = resolveSettings({
      environment: { PGUSER: "environment", PGPASSWORD: "", DATABASE_URL: "postgres://a/b" },
      envFile: envFile("PGUSER=file\nPGPASSWORD=secret\nPGSTEP_URL=postgres://c/d"),
    });
    assert.deepEqual(resolved.variables, { PGUSER: "environment", PGPASSWORD: "secret" });
    assert.deepEqual([...resolved.variablePlaces.keys()].sort(), ["PGPASSWORD", "PGSTEP_URL"]);
  });
});

describe("the project file", () => {
  test("has paths relative to itself, the default of the directory included", () => {
    const at = (text: string, name: SettingName) => said({ projectFile: projectFile(text) }, name)[0];
    assert.equal(at('{"directory": "sql"}', "directory"), "../sql");
    assert.equal(at("{}", "directory"), "../database/migrations");
    assert.equal(at('{"url": "pglite:./data"}', "url"), "pglite:.././data");
    assert.equal(at('{"url": "pglite://data"}', "url"), "pglite:../data");
    assert.equal(at('{"url": "pglite:memory"}', "url"), "pglite:memory");
    assert.equal(at('{"url": "postgres:///x"}', "url"), "postgres:///x");
    const typed = { projectFile: projectFile('{"directory": "sql"}'), flags: flags({ dir: "mine" }) };
    assert.equal(said(typed, "directory")[0], "mine");
  });

  test("has references replaced, by the environment before the env-file", () => {
    const file = projectFile(`{"url": "postgres://\${PGUSER}:\${PW:-x y}@h/$\${d}", "verbose": "\${LOUD:-true}"}`);
    const sources = {
      projectFile: file,
      environment: { PGUSER: "me", PW: "" },
      envFile: envFile("PGUSER=file\nLOUD=off"),
    };
    assert.equal(said(sources, "url")[0], `postgres://me:x y@h/\${d}`);
    assert.equal(said(sources, "verbose")[0], false);
  });

  test("what cannot be replaced is a problem, unless something stronger says the setting", () => {
    const file = projectFile(`{\n  "url": "postgres://\${PGUSER}@h/d"}`);
    assert.deepEqual(faultsOf({ projectFile: file }), [
      `2:10 Cannot use "url": the variable PGUSER is not set | Set PGUSER, or write \${PGUSER:-default}.`,
    ]);
    assert.deepEqual(faultsOf({ projectFile: file, environment: { DATABASE_URL: "postgres://x/y" } }), []);
    const malformed = projectFile(`{"schema": "\${1}", "lockWait": "\${X:-soon}"}`);
    assert.deepEqual(faultsOf({ projectFile: malformed }), [
      `1:12 Cannot use "schema": it has a \${ without a name and } | Write \${NAME} or \${NAME:-default}, and $\${ for \${ itself.`,
      '1:32 Cannot use "lockWait": "soon": it is not a duration | Write it like 500ms, 30s, 5m or 0.',
    ]);
  });

  test("has a whole number as a number, or as a reference to one", () => {
    for (const [value, number] of [
      ["3", 3],
      [`"\${N}"`, 4],
    ] as const) {
      const file = projectFile(`{ "backupKeep": ${value} }`);
      assert.equal(said({ projectFile: file, environment: { N: "4" } }, "backupKeep")[0], number);
    }
    for (const [value, problem] of [
      ['"3"', '"backupKeep" is a string instead of a whole number'],
      ["0", '"backupKeep": it is not a number from 1 to 99999'],
      ["2.5", '"backupKeep": it is not a number from 1 to 99999'],
    ] as const) {
      const [told] = faultsOf({ projectFile: projectFile(`{ "backupKeep": ${value} }`) });
      assert.equal(told, `1:17 Cannot use ../pgstep.json: ${problem} | Write a number from 1 to 99999.`);
    }
  });

  test("what is unknown or of the wrong type is a problem with its place, in sections that are not chosen as well", () => {
    const text = `{
  "$schema": "x", "dir": "a", "lockTimeuot": "1s", "environment": "a b",
  "retryFor": 5, "verbose": "yes", "table": "", "config": "x", "frobnicate": {},
  "schema": "a", "schema": "b",
  "environments": { "a": { "environment": "b", "lockWait": "soon" }, "b": [] }
}`;
    const keys = SETTING_NAMES.flatMap((name) => settingOf(name).key ?? []);
    assert.deepEqual(faultsOf({ projectFile: projectFile(text) }), [
      '2:19 Cannot use ../pgstep.json: there is no setting "dir" | Did you mean "directory"?',
      '2:31 Cannot use ../pgstep.json: there is no setting "lockTimeuot" | Did you mean "lockTimeout"?',
      '2:67 Cannot use ../pgstep.json: "environment": it is more than one word | Name one environment, e.g. --env production.',
      '3:15 Cannot use ../pgstep.json: "retryFor" is a number instead of a duration | Write it like 500ms, 30s, 5m or 0.',
      '3:29 Cannot use ../pgstep.json: "verbose" is a string instead of true or false | Write true or false.',
      '3:45 Cannot use ../pgstep.json: "table" is empty | Give it a value, or leave it out.',
      '3:49 Cannot use ../pgstep.json: there is no setting "config" | Use --config or PGSTEP_CONFIG.',
      `3:64 Cannot use ../pgstep.json: there is no setting "frobnicate" | Known settings: ${keys.join(", ")}.`,
      '4:18 Cannot use ../pgstep.json: "schema" appears twice | Remove one of them.',
      '5:28 Cannot use ../pgstep.json: "environment" is inside a section of "environments" | Move it above all sections.',
      '5:60 Cannot use ../pgstep.json: "lockWait": it is not a duration | Write it like 500ms, 30s, 5m or 0.',
      '5:75 Cannot use ../pgstep.json: "b" is a list instead of an object | Write { } around the settings.',
    ]);
  });

  test("with sections refuses an environment that has none; without any, every name will do", () => {
    const sections = projectFile('{"environments": {"production": {}, "test": {}}}');
    assert.deepEqual(faultsOf({ projectFile: sections, flags: flags({ env: "prodution" }) }), [
      'Cannot use the environment "prodution" (--env): ../pgstep.json has sections for production, test only | Did you mean production?',
    ]);
    assert.deepEqual(faultsOf({ projectFile: sections, environment: { PGSTEP_ENV: "x" } }), [
      'Cannot use the environment "x" (PGSTEP_ENV): ../pgstep.json has sections for production, test only | Add "x": {} to its "environments".',
    ]);
    const other = projectFile('{"table": "others", "environments": {"production": {}}}');
    const { values } = resolveSettings({ environment: { PGSTEP_ENV: "x" }, projectFile: other });
    assert.equal(values.table, "schema_migrations");
    assert.deepEqual(faultsOf({ projectFile: sections }), []);
    assert.deepEqual(faultsOf({ projectFile: projectFile("{}"), flags: flags({ env: "x" }) }), []);
    const chosen = projectFile('{"environment": "test", "environments": {"test": {"table": "t"}}}');
    assert.equal(said({ projectFile: chosen }, "table")[0], "t");
    assert.equal(said({ projectFile: chosen, flags: flags({ env: "test" }) }, "environment")[1], "--env");
  });

  test("may be the key of a package.json; one that is without it is none", () => {
    const read = (text: string) => readProjectFile({ path: "package.json", text, isPackage: true });
    assert.equal(read('{"name": "pgstep", "pgstep": {"table": "t"}}')?.settings.get("table")?.text, "t");
    assert.equal(read('{"name": "pgstep"}'), undefined);
    assert.equal(read("{ broken"), undefined);
    assert.throws(() => read('{"pgstep": {'), { code: "settings" });
    assert.deepEqual(
      read('{"pgstep": 1}')?.problems.map(({ message }) => message),
      ['Cannot use package.json: "pgstep" is a number instead of an object'],
    );
  });
});

describe("wrong values", () => {
  test("are told with the spelling that was used", () => {
    assert.deepEqual(faultsOf({ flags: flags({ "lock-wait": "soon" }) }), [
      "Cannot use --lock-wait soon: it is not a duration | Write it like 500ms, 30s, 5m or 0.",
    ]);
    assert.deepEqual(faultsOf({ environment: { PGSTEP_FORMAT: "xml", PGSTEP_ENV: "a b" } }), [
      "Cannot use PGSTEP_ENV=a b: it is more than one word | Name one environment, e.g. --env production.",
      "Cannot use PGSTEP_FORMAT=xml: it is not one of human, json, github, gitlab, junit, markdown, sarif | Write one of human, json, github, gitlab, junit, markdown, sarif.",
    ]);
    assert.deepEqual(faultsOf({ envFile: envFile("PGSTEP_VERBOSE=maybe") }), [
      "Cannot use PGSTEP_VERBOSE=maybe in .env:1: it is neither true nor false | Write true or false.",
    ]);
    assert.deepEqual(faultsOf({ options: { schema: "x".repeat(64), table: "" } }), [
      "Cannot use the option schema: a name may have at most 63 bytes here | Choose a shorter one.",
      "Cannot use the option table: it is empty | Give it a value, or leave it out.",
    ]);
    // 57 characters of two bytes each.
    assert.equal(faultsOf({ flags: flags({ table: "é".repeat(29) }) }).length, 1);
    assert.equal(faultsOf({ flags: flags({ table: "é".repeat(28) }) }).length, 0);
  });

  test("leave the default, so that what is wrong can be told in the chosen format", () => {
    const { values } = resolveSettings({
      environment: { PGSTEP_VERBOSE: "maybe" },
      flags: flags({ json: "", "lock-wait": "soon" }),
    });
    assert.deepEqual([values.format, values.verbose, values.lockWaitMs], ["json", false, 300_000]);
  });

  test("of several one failure tells all, each with its place", () => {
    const wrong = (resolved: ResolvedSettings) => failureOf(resolved.problems);
    assert.equal(wrong(resolveSettings({ environment: {} })), undefined);
    assert.equal(wrong(resolveSettings({ environment: {}, flags: flags({ "lock-wait": "soon" }) }))?.code, "usage");
    const failure = wrong(resolveSettings({ environment: {}, projectFile: projectFile('{"a": 1, "b": 2}') }));
    assert.equal(failure?.code, "settings");
    assert.deepEqual(
      failure?.findings.map(({ place }) => place?.column),
      [2, 10],
    );
  });
});

describe("spellings", () => {
  test("a shorthand stands for its value, and may not stand beside the flag", () => {
    assert.deepEqual(said({ flags: flags({ json: "" }) }, "format"), ["json", "--json"]);
    assert.deepEqual(said({ flags: flags({ "no-color": "" }), environment: { FORCE_COLOR: "1" } }, "color"), [
      "never",
      "--no-color",
    ]);
    assert.deepEqual(faultsOf({ flags: flags({ json: "", format: "human" }) }), [
      "Cannot use --format and --json together: they set the same value | Give one of them.",
    ]);
  });

  test("others' variables are weaker than pgstep's own", () => {
    const color = (environment: Record<string, string>) => said({ environment }, "color")[0];
    assert.equal(color({ NO_COLOR: "1" }), "never");
    assert.equal(color({ NO_COLOR: "" }), "auto");
    assert.equal(color({ NO_COLOR: "1", PGSTEP_COLOR: "always" }), "always");
    assert.equal(color({ FORCE_COLOR: "1", NO_COLOR: "1" }), "always");
    assert.equal(color({ FORCE_COLOR: "0" }), "never");
  });

  test("no flag, variable or key says two settings", () => {
    const rows = SETTING_NAMES.map(settingOf);
    const spellings = rows.flatMap(({ flag, shorthands = [], variables, signals = [], key }) => [
      `--${flag}`,
      ...shorthands.map((one) => `--${one.flag}`),
      ...variables,
      ...signals.map((one) => one.variable),
      ...(key === undefined ? [] : [`"${key}"`]),
    ]);
    assert.deepEqual(spellings, [...new Set(spellings)]);
    for (const row of rows) assert.ok(row.default === undefined || "value" in row.kind.read(row.default), row.flag);
  });

  test("what tells where to read is refused in what is read then", () => {
    assert.deepEqual(faultsOf({ envFile: envFile("A=1\nPGSTEP_CONFIG=x") }), [
      "Cannot use PGSTEP_CONFIG in .env:2: it must be known before that file is read | Set it in the environment, or give --config.",
    ]);
  });
});
