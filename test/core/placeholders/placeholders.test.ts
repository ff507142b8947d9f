import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseHeader } from "../../../src/core/migrations/header.ts";
import {
  type GivenPlaceholders,
  mergePlaceholders,
  placeholdersIn,
  placeholdersOf,
  secretMask,
} from "../../../src/core/placeholders/placeholders.ts";
import { placeIn, writtenText } from "../../../src/core/placeholders/written-place.ts";
import { scan } from "../../../src/core/scanner/scan.ts";
import type { Piece, Statement } from "../../../src/core/sql/statement.ts";

const ON = "-- Placeholders: on\n";

function pieces(text: string, given: GivenPlaceholders, chunk = text.length): Piece[] {
  const { header } = parseHeader(text);
  const chunks: string[] = [];
  for (let at = 0; at < text.length; at += chunk) chunks.push(text.slice(at, at + chunk));
  return [...scan(chunks, placeholdersIn(header, given))].filter(({ kind }) => kind !== "blank");
}

function statements(text: string, given: GivenPlaceholders): string[] {
  return pieces(text, given).map((piece) => {
    assert.equal(piece.kind, "statement", JSON.stringify(piece));
    return piece.text;
  });
}

function problems(text: string, given: GivenPlaceholders): string[] {
  return pieces(text, given).map((piece) => {
    assert.ok(piece.kind === "error");
    return `${piece.position.line}:${piece.position.column} ${piece.message} | ${piece.hint}`;
  });
}

describe("placeholders", () => {
  const app = { app: "shop", Limit: "10" };

  test("are replaced only where the header says so", () => {
    assert.deepEqual(statements(`SELECT \${app};`, app), [`SELECT \${app};`]);
    assert.deepEqual(statements(`${ON}SELECT \${app}.f(\${LIMIT}), x_\${app}_y;`, app), [
      "SELECT shop.f(10), x_shop_y;",
    ]);
  });

  test("in quotes stand as the value, whatever is in it", () => {
    const given = { v: `a'b"c\\d` };
    assert.deepEqual(statements(`${ON}SELECT '\${v}', "\${v}", E'\${v}', U&'\${v}', U&"\${v}";`, given), [
      `SELECT 'a''b"c\\d', "a'b""c\\d", E'a''b"c\\\\d', U&'a''b"c\\\\d', U&"a'b""c\\\\d";`,
    ]);
    assert.deepEqual(
      statements(`${ON}SELECT U&'\${v}' /* a */ UESCAPE '!', U&"\${v}" uescape '!', U&'\${v}' AS uescape;`, {
        v: "a!b\\'\"",
      }),
      [`SELECT U&'a!!b\\''"' /* a */ UESCAPE '!', U&"a!!b\\'""" uescape '!', U&'a!b\\\\''"' AS uescape;`],
    );
    const off = `${ON}SET standard_conforming_strings = off; SELECT '\${v}';`;
    assert.equal(statements(off, given)[1], `SELECT 'a''b"c\\\\d';`);
  });

  test("stay in comments and dollar quotes, but for dollar quotes when asked", () => {
    const text = `SELECT 1 /* \${app} \${x} */, $$ \${app} $$, $a$ \${app} $a$ -- \${x}\n;`;
    assert.deepEqual(statements(ON + text, app), [text]);
    assert.deepEqual(statements(`-- Placeholders: everywhere\n${text}`, app), [
      `SELECT 1 /* \${app} \${x} */, $$ shop $$, $a$ shop $a$ -- \${x}\n;`,
    ]);
  });

  test("stay in the rows of a COPY, whose statement is read as it is sent", () => {
    const found = pieces(`${ON}COPY \${app}.t FROM STDIN;\n\${app};\n\\.\nSELECT '\${app}';\n`, app);
    assert.deepEqual(
      found.map(({ kind, text }) => [kind, text]),
      [
        ["statement", "COPY shop.t FROM STDIN;"],
        ["copy-data", `\${app};\n`],
        ["copy-end", "\\.\n"],
        ["statement", "SELECT 'shop';"],
      ],
    );
  });

  test("are written with two dollars where they are none", () => {
    assert.deepEqual(statements(`${ON}SELECT '$\${app} $1 $';`, app), [`SELECT '\${app} $1 $';`]);
  });

  test("without a value are problems, each at its place", () => {
    assert.deepEqual(problems(`${ON}SELECT '😀', '\${ap}',\n  \${other} \${;\n`, { app: "x" }), [
      `2:14 the placeholder \${ap} has no value | Did you mean \${app}?`,
      `3:3 the placeholder \${other} has no value | Set it with --set other=..., PGSTEP_PLACEHOLDER_OTHER, or "placeholders" in pgstep.json.`,
      `3:12 this \${ is not followed by a name and } | Write \${name}, and $\${ for \${ itself.`,
    ]);
    assert.equal(problems(`${ON}SELECT \${a};`, { a: { secret: true } }).length, 1);
  });

  test("cannot make more than one statement, or half of one", () => {
    for (const value of [
      "1; COMMIT",
      "1; COMMIT;",
      "1'",
      '1"',
      "1 /*",
      "(",
      "$$",
      "1\n\\! ls\n",
      "1 \\connect x",
      "\0",
    ]) {
      assert.match(problems(`${ON}SELECT \${v};`, { v: value })[0] ?? "", /^2:8 .*no longer a single statement/, value);
    }
    assert.match(problems(`${ON}\${v};`, { v: "" })[0] ?? "", /^2:1 /);
    assert.deepEqual(statements(`${ON}SELECT '\${v}';`, { v: "1'; COMMIT; --" }), ["SELECT '1''; COMMIT; --';"]);
  });

  test("that are secret stand in quotes only", () => {
    const key = { key: { value: "x", secret: true } };
    assert.match(problems(`${ON}SELECT '\${key}', \${key};`, key)[0] ?? "", /^2:18 .*secret/);
    assert.deepEqual(statements(`${ON}SELECT '\${key}', "\${key}";`, key), [`SELECT 'x', "x";`]);
  });

  test("a value in quotes is one token, and places lead back to the file, for any value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 9 }), (value, chunk) => {
        fc.pre(!value.includes("\0"));
        const text = `${ON}SELECT\n '😀\${v}', "\${v}",\n  here, E'\${v}', $q$\${v}$q$;\nSELECT 2;`;
        const [first, second, ...others] = pieces(text, { v: value }, chunk);
        assert.ok(first?.kind === "statement" && second?.kind === "statement" && others.length === 0);
        assert.equal(second.position.line, 5);
        assert.equal(writtenText(first), text.slice(ON.length, text.indexOf("\nSELECT 2")));
        const behind = (mark: string) => [...first.text.slice(0, first.text.lastIndexOf(mark))].length;
        assert.deepEqual(placeIn(first, behind("  here, E'")), { line: 4, column: 1 });
        assert.deepEqual(placeIn(first, behind(`$q$\${v}$q$`)), { line: 4, column: 18 });
        assert.deepEqual(placeIn(first, 9), { line: 3, column: 3 });
      }),
    );
  });

  test("a place inside a value is where the placeholder begins", () => {
    const [statement] = pieces(`${ON}SELECT \${v} + 1;`, { v: "some + thing" }) as Statement[];
    assert.ok(statement);
    for (const at of [7, 10, 18]) assert.deepEqual(placeIn(statement, at), { line: 2, column: 8 });
    assert.deepEqual(placeIn(statement, 20), { line: 2, column: 13 });
  });
});

describe("values of placeholders", () => {
  test("are put together name by name, and secret where any source says so", () => {
    const merged = mergePlaceholders({ A: "strong" }, { a: { value: "weak", secret: true }, b: { secret: true } });
    assert.deepEqual(Object.fromEntries(placeholdersOf(merged)), {
      a: { value: "strong", secret: true },
      b: { value: undefined, secret: true },
    });
    assert.equal(placeholdersOf({ db_password: "x" }).get("db_password")?.secret, true);
    const denied = mergePlaceholders({ token_name: "x" }, { token_name: { secret: false } });
    assert.equal(placeholdersOf(denied).get("token_name")?.secret, false);
    assert.equal(placeholdersOf(mergePlaceholders({ __proto__x: "1" }, {})).size, 1);
  });

  test("that are secret are masked, also as they stand in quotes", () => {
    const mask = secretMask({
      a: { value: "it's\\", secret: true },
      b: { value: "it's\\ more", secret: true },
      c: "c",
    });
    assert.equal(mask?.("c it's\\ it''s\\\\ it''s\\ it's\\ more"), "c *** *** *** ***");
    assert.equal(
      secretMask({ token: "it's hunter2-and" })?.('at or near "hunter2", it\'s and'),
      'at or near "***", it\'s and',
    );
    assert.equal(secretMask({ c: "c" }), undefined);
    assert.equal(secretMask(undefined), undefined);
  });
});
