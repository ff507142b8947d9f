import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { narrowings } from "../../../src/core/breaks/policies.ts";
import type { Policy, Relation } from "../../../src/core/trace/trace.ts";

const OPEN: Policy = {
  name: "p",
  permissive: true,
  command: "*",
  everyone: true,
  using: "true",
  check: undefined,
};
const OWN: Policy = { ...OPEN, using: "(n = 1)" };
const RESTRICTIVE: Policy = { ...OPEN, name: "r", permissive: false, using: "(n = 2)" };

/** What a change of the policies of one table takes from clients. */
function kinds(before: readonly Policy[] | undefined, after: readonly Policy[] | undefined): string[] {
  const relation = (policies: readonly Policy[] | undefined) => ({ policies, hidesRows: false }) as Relation;
  return narrowings(relation(before), relation(after)).map(({ kind }) => kind);
}

describe("policies take rows from clients", () => {
  const cases: readonly (readonly [what: string, before: readonly Policy[] | undefined, after: readonly Policy[]])[] = [
    ["enabled", undefined, [OWN]],
    ["restricted", [OPEN], [OPEN, RESTRICTIVE]],
    ["narrowed", [OPEN], [OWN]],
    ["narrowed", [OWN], [{ ...OWN, using: "false" }]],
    ["narrowed", [OWN], [{ ...OWN, using: "((n = 1) AND (m = ') AND ('))" }]],
    ["narrowed", [OPEN], [{ ...OPEN, everyone: false }]],
    ["narrowed", [{ ...OPEN, check: "true" }], [{ ...OPEN, check: "(n > 0)" }]],
    ["dropped", [OWN, { ...OPEN, name: "q", using: "(n = 3)" }], [OWN]],
    ["dropped", [{ ...OPEN, command: "a", using: undefined, check: "true" }], []],
  ];
  for (const [index, [what, before, after]] of cases.entries()) {
    test(`${what}, case ${index + 1}`, () => assert.deepEqual(kinds(before, after), [what]));
  }
});

describe("policies leave clients their rows", () => {
  const cases: readonly (readonly [before: readonly Policy[] | undefined, after: readonly Policy[] | undefined])[] = [
    [undefined, [OPEN]],
    [[OWN], undefined],
    [[OWN], [OPEN]],
    [[OPEN], [{ ...OPEN, using: "((n = 1) OR true)" }]],
    [[OWN], [{ ...OWN, name: "q" }]],
    [[OWN], [{ ...OWN, using: "(n = 2)" }]],
    [[OWN], [OWN, { ...OPEN, name: "q" }]],
    [[OPEN, OWN], [OPEN]],
    [
      [OWN, RESTRICTIVE],
      [OWN, { ...RESTRICTIVE, name: "s", using: "(n < 9)" }],
    ],
    [[{ ...OWN, using: "((n = 1) AND (n < 9))" }], [OWN]],
    [[OWN], [{ ...OPEN, name: "q", using: "(n > 0)" }]],
  ];
  for (const [index, [before, after]] of cases.entries()) {
    test(`case ${index + 1}`, () => assert.deepEqual(kinds(before, after), []));
  }
});
