import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  compareVersions,
  isVersion,
  MAX_VERSION_LENGTH,
  nextVersion,
  sameVersion,
  sequenceGaps,
  versionKey,
  versionStyle,
} from "../../../src/core/migrations/version.ts";

const digits = fc.stringMatching(/^[0-9]{1,40}$/);
const NOW = new Date("2026-03-04T05:06:07.890Z");

describe("versions", () => {
  test("are compared as integers, however long", () => {
    fc.assert(
      fc.property(digits, digits, (left, right) => {
        const expected = BigInt(left) - BigInt(right);
        assert.equal(Math.sign(compareVersions(left, right)), expected < 0n ? -1 : expected > 0n ? 1 : 0);
        assert.equal(sameVersion(left, right), expected === 0n);
        assert.equal(BigInt(versionKey(left)), BigInt(left));
      }),
    );
  });

  test("leading zeros do not count, and zero is a version", () => {
    assert.ok(sameVersion("001", "1"));
    assert.ok(sameVersion("000", "0"));
    assert.equal(versionKey("000"), "0");
    assert.ok(!sameVersion("10", "1"));
  });

  test("what is not digits sorts behind them, is itself, and is in one order", () => {
    assert.deepEqual(["b", "10", "a", "9", "v1"].sort(compareVersions), ["9", "10", "a", "b", "v1"]);
    assert.equal(versionKey("0x1"), "0x1");
    const any = fc.oneof(digits, fc.string({ maxLength: 4 }));
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0);
      }),
    );
  });

  test("are ASCII digits, as many as the history can hold", () => {
    assert.ok(isVersion("0".repeat(MAX_VERSION_LENGTH)));
    for (const text of ["", "1".repeat(MAX_VERSION_LENGTH + 1), "1a", "-1", "1.", " 1", "1\n", "١"]) {
      assert.ok(!isVersion(text), text);
    }
  });

  test("of eight digits and more are dates or times", () => {
    assert.equal(versionStyle("20251012"), "timestamp");
    assert.equal(versionStyle("9999999"), "sequential");
    assert.equal(versionStyle("00000001"), "sequential");
  });

  test("the next one sorts behind all there are", () => {
    fc.assert(
      fc.property(
        fc.array(digits),
        fc.constantFrom(undefined, "sequential" as const, "timestamp" as const),
        (present, style) => {
          const next = nextVersion(present, NOW, style);
          assert.ok(isVersion(next));
          if (style !== "sequential") for (const one of present) assert.ok(compareVersions(one, next) < 0);
          for (const one of present) assert.ok(!sameVersion(one, next));
        },
      ),
    );
  });

  test("the next one keeps the padding, and grows out of it", () => {
    assert.equal(nextVersion([], NOW), "001");
    assert.equal(nextVersion(["0001", "0009"], NOW), "0010");
    assert.equal(nextVersion(["999"], NOW), "1000");
    assert.equal(nextVersion(["20250101000000"], NOW), "20260304050607");
    assert.equal(nextVersion(["20260304050607"], NOW), "20260304050608");
  });

  test("gaps are those between the lowest and the highest sequence number", () => {
    assert.deepEqual(sequenceGaps(["001", "2", "005", "009"]), ["3-4", "6-8"]);
    assert.deepEqual(sequenceGaps(["3", "5"]), ["4"]);
    assert.deepEqual(sequenceGaps(["7"]), []);
    assert.deepEqual(sequenceGaps(["1", "20250101000000", "20260101000000"]), []);
    assert.deepEqual(sequenceGaps([]), []);
  });
});
