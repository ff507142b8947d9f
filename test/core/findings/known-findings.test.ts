import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type KnownFinding,
  knownFinding,
  parseKnownFindings,
  writeKnownFindings,
} from "../../../src/core/findings/known-findings.ts";
import { parseHeader } from "../../../src/core/migrations/header.ts";
import { placeholdersIn } from "../../../src/core/placeholders/placeholders.ts";
import { scan } from "../../../src/core/scanner/scan.ts";

describe("known findings", () => {
  const one: KnownFinding = { file: "001_a.sql", rule: "rewrites-table", statement: "0123456789abcdef" };

  test("are read as they were written: sorted, each once, on a line of its own", () => {
    const other = { ...one, file: "000_ä\u202e.sql" };
    const text = writeKnownFindings([one, other, { ...one }]);
    assert.equal(text.split("\n").filter((line) => line.includes('"file"')).length, 2);
    assert.deepEqual(parseKnownFindings(text), { known: [other, one] });
    assert.deepEqual(parseKnownFindings(writeKnownFindings([])), { known: [] });
  });

  test("name a file by its name, and a statement by its text without line ends", () => {
    const [unix, windows] = ["SELECT\n1;", "SELECT\r\n1;"].map((text) => statementOf(text));
    assert.ok(unix && windows);
    const expected = knownFinding("database/migrations/001_a.sql", "rewrites-table", unix);
    assert.deepEqual(knownFinding("C:\\db\\001_a.sql", "rewrites-table", windows), expected);
    assert.match(expected.statement, /^[0-9a-f]{16}$/);
    assert.notDeepEqual(knownFinding("001_a.sql", "rewrites-table", statementOf("SELECT 2;")), expected);
  });

  test("know a statement with placeholders as it is written", () => {
    const { header } = parseHeader("-- Placeholders: on\n");
    const statements = ["a", "b"].map((value) => {
      const options = placeholdersIn(header, { name: value });
      return [...scan(["SELECT '$", "{name}';"], options)].find((piece) => piece.kind === "statement");
    });
    const [first, second] = statements.map((statement) => {
      assert.ok(statement?.kind === "statement" && statement.replaced);
      return knownFinding("001_a.sql", "x", statement);
    });
    assert.deepEqual(first, second);
  });

  const FAULTS: readonly (readonly [text: string, problem: RegExp])[] = [
    ["{", /not JSON/],
    ["null", /"version": 1/],
    ["[]", /"version": 1/],
    ['{ "version": 2, "findings": [] }', /"version": 1/],
    ['{ "version": 1 }', /"findings" are not a list/],
    ['{ "version": 1, "findings": [null] }', /"findings" are not a list/],
    ['{ "version": 1, "findings": [{ "file": "a", "rule": "b" }] }', /"findings" are not a list/],
  ];
  for (const [text, problem] of FAULTS) {
    test(`are not ${text}`, () => {
      const read = parseKnownFindings(text);
      assert.match("problem" in read ? read.problem : "none", problem);
    });
  }
});

function statementOf(text: string) {
  const [statement] = scan([text]);
  assert.ok(statement?.kind === "statement");
  return statement;
}
