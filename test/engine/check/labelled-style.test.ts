import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { STYLE_RULES } from "../../../src/core/findings/check-rules.ts";
import { embeddedWorld } from "../support.ts";
import { STYLE_BAD, STYLE_FINE, type StyleCase } from "./labelled/style.ts";
import { trial } from "./traced.ts";

/** The rules of style that find something in the last file, with what they say. */
async function found({ given, sql }: StyleCase): Promise<string[]> {
  const files = { ...(given && { "001_given.sql": given }), "002_file.sql": sql };
  const { files: applied, failed } = await trial(await embeddedWorld(files));
  assert.equal(failed, undefined);
  const [last] = applied.slice(-1);
  assert.ok(last);
  return STYLE_RULES.flatMap(({ id, find }) => [...find(last)].map(({ message }) => `${id}: ${message}`));
}

describe("labelled files of style", () => {
  for (const one of STYLE_BAD) {
    test(`${one.rule}: ${one.sql}`, async () => {
      const all = await found(one);
      assert.ok(
        all.some((words) => words.startsWith(`${one.rule}: `)),
        all.join("; "),
      );
    });
  }
  for (const one of STYLE_FINE) {
    test(`fine: ${one.sql}`, async () => assert.deepEqual(await found(one), []));
  }
});
