import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CheckRule, Example } from "../../../src/core/check/rule.ts";
import { SAFETY_RULES, STYLE_RULES } from "../../../src/core/findings/check-rules.ts";
import { embeddedWorld } from "../support.ts";
import { isOneTransaction, notes, trial, trialRolledBack } from "./traced.ts";

type Found = (example: Example, rule: CheckRule) => Promise<string[]>;

/** Applies an example to an empty database, the file of `given` first, and returns the notes of one rule. */
const found: Found = async ({ given, sql }, rule) => {
  const files = { ...(given && { "001_given.sql": given }), "002_example.sql": sql };
  const { files: applied, failed } = await trial(await embeddedWorld(files));
  return failed ? [failed].filter((id) => id === rule.id) : notes(applied, [rule]);
};

function tests(rules: readonly CheckRule[], run: Found): void {
  for (const rule of rules) {
    describe(rule.id, () => {
      for (const example of rule.examples.bad) {
        test(`finds ${example.sql}`, async () => {
          assert.notDeepEqual(await run(example, rule), []);
        });
      }
      for (const example of rule.examples.good) {
        test(`accepts ${example.sql}`, async () => {
          assert.deepEqual(await run(example, rule), []);
        });
      }
    });
  }
}

describe("rules of safety", () => tests(SAFETY_RULES, found));

// Locks that are still held do not matter to rules of style.
const foundFast: Found = async (example, rule) => {
  const { given, sql } = example;
  if (!isOneTransaction(sql) || !isOneTransaction(given ?? "")) return found(example, rule);
  const session = await (await embeddedWorld({})).database.open();
  try {
    const { files, failed } = await trialRolledBack(session, sql, given);
    assert.equal(failed, undefined);
    return notes(files, [rule]);
  } finally {
    await session.close();
  }
};

describe("rules of style", () => tests(STYLE_RULES, foundFast));
