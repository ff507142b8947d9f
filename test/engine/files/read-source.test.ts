import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { NotUtf8 } from "../../../src/core/text/source.ts";
import { readSource } from "../../../src/engine/files/read-source.ts";

test("a file larger than a part that is not UTF-8 is refused with the line of its first bad byte", () => {
  const directory = mkdtempSync(join(tmpdir(), "pgstep-source-"));
  const lines = "SELECT 'é';\n".repeat(20_000);
  try {
    const path = join(directory, "001_large.sql");
    const behind = Buffer.from(lines);
    for (const bad of [Buffer.from("\xe9 \n", "latin1"), Buffer.from([0xe2, 0x82])]) {
      for (const rest of [behind, Buffer.alloc(0)]) {
        writeFileSync(path, Buffer.concat([behind, bad, rest]));
        assert.throws(
          () => readSource(disk, path),
          (error) => error instanceof NotUtf8 && error.line === 20_001,
        );
      }
    }
    writeFileSync(path, lines);
    assert.equal(readSource(disk, path).size, Buffer.byteLength(lines));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
