import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  Checksum,
  checksumOf as checksumOfText,
  decodeSource,
  decodeWhole,
  NotUtf8,
  SourceDecoder,
} from "../../../src/core/text/source.ts";

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom("\r", "\n", "\r\n", "é", "😀", "\ufffd", "a"),
    fc.string({ unit: "binary", maxLength: 1 }),
  ),
});

/** Bytes cut at random places; the first part holds at least a byte order mark. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const borders = [...new Set(places.map((place) => 3 + (place % Math.max(1, bytes.length))))].filter(
    (at) => at < bytes.length,
  );
  const sorted = [0, ...borders.sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

function checksumOf(parts: readonly Uint8Array[]): string {
  const checksum = new Checksum();
  for (const part of parts) checksum.update(part);
  return checksum.digest();
}

function isAccepted(parts: readonly Uint8Array[]): boolean {
  const decoder = new SourceDecoder();
  return parts.every((part) => decoder.accepts(part)) && !decoder.isInCharacter;
}

const places = fc.array(fc.nat(1000), { maxLength: 6 });

describe("a source text", () => {
  test("is the same wherever its bytes are cut", () => {
    fc.assert(
      fc.property(text, places, (whole, borders) => {
        const bytes = Buffer.from(whole, "utf8");
        const expected = bytes.toString("utf8").replace(/^\ufeff/, "");
        assert.equal([...decodeSource(cut(bytes, borders))].join(""), expected);
        assert.ok(isAccepted(cut(bytes, borders)));
      }),
    );
  });

  test("loses its byte order mark, and only the first", () => {
    assert.equal([...decodeSource([Buffer.from("\ufeffa\ufeffb")])].join(""), "a\ufeffb");
    assert.deepEqual([...decodeSource([])], []);
    assert.deepEqual([...decodeSource([Buffer.from("\ufeff")])].join(""), "");
  });

  test("a replacement character that is really there is no problem", () => {
    assert.equal([...decodeSource([Buffer.from("a\ufffdb")])].join(""), "a\ufffdb");
  });

  test("is the same when it is decoded and summed whole", () => {
    fc.assert(
      fc.property(text, fc.boolean(), (whole, marked) => {
        const bytes = Buffer.from(`${marked ? "\ufeff" : ""}${whole}`, "utf8");
        const decoded = decodeWhole(bytes);
        assert.equal(decoded, [...decodeSource([bytes])].join(""));
        assert.equal(checksumOfText(decoded), checksumOf([bytes]));
      }),
    );
  });

  test("UTF-16 is told from other encodings by its byte order mark", () => {
    const likely = (bytes: Uint8Array) => {
      try {
        return decodeWhole(bytes);
      } catch (error) {
        return error instanceof NotUtf8 && error.likely;
      }
    };
    const utf16 = Buffer.from("\ufeffSELECT 1;\n", "utf16le");
    assert.equal(likely(utf16), "utf-16");
    assert.equal(likely(Buffer.from(utf16).swap16()), "utf-16");
    assert.equal(likely(Buffer.from("SELECT 'é';", "latin1")), "latin1");
  });

  test("that is not UTF-8 is refused with the line of the first bad byte, wherever it is cut", () => {
    const bad: [number[], string][] = [
      [[0xff], "lone"],
      [[0xc3, 0x28], "second byte"],
      [[0xe2, 0x82], "cut short"],
      [[0xed, 0xa0, 0x80], "surrogate"],
      [[0xc0, 0x80], "overlong"],
      [[0xf5, 0x80, 0x80, 0x80], "too high"],
    ];
    for (const [bytes, what] of bad) {
      for (const before of ["", "one\ntwo\n", "é\r\n😀\n\n\n"]) {
        for (const behind of ["", "\nlast", " é"]) {
          const whole = Buffer.concat([Buffer.from(`abc${before}`), Buffer.from(bytes), Buffer.from(behind)]);
          const refused = (error: unknown) => error instanceof NotUtf8 && error.line === before.split("\n").length;
          assert.throws(() => decodeWhole(whole), refused, `${what} whole`);
          for (let place = 3; place < whole.length; place++) {
            const parts = [whole.subarray(0, place), whole.subarray(place)];
            assert.throws(() => [...decodeSource(parts)], refused, `${what} cut at ${place}`);
            assert.equal(isAccepted(parts), false, `${what} cut at ${place}`);
          }
        }
      }
    }
  });
});

describe("a checksum", () => {
  test("does not depend on cuts, line ends or a byte order mark", () => {
    fc.assert(
      fc.property(text, places, (whole, borders) => {
        const plain = whole.replace(/^\ufeff+/, "");
        const expected = createHash("sha256").update(plain.replaceAll("\r\n", "\n"), "utf8").digest("hex");
        assert.equal(checksumOf(cut(Buffer.from(plain), borders)), expected);
        if (!plain.includes("\r")) {
          const windows = Buffer.from(`\ufeff${plain.replaceAll("\n", "\r\n")}`);
          assert.equal(checksumOf(cut(windows, borders)), expected);
        }
      }),
    );
  });

  test("changes with everything else, a lone carriage return included", () => {
    const sums = ["a\nb", "a\rb", "a b", "a\nb\n", "", "\r", "\n", "a\r", "a"].map((one) =>
      checksumOf([Buffer.from(one)]),
    );
    assert.equal(new Set(sums).size, sums.length);
  });
});
