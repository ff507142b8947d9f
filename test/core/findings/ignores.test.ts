import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readIgnores } from "../../../src/core/findings/ignores.ts";
import { parseHeader } from "../../../src/core/migrations/header.ts";
import { placeholdersIn } from "../../../src/core/placeholders/placeholders.ts";
import { scan, scanBytes } from "../../../src/core/scanner/scan.ts";

const RULES = ["rewrites-table", "destroys-data"];

/** "3:1 rewrites-table at SELECT 2: reason" for each ignored rule, "3:1 message; hint" for each problem. */
function read(text: string): string[] {
  const { ignores, problems } = readIgnores(scan([text]), RULES);
  return [
    ...ignores.map(({ rule, reason, statementAt, position: { line, column } }) => {
      const where = statementAt === undefined ? "the file" : /^[^;]*/.exec(text.slice(statementAt))?.[0];
      return `${line}:${column} ${rule} at ${where}: ${reason}`;
    }),
    ...problems.map(({ message, hint, position: { line, column } }) => `${line}:${column} ${message}; ${hint}`),
  ];
}

describe("a comment that ignores a rule", () => {
  test("applies to the statement after it, blank lines and other comments between", () => {
    const text =
      "SELECT 1;\n-- Why:\n  -- pgstep: ignore rewrites-table: ten rows: see the wiki\n\n-- more\nSELECT 2;\nSELECT 3;";
    assert.deepEqual(read(text), ["3:3 rewrites-table at SELECT 2: ten rows: see the wiki"]);
  });

  test("applies to the statement whose line it ends", () => {
    const text =
      "SELECT\n1; -- pgstep: ignore destroys-data: unused\nSELECT 2; SELECT 3; --pgstep:ignore rewrites-table:x";
    assert.deepEqual(read(text), ["2:4 destroys-data at SELECT\n1: unused", "3:21 rewrites-table at SELECT 3: x"]);
  });

  test("applies to the statement that contains it", () => {
    const text = "SELECT 'a',\n  -- pgstep: ignore rewrites-table: small\n  2;\nSELECT 3;";
    assert.deepEqual(
      read(text).map((one) => one.split("\n")[0]),
      ["2:3 rewrites-table at SELECT 'a',"],
    );
  });

  test("names several rules, with CRLF line ends as well", () => {
    const text = "-- PGSTEP: ignore rewrites-table,destroys-data : unused\r\nSELECT 1;\r\n";
    assert.deepEqual(read(text), ["1:1 rewrites-table at SELECT 1: unused", "1:1 destroys-data at SELECT 1: unused"]);
  });

  test("applies to the file from its top, in the header as well", () => {
    const text = "-- Transaction: none\n-- pgstep: ignore-file rewrites-table: empty tables\nSELECT 1;";
    assert.deepEqual(read(text), ["2:1 rewrites-table at the file: empty tables"]);
    assert.deepEqual(parseHeader(text).problems, []);
    assert.equal(parseHeader(text).header.transaction, "none");
  });

  test("is none in strings, block comments and rows", () => {
    const text = "SELECT '\n-- pgstep: ignore x: y\n', $$\n-- pgstep: x\n$$; /*\n-- pgstep: z */\n";
    assert.deepEqual(read(text), []);
    assert.deepEqual(read("COPY t FROM STDIN; -- pgstep: ignore destroys-data: a\n-- pgstep: b\n\\.\n"), [
      "1:20 destroys-data at COPY t FROM STDIN: a",
    ]);
  });

  test("has its place after a statement with placeholder values", () => {
    const { header } = parseHeader("-- Placeholders: on\n");
    const text = ["SELECT '$", "{name}'; -- pgstep: ignore destroys-data: a"];
    const { ignores } = readIgnores(scan(text, placeholdersIn(header, { name: "a much longer value" })), RULES);
    assert.deepEqual(ignores[0]?.position, { line: 1, column: text.join("").indexOf("--") + 1 });
  });

  test("has its place after rows that come as bytes", () => {
    const rows = "1\n".repeat(50_000);
    const start = Buffer.from("COPY t FROM STDIN;\n");
    const parts = [start, Buffer.from(rows), Buffer.from("\\.\n-- pgstep: ignore destroys-data: a\nSELECT 1;")];
    const [ignore] = readIgnores(scanBytes(parts), RULES).ignores;
    assert.deepEqual(ignore?.position, { line: 50_003, column: 1 });
    assert.equal(ignore?.statementAt, Buffer.concat(parts).indexOf("SELECT 1"));
  });
});

describe("a comment that ignores nothing", () => {
  const FAULTS: readonly (readonly [comment: string, problem: RegExp])[] = [
    ["-- pgstep: ignore rewrites-table", /gives no reason; Write "-- pgstep: ignore <rule>: <reason>"\.$/],
    ["-- pgstep: ignore rewrites-table:  ", /gives no reason/],
    ["-- pgstep: ignore: small", /names no rule to ignore/],
    ["-- pgstep: ignroe rewrites-table: small", /does not understand this comment; .*word the comment differently/],
    ["-- pgstep:", /does not understand/],
    ["-- pgstep: ignore rewrite-table: small", /no rule "rewrite-table"; Did you mean "rewrites-table"\?/],
    ["-- pgstep: ignore everything: small", /no rule "everything"; The rules are rewrites-table, destroys-data\.$/],
  ];
  for (const [comment, problem] of FAULTS) {
    test(comment, () => {
      const [first = "", ...others] = read(`SELECT 1;\n ${comment}\nSELECT 2;`);
      assert.match(first, problem);
      assert.match(first, /^2:2 /);
      assert.deepEqual(others, []);
    });
  }

  test("is without effect for the unknown rule only", () => {
    const found = read("-- pgstep: ignore nothing, destroys-data: unused\nSELECT 1;");
    assert.equal(found[0], "1:1 destroys-data at SELECT 1: unused");
    assert.match(found[1] ?? "", /there is no rule "nothing"/);
  });

  test("is for the file, but below a statement", () => {
    const [found = "", ...others] = read("SELECT 1;\n-- pgstep: ignore-file destroys-data: unused\nSELECT 2;");
    assert.match(found, /^2:1 .*below the first statement/);
    assert.deepEqual(others, []);
  });

  test("is followed by no statement", () => {
    assert.match(read("SELECT 1;\n-- pgstep: ignore destroys-data: unused\n")[0] ?? "", /^2:1 no statement follows/);
    assert.match(read("-- pgstep: ignore destroys-data: unused\n")[0] ?? "", /^1:1 no statement follows/);
  });
});
