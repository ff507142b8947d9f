import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { REFERENCE_PATH, SCHEMA_PATH, settingsSchema, withReference } from "../../build/settings-reference.ts";
import { readProjectFile } from "../../src/core/setting-files/project-file.ts";
import { SETTING_NAMES, settingOf } from "../../src/core/settings/table.ts";

const RENEW = "is stale: run node --import tsx build/settings-reference.ts";

describe("what is written down of the settings", () => {
  test("the JSON schema is that of the table", () => {
    assert.ok(readFileSync(SCHEMA_PATH, "utf8") === settingsSchema(), `schema/pgstep.schema.json ${RENEW}`);
  });

  test("the reference is that of the table", () => {
    const page = readFileSync(REFERENCE_PATH, "utf8");
    assert.ok(page === withReference(page), `docs/settings.md ${RENEW}`);
  });

  test("the reference's example is a project file without problems", () => {
    const [, text = ""] = /```jsonc\n([\s\S]*?)```/.exec(readFileSync(REFERENCE_PATH, "utf8")) ?? [];
    const file = readProjectFile({ path: "pgstep.json", text, isPackage: false });
    assert.deepEqual(file?.problems, []);
    assert.deepEqual([...(file?.environments.keys() ?? [])], ["production", "staging"]);
  });

  test("the schema knows the keys that a project file may have, and no others", () => {
    const schema = JSON.parse(settingsSchema()) as {
      properties: object;
      definitions: { section: { properties: object } };
    };
    const keys = SETTING_NAMES.flatMap((name) => settingOf(name).key ?? []);
    assert.deepEqual(Object.keys(schema.properties).sort(), [...keys, "$schema", "environments"].sort());
    assert.deepEqual(
      Object.keys(schema.definitions.section.properties).sort(),
      keys.filter((key) => key !== "environment").sort(),
    );
  });
});
