import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { makeDirectory } from "../../../src/adapters/files/file-owner.ts";
import { temporaryPlace } from "../../support/place.ts";

describe("a new directory for pgstep's own files", () => {
  test("is ignored by git", () => {
    const place = temporaryPlace("own-directory");
    makeDirectory(join(place, ".pgstep", "backups"), 0o700);
    assert.equal(readFileSync(join(place, ".pgstep", ".gitignore"), "utf8"), "*\n");
  });

  test("that was there before, or has another name, stays as it is", () => {
    const place = temporaryPlace("own-directory");
    mkdirSync(join(place, ".pgstep"));
    makeDirectory(join(place, ".pgstep", "backups"));
    makeDirectory(join(place, "elsewhere", "backups"));
    assert.equal(existsSync(join(place, ".pgstep", ".gitignore")), false);
    assert.equal(existsSync(join(place, "elsewhere", ".gitignore")), false);
  });
});
