import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../../src/core/failure/failure.ts";
import { type JsonNode, parseJsonTree } from "../../../src/core/setting-files/json-tree.ts";

function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case "object":
      return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]));
    case "array":
      return node.items.map(plain);
    case "null":
      return null;
    default:
      return node.value;
  }
}

function problemOf(text: string): string {
  try {
    parseJsonTree(text, "pgstep.json");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error.place?.line}:${error.place?.column} ${error.message}`;
  }
  assert.fail(`accepted: ${text}`);
}

describe("JSON with comments", () => {
  test("reads what JSON.parse reads, to the same value", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, "\t"), (text, indentation) => {
        const written = JSON.stringify(JSON.parse(text), null, indentation);
        // Keys like __proto__ are told apart by entries, not by objects.
        if (written.includes("__proto__")) return;
        assert.deepEqual(plain(parseJsonTree(written, "x")), JSON.parse(written));
      }),
    );
  });

  test("refuses what JSON.parse refuses, comments and trailing commas apart", () => {
    const pieces = ["{", "}", "[", "]", ",", ":", '"a"', '"\\u00e', "1", "-", "0", ".5", "e", "true", "nul", " ", "\n"];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (parts) => {
        const text = parts.join("");
        if (/,\s*[}\]]/.test(text)) return;
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          problemOf(text);
          return;
        }
        assert.deepEqual(plain(parseJsonTree(text, "x")), expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("comments, trailing commas and a byte order mark may stand in it", () => {
    const text = '\ufeff// first\r\n{ /* a */ "b" /* c\n */ : [1, 2, // d\n ], "e": {"f": null,},\n}\n/* end */ // end';
    assert.deepEqual(plain(parseJsonTree(text, "x")), { b: [1, 2], e: { f: null } });
    assert.deepEqual(plain(parseJsonTree('"// no /* comment */"', "x")), "// no /* comment */");
  });

  test("keeps a key that stands twice, and where everything stands", () => {
    const node = parseJsonTree('{"a": 1, "a": true}', "x");
    assert.ok(node.kind === "object");
    assert.deepEqual(
      node.members.map(({ key, offset, value }) => [key, offset, value.offset]),
      [
        ["a", 1, 6],
        ["a", 9, 14],
      ],
    );
  });

  test("says where it is wrong", () => {
    const cases: readonly (readonly [text: string, problem: string])[] = [
      ["", "1:1 Cannot read pgstep.json: a value is missing at its end"],
      ['{\n  "a": 1\n  "b": 2\n}', "3:3 Cannot read pgstep.json: a comma or } is missing here"],
      ["{\n  a: 1\n}", "2:3 Cannot read pgstep.json: a key in double quotes is missing here"],
      ['{"a" 1}', "1:6 Cannot read pgstep.json: the colon after the key is missing"],
      ['{"a": [1, 2}', "1:12 Cannot read pgstep.json: a comma or ] is missing here"],
      ['\ufeff{\n"a": {"b": 1', "2:6 Cannot read pgstep.json: this bracket is not closed"],
      ['{"a": "x\n"}', "1:7 Cannot read pgstep.json: the quote is not closed on its line"],
      ['{"a": "\\x"}', "1:8 Cannot read pgstep.json: JSON has no such escape"],
      ['{"a": "\t"}', "1:8 Cannot read pgstep.json: a control character must be written as an escape"],
      ["{} {}", "1:4 Cannot read pgstep.json: there is text after the JSON value"],
      ["[1,,2]", "1:4 Cannot read pgstep.json: no value starts here"],
      ["{}/* a", "1:3 Cannot read pgstep.json: the comment is not closed"],
      ["[truth]", "1:2 Cannot read pgstep.json: no value starts here"],
      [`"😀" 1`, "1:5 Cannot read pgstep.json: there is text after the JSON value"],
    ];
    for (const [text, problem] of cases) assert.equal(problemOf(text), problem, text);
    assert.match(problemOf("[".repeat(5_000)), /nested too deeply/);
  });

  test("never shows a line that may hold a password", () => {
    const lineOf = (text: string) => {
      try {
        parseJsonTree(text, "x");
      } catch (error) {
        return (error as Failure).place?.sourceLine;
      }
    };
    assert.equal(lineOf('{"url": "postgres://me:secret@host" "a"}'), undefined);
    assert.equal(lineOf('{"dbPassword": "geheim" "a"}'), undefined);
    assert.equal(lineOf('{"a": 1 "b"}'), '{"a": 1 "b"}');
  });
});
