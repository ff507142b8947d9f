import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EnvFile, LocatedProjectFile, Variables } from "../../../src/core/configuration/sources.ts";
import { unknownVariables } from "../../../src/core/configuration/unknown-variables.ts";
import { parseEnvFile } from "../../../src/core/setting-files/env-file.ts";
import { readProjectFile } from "../../../src/core/setting-files/project-file.ts";
import { SETTING_NAMES, settingOf } from "../../../src/core/settings/table.ts";

interface Files {
  readonly envFile?: EnvFile;
  readonly projectFile?: LocatedProjectFile;
  readonly referenced?: readonly string[];
}

/** Place, message and hint of each warning. */
function warned(environment: Variables, { referenced = [], ...files }: Files = {}): string[] {
  return unknownVariables({ environment, ...files }, new Set(referenced)).map(
    ({ message, hint, place }) => `${place ? `${place.path}:${place.line}: ` : ""}${message} | ${hint}`,
  );
}

/** The variable that the warning suggests. */
function suggested(name: string): string | undefined {
  const [warning = ""] = warned({ [name]: "x" });
  return / \| Did you mean (\S+)\?$/.exec(warning)?.[1];
}

describe("a warning about an unknown variable", () => {
  test("names the one that was meant: by its own letters, the flag, the key, or libpq's name", () => {
    assert.deepEqual(warned({ PGSTEP_DIRECTROY: "sql", PGSTEP_TALBE: "t" }), [
      "PGSTEP_DIRECTROY is not a variable of pgstep | Did you mean PGSTEP_DIR?",
      "PGSTEP_TALBE is not a variable of pgstep | Did you mean PGSTEP_TABLE?",
    ]);
    assert.equal(suggested("PGSTEP_LOCKTIMEOUT"), "PGSTEP_LOCK_TIMEOUT");
    assert.equal(suggested("PGSTEP_ENVIRONMENT"), "PGSTEP_ENV");
    assert.equal(suggested("PGSTEP_BACKUP_DIRECTORY"), "PGSTEP_BACKUP_DIR");
    assert.equal(suggested("PGSTEP_KEEP"), "PGSTEP_BACKUP_KEEP");
    assert.equal(suggested("PGSTEP_JSON"), "PGSTEP_FORMAT");
    assert.equal(suggested("PGSTEP_DATABASE_URL"), "PGSTEP_URL");
    assert.equal(suggested("PGSTEP_PASSWORD"), "PGPASSWORD");
    assert.equal(suggested("PGSTEP_HOST"), "PGHOST");
  });

  test("names the list where nothing is near", () => {
    assert.deepEqual(warned({ PGSTEP_FLAVOUR: "x" }), [
      "PGSTEP_FLAVOUR is not a variable of pgstep | For the list of variables, run pgstep help settings.",
    ]);
  });

  test("names the line of an env-file", () => {
    const text = "PGSTEP_DIR=sql\nPGSTEP_DRI=sql\nOTHER=1\nPGSTEP_EMPTY=\n";
    const envFile = { path: ".env", variables: parseEnvFile(text, ".env", () => undefined) };
    assert.deepEqual(warned({}, { envFile }), [
      ".env:2: PGSTEP_DRI is not a variable of pgstep | Did you mean PGSTEP_DIR?",
    ]);
  });
});

describe("no warning", () => {
  test("about pgstep's own variables, those of install.sh, empty ones and those of other programs", () => {
    const own = SETTING_NAMES.flatMap((name) => settingOf(name).variables);
    const names = [
      ...own,
      "PGSTEP_URL_VARIABLES",
      "PGSTEP_PLACEHOLDER_TITLE",
      ...["PGSTEP_VERSION", "PGSTEP_TARGET", "PGSTEP_DOWNLOAD_BASE", "PGSTEP_VERIFY"],
      ...["PGSTEPDIR", "PGUSER", "MY_PGSTEP_DIR", "PGSTEP", "pgstep_dri"],
    ];
    assert.deepEqual(warned({ ...Object.fromEntries(names.map((name) => [name, "x"])), PGSTEP_DRI: "" }), []);
  });

  test("about variables that Kubernetes sets for a service named pgstep or pgstep-db", () => {
    assert.deepEqual(
      warned({
        PGSTEP_SERVICE_HOST: "10.0.0.1",
        PGSTEP_SERVICE_PORT: "80",
        PGSTEP_SERVICE_PORT_HTTP: "80",
        PGSTEP_PORT: "tcp://10.0.0.1:80",
        PGSTEP_PORT_80_TCP: "tcp://10.0.0.1:80",
        PGSTEP_PORT_80_TCP_PROTO: "tcp",
        PGSTEP_PORT_80_TCP_ADDR: "10.0.0.1",
        PGSTEP_DB_SERVICE_HOST: "10.0.0.1",
        PGSTEP_DB_PORT_5432_TCP_PORT: "5432",
      }),
      [],
    );
    assert.equal(suggested("PGSTEP_PORT"), "PGPORT");
  });

  test("about variables that the project file or the env-file refers to", () => {
    const text = `{"url": "\${PGSTEP_MAIN}", "environments": {"a": {"table": "\${PGSTEP_OWN_TABLE:-t}"}}}`;
    const file = readProjectFile({ path: "pgstep.json", text, isPackage: false });
    assert.ok(file);
    const projectFile = { ...file, resolve: (path: string) => path };
    const environment = { PGSTEP_MAIN: "x", PGSTEP_OWN_TABLE: "x", PGSTEP_DB_SECRET: "x" };
    assert.deepEqual(warned(environment, { projectFile, referenced: ["PGSTEP_DB_SECRET"] }), []);
    assert.equal(warned(environment).length, 3);
  });
});
