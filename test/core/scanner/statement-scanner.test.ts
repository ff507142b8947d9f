import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { scan, scanBytes } from "../../../src/core/scanner/scan.ts";
import { type ScanOptions, StatementScanner } from "../../../src/core/scanner/statement-scanner.ts";
import type { Piece } from "../../../src/core/sql/statement.ts";
import { advance, START } from "../../../src/core/text/position.ts";
import { chunked, pieces } from "./statement-outline.ts";

/** What makes scanners stumble, in pieces that fit together in unforeseen ways. */
const NASTY = [
  ..."'\"$;()\\-/*\n\r \t.:,&+@aEeUuBxN_1é\0",
  ...["''", '""', "E'", "e'\\'", "U&'", 'u&"', "B'", "x'", "$$", "$a$", "$é$", "$1", "a$b", "1e-", "1a$$", "--", "/*"],
  ...[
    "*/",
    "😀",
    "\\.",
    "\n\\.\n",
    "\n\\.\r\n",
    "\\\\",
    "\\;",
    "\\restrict x\n",
    "select ",
    "case ",
    " end;",
    "; end;",
  ],
  ...[
    "create function ",
    "create or replace procedure ",
    " begin ",
    " atomic ",
    " begin atomic ",
    "copy t from stdin;\n",
  ],
  ...["copy t from stdin", "set standard_conforming_strings = off;", "reset all;", "commit;"],
];
const nastyText = fc.array(fc.constantFrom(...NASTY), { maxLength: 60 }).map((parts) => parts.join(""));
const options = fc.record({ standardConformingStrings: fc.boolean() });

/** Cut at these places; the first part holds at least a byte order mark. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [...new Set([0, ...places.map((place) => place + 3), bytes.length])].sort((a, b) => a - b);
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
}

/** As `pieces` gives them; every part is spoiled once the next is asked for. */
function ofBytes(parts: readonly Buffer[], chosen: ScanOptions): Piece[] {
  const found: Piece[] = [];
  let rows: Buffer[] = [];
  const lent = (function* () {
    for (const part of parts) {
      const copy = Buffer.from(part);
      yield copy;
      copy.fill(0x7f);
    }
  })();
  const joinRows = () => {
    if (rows.length > 0) add({ kind: "copy-data", text: Buffer.concat(rows).toString(), position: START, offset: 0 });
    rows = [];
  };
  const add = (piece: Piece) => {
    const last = found.at(-1);
    if (piece.kind === "copy-data" && last?.kind === "copy-data")
      found[found.length - 1] = { ...last, text: last.text + piece.text };
    else found.push(piece);
  };
  for (const piece of scanBytes(lent, chosen)) {
    if (piece.kind === "copy-bytes") rows.push(Buffer.from(piece.bytes));
    else {
      joinRows();
      add(piece);
    }
  }
  joinRows();
  return found;
}

/** Offsets count otherwise in bytes; rows have no place then. */
function withoutOffsets(found: readonly Piece[]): unknown[] {
  return found.map((piece) => (piece.kind === "copy-data" ? piece.text : { ...piece, offset: 0 }));
}

describe("StatementScanner", () => {
  test("its pieces put together are the text", () => {
    fc.assert(
      fc.property(nastyText, options, (text, chosen) => {
        const found = pieces([text], chosen);
        assert.equal(found.map((piece) => piece.text).join(""), text);
      }),
      { numRuns: 2000 },
    );
  });

  test("where the chunks end changes nothing", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(nastyText, sizes, options, (text, lengths, chosen) => {
        const chunks: string[] = [];
        let at = 0;
        for (const length of lengths) {
          chunks.push(text.slice(at, at + length));
          at += length;
        }
        chunks.push(text.slice(at));
        assert.deepEqual(pieces(chunks, chosen), pieces([text], chosen));
        assert.deepEqual(pieces(chunked(text, 1), chosen), pieces([text], chosen));
      }),
      { numRuns: 2000 },
    );
  });

  test("as bytes it is the same, wherever they are cut", () => {
    const borders = fc.array(fc.nat(200), { maxLength: 20 });
    const withRows = fc.tuple(
      nastyText,
      fc.array(fc.constantFrom("1\té\n", "\\N\t😀\n", "\\.x\n", "x\\.\n", "\\.\r", "\r\n", "\\", "\n", "\0"), {
        maxLength: 30,
      }),
      fc.constantFrom("\\.\n", "\\.\r\n", "\n\\.\n", "\n\\.", ""),
      nastyText,
    );
    fc.assert(
      fc.property(withRows, borders, options, ([before, rows, mark, behind], at, chosen) => {
        const text = `${before}\ncopy t from stdin;\n${rows.join("")}${mark}${behind}`;
        assert.deepEqual(
          withoutOffsets(ofBytes(cut(Buffer.from(text), at), chosen)),
          withoutOffsets(pieces([text], chosen)),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test("rows that arrive as bytes stay so, but for those around the mark", () => {
    const part = Buffer.from("1\té\n".repeat(1000));
    const found = [...scanBytes([Buffer.from("COPY t FROM stdin;\n"), part, part, Buffer.from("2\n\\.\nSELECT 1;")])];
    assert.deepEqual(
      found.map((piece) => (piece.kind === "copy-bytes" ? piece.bytes.length : piece.kind)),
      ["statement", "blank", part.length, part.length, 2, "copy-end", "statement"],
    );
    const last = found.at(-1);
    assert.ok(last?.kind === "statement");
    assert.deepEqual(last.position, { line: 2004, column: 1 });
  });

  test("every piece is at the place it says", () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        let offset = 0;
        for (const piece of scan([text])) {
          if (piece.kind !== "blank") {
            assert.deepEqual(piece.position, advance(START, text.slice(0, piece.offset)));
            if (piece.kind !== "error") assert.equal(piece.offset, offset);
          }
          offset += piece.text.length;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("a sound text with statements in between keeps them, whatever they are made of", () => {
    const part = fc.constantFrom(
      "'a;''b'",
      "E'\\';\\\\'",
      '"x;"',
      "$$;'$$",
      "$a$;$$;$a$",
      "/* ; /* ' */ ; */",
      "-- ; '\n",
      "(1;2)",
      "a$$",
      "U&'\\'",
      "1e-3",
      "😀",
    );
    const statement = fc.array(part, { maxLength: 12 }).map((parts) => `SELECT ${parts.join(" ")};`);
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 8 }), fc.integer({ min: 1, max: 30 }), (statements, size) => {
        const text = statements.join("\n -- between\n");
        const found = pieces(chunked(text, size)).filter(({ kind }) => kind !== "blank");
        assert.deepEqual(
          found.map((piece) => piece.text),
          statements,
        );
      }),
      { numRuns: 500 },
    );
  });

  test("gives a statement as soon as its semicolon is there, and no earlier", () => {
    const scanner = new StatementScanner();
    assert.deepEqual(scanner.push("SELECT 1"), []);
    assert.deepEqual(
      scanner.push("; SEL").map(({ text }) => text),
      ["SELECT 1;"],
    );
    assert.deepEqual(
      scanner.push("ECT 2").map(({ text }) => text),
      [" "],
    );
    assert.deepEqual(
      scanner.end().map(({ text }) => text),
      ["SELECT 2"],
    );
  });

  test("gives rows of a COPY as they arrive, never half of a surrogate pair", () => {
    const scanner = new StatementScanner();
    scanner.push("COPY t FROM stdin;\n");
    assert.deepEqual(
      scanner.push("1\t\ud83d").map(({ kind, text }) => `${kind} ${text}`),
      ["copy-data 1\t"],
    );
    assert.deepEqual(
      scanner.push("\ude00\n\\").map(({ kind, text }) => `${kind} ${text}`),
      ["copy-data 😀\n"],
    );
    assert.deepEqual(
      scanner.push(".\n").map(({ kind }) => kind),
      ["copy-end"],
    );
  });
});

describe("large files", () => {
  const large = (name: string, statement: string) =>
    test(name, () => {
      const text = `SELECT 1;\n${statement}\nSELECT 2;\n`;
      for (const size of [1 << 16, 100]) {
        const found = pieces(chunked(text, size)).filter(({ kind }) => kind !== "blank");
        assert.deepEqual(
          found.map((piece) => piece.text.length),
          [9, statement.length, 9],
        );
        const last = found.at(-1);
        assert.ok(last?.kind === "statement" && last.position.column === 1);
        assert.equal(last.position.line, statement.split("\n").length + 2);
      }
    });

  large("a string of 10 MB", `INSERT INTO t VALUES ('${"it''s; -- fine ".repeat(700_000)}');`);
  large("an escape string of 10 MB", `INSERT INTO t VALUES (E'${"it\\'s; -- fine ".repeat(700_000)}');`);
  large("a dollar quote of 10 MB", `DO $body$${"$x$ ; ' -- $$ ".repeat(700_000)}$body$;`);
  large("a comment of 10 MB inside a statement", `SELECT /*${" ; ' * / word".repeat(700_000)}*/ 1;`);
  large("a statement on 100,000 lines", `INSERT INTO t VALUES\n${"  (1, 'one;', \"two\"),\n".repeat(100_000)}  (2);`);
  large("a body of 100,000 statements", `CREATE FUNCTION f() BEGIN ATOMIC\n${"SELECT 1;\n".repeat(100_000)}END;`);

  test("a string of 2 MB in chunks of one character", () => {
    const text = `SELECT '${"x".repeat(2_000_000)}';`;
    const found = pieces(chunked(text, 1));
    assert.equal(found.length, 1);
    assert.equal(found[0]?.text.length, text.length);
  });

  test("100,000 statements on one line", () => {
    const found = pieces(chunked("SELECT '😀';".repeat(100_000), 4096));
    assert.equal(found.length, 100_000);
    const last = found.at(-1);
    assert.ok(last?.kind === "statement");
    assert.deepEqual(last.position, { line: 1, column: 99_999 * 11 + 1 });
  });
});
