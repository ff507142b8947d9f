import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHECK_RULES } from "../../../src/core/check/check-rules.ts";
import type { Example } from "../../../src/core/check/rule.ts";
import { embeddedWorld } from "../support.ts";
import { remarks, traced } from "./traced.ts";

/** Applies an example to an empty database; the file of `given` comes first. */
async function tracedExample({ given, sql }: Example) {
  return await traced(await embeddedWorld({ ...(given && { "001_given.sql": given }), "002_example.sql": sql }));
}

for (const rule of CHECK_RULES) {
  describe(rule.id, () => {
    for (const example of rule.examples.bad) {
      test(`finds ${example.sql}`, async () => {
        assert.notDeepEqual(remarks(await tracedExample(example), [rule]), []);
      });
    }
    for (const example of rule.examples.good) {
      test(`accepts ${example.sql}`, async () => {
        assert.deepEqual(remarks(await tracedExample(example), [rule]), []);
      });
    }
  });
}
