import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CODE_PAIRS } from "../../diff/pairs-code.ts";
import { TABLE_PAIRS } from "../../diff/pairs-tables.ts";
import { TYPE_PAIRS } from "../../diff/pairs-types.ts";
import { sample, tryPair } from "../../diff/trial.ts";
import { sharedServer } from "../../support/postgres-server.ts";

/** A few of the pairs of `npm run test:diff`, each with many kinds of objects. */
const CHOSEN = ["type under a view", "enum value removed", "a little of everything", "view under views"];

describe("a schema is changed into another", () => {
  const pairs = [...TABLE_PAIRS, ...CODE_PAIRS, ...TYPE_PAIRS].filter(([name]) => CHOSEN.includes(name));
  for (const [name, before, after] of pairs) {
    test(name, async () => {
      const server = await sharedServer(18);
      const [first, second] = [await sample(server, before), await sample(server, after)];
      for (const [from, to] of [
        [first, second],
        [second, first],
      ] as const) {
        const { left, stuck } = await tryPair(server, from, to);
        assert.deepEqual(left, { added: [], removed: [], changed: [] }, JSON.stringify(stuck));
      }
    });
  }
});
