import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../../src/core/failure/failure.ts";
import { parseEnvFile } from "../../../src/core/setting-files/env-file.ts";

const read = (text: string, environment: Record<string, string> = {}) =>
  Object.fromEntries(
    [...parseEnvFile(text, ".env", (name) => environment[name])].map(([name, { value }]) => [name, value]),
  );

function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
  assert.fail(`accepted: ${text}`);
}

describe("an env-file", () => {
  test("has names with values, with and without quotes", () => {
    const text = [
      "# comment",
      "",
      "A=plain",
      "  export B = spaced out  # comment",
      `C='single # not a comment \${A}'   # comment`,
      'D="double \\" \\\\ \\n\\t\\r \\$ \\q end"',
      "E=`back ' \"tick`",
      "F=",
      "G=a#b",
      "H=#comment",
      "I=it's",
      "export J",
      "K",
      "A.b-c=dotted",
    ].join("\n");
    assert.deepEqual(read(text), {
      A: "plain",
      B: "spaced out",
      C: `single # not a comment \${A}`,
      D: 'double " \\ \n\t\r $ \\q end',
      E: "back ' \"tick",
      F: "",
      G: "a#b",
      H: "",
      I: "it's",
      "A.b-c": "dotted",
    });
  });

  test("values in quotes may have several lines, and lines may end as on Windows", () => {
    assert.deepEqual(read("\ufeffA=\"one\r\ntwo\"\r\nB='x\n\ny'\r\nC=3\r\n"), { A: "one\ntwo", B: "x\n\ny", C: "3" });
    const variables = parseEnvFile('A="one\ntwo"\n\nB=1\n', ".env", () => undefined);
    assert.deepEqual([variables.get("A")?.line, variables.get("B")?.line], [1, 4]);
  });

  test("references are replaced by the environment, or by what stands above", () => {
    const text = `A=\${HOST}\nB="\${A}:\${PORT:-5432}"\nC='\${A}'\nA=later\nD=\${A}\nE="\\\${A}"\nF="$\${A} $A"`;
    assert.deepEqual(read(text, { HOST: "db" }), {
      A: "later",
      B: "db:5432",
      C: `\${A}`,
      D: "later",
      E: `\${A}`,
      F: `\${A} $A`,
    });
    assert.deepEqual(read(`A=file\nB=\${A}`, { A: "environment" }).B, "environment");
  });

  test("what cannot be replaced is a problem where it concerns pgstep, and left out elsewhere", () => {
    assert.deepEqual(read(`THEIRS=\${NOT_SET}\nA=1`), { A: "1" });
    assert.equal(
      refusal(`A=1\nPGPASSWORD=\${NOT_SET}`),
      "Cannot read .env:2: PGPASSWORD: the variable NOT_SET is not set",
    );
    assert.match(refusal(`DATABASE_URL=\${NOT_SET}`), /NOT_SET is not set/);
  });

  test("what is no assignment is a problem, told without any value", () => {
    assert.equal(refusal("A=1\nse cret"), "Cannot read .env:2: se is not followed by =");
    assert.equal(refusal("\n=1"), "Cannot read .env:2: the line is not NAME=value");
    assert.equal(refusal("1A=1"), "Cannot read .env:1: the line is not NAME=value");
    assert.equal(refusal('A=1\nB="secret\n\n'), "Cannot read .env:2: the quote of B is not closed");
    assert.equal(refusal('A="x\ny"z'), "Cannot read .env:2: there is text after the value of A");
  });

  test("any value comes back from double quotes", () => {
    const quotable = (value: string) =>
      value
        .replace(/[\\"$]/g, "\\$&")
        .replaceAll("\n", "\\n")
        .replaceAll("\r", "\\r")
        .replaceAll("\t", "\\t");
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "$", "{", "}", "\\", '"', "'", "\n", "\r", "\t", "#", " ", "é") }),
        (value) => {
          assert.deepEqual(read(`A="${quotable(value)}"\nB=after`), { A: value, B: "after" });
        },
      ),
    );
  });
});
