import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { beginHash } from "../../../src/adapters/files/hash-thread.ts";
import { temporaryPlace } from "../../support/place.ts";

const ROWS = Buffer.alloc(17 << 20, "one row\tanother column\n");
const TEXTS = {
  plain: ROWS,
  edited: ROWS,
  removed: ROWS,
  windows: Buffer.concat([ROWS, Buffer.from("\r\n")]),
  marked: Buffer.concat([Buffer.from("\ufeff"), ROWS]),
  small: ROWS.subarray(0, 1 << 20),
};

const skip = availableParallelism() < 2 ? "needs two processors" : false;

describe("a hash in a thread", { skip }, () => {
  const place = temporaryPlace("hash-thread");
  const path = (name: string) => join(place, name);
  const begun = (name: string) => {
    const hash = beginHash(path(name));
    assert.ok(hash, name);
    return hash;
  };

  before(async () => {
    for (const [name, text] of Object.entries(TEXTS)) writeFileSync(path(name), text);
    // Files that were written a moment ago are not hashed beside anything.
    await setTimeout(2_500);
  });

  test("is that of the file's bytes", () => {
    const hash = begun("plain");
    assert.equal(hash.wait(), createHash("sha256").update(ROWS).digest("hex"));
    assert.equal(hash.isUnchanged(), true);
    assert.equal(hash.wait(), createHash("sha256").update(ROWS).digest("hex"));
  });

  test("is left to the caller for carriage returns, a byte order mark, and a file that cannot be read", () => {
    assert.equal(begun("windows").wait(), undefined);
    assert.equal(begun("marked").wait(), undefined);
    assert.equal(beginHash(path("missing")), undefined);
    assert.equal(beginHash(place), undefined);
  });

  test("is not begun for a small file, one that was just written, and more than two at once", () => {
    assert.equal(beginHash(path("small")), undefined);
    const two = [begun("plain"), begun("plain")];
    assert.equal(beginHash(path("plain")), undefined);
    for (const hash of two) assert.ok(hash.wait());
    begun("plain").wait();
    writeFileSync(path("new"), ROWS);
    assert.equal(beginHash(path("new")), undefined);
  });

  test("tells that the file was edited or removed meanwhile", () => {
    const edited = begun("edited");
    edited.wait();
    appendFileSync(path("edited"), "more\n");
    assert.equal(edited.isUnchanged(), false);
    const removed = begun("removed");
    removed.wait();
    rmSync(path("removed"));
    assert.equal(removed.isUnchanged(), false);
  });
});
