import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHECK_RULES } from "../../../src/core/check/check-rules.ts";
import type { CheckRule, Example } from "../../../src/core/check/rule.ts";
import { embeddedWorld } from "../support.ts";
import { notes, trial } from "./traced.ts";

/** Applies an example to an empty database, the file of `given` first, and returns the notes of one rule. */
async function found({ given, sql }: Example, rule: CheckRule): Promise<string[]> {
  const files = { ...(given && { "001_given.sql": given }), "002_example.sql": sql };
  const { files: applied, failed } = await trial(await embeddedWorld(files));
  return failed ? [failed].filter((id) => id === rule.id) : notes(applied, [rule]);
}

for (const rule of CHECK_RULES) {
  describe(rule.id, () => {
    for (const example of rule.examples.bad) {
      test(`finds ${example.sql}`, async () => {
        assert.notDeepEqual(await found(example, rule), []);
      });
    }
    for (const example of rule.examples.good) {
      test(`accepts ${example.sql}`, async () => {
        assert.deepEqual(await found(example, rule), []);
      });
    }
  });
}
