import assert from "node:assert/strict";
import { test } from "node:test";
import { sizeText } from "../../../src/core/text/size.ts";

test("a size has the largest unit of which it has at least one, and two digits or more", () => {
  const kB = 1024;
  const MB = 1024 * kB;
  const GB = 1024 * MB;
  const sizes: readonly (readonly [number, string])[] = [
    [0, "0 bytes"],
    [1, "1 byte"],
    [1023, "1023 bytes"],
    [kB, "1.0 kB"],
    [1.5 * kB, "1.5 kB"],
    [9.94 * kB, "9.9 kB"],
    [9.96 * kB, "10 kB"],
    [1023.4 * kB, "1023 kB"],
    [1023.6 * kB, "1.0 MB"],
    [256 * MB, "256 MB"],
    [3.4 * GB, "3.4 GB"],
    [1024 * GB, "1.0 TB"],
    [4096 * 1024 * GB, "4096 TB"],
  ];
  for (const [bytes, text] of sizes) assert.equal(sizeText(bytes), text);
});
