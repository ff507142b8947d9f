import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { messageOf, systemCode, systemWords } from "../../../src/core/failure/system-error.ts";

const coded = (code: string, message: string) => Object.assign(new Error(message), { code });

describe("an error of the system", () => {
  test("is told in the same words on every runtime", () => {
    assert.equal(systemWords(coded("EACCES", "EACCES: permission denied, open 'x'")), "permission denied");
    assert.equal(systemWords(coded("ENOSPC", "No space left on device (os error 28)")), "no space left on device");
  });

  test("names what is missing", () => {
    const missing = coded("ENOENT", "spawn x ENOENT");
    assert.equal(systemWords(missing), "there is no such file or directory");
    assert.equal(systemWords(missing, "program"), "there is no such program");
    try {
      readFileSync("/nowhere");
    } catch (error) {
      assert.equal(systemWords(error, "file"), "there is no such file");
    }
  });

  test("keeps the system's own words where the code is not known, without code and call", () => {
    assert.equal(systemWords(coded("EMFILE", "EMFILE: too many open files, open 'a, b'")), "too many open files");
    assert.equal(
      systemWords(new Error("pg_dump: could not go on, write failed")),
      "pg_dump: could not go on, write failed",
    );
    assert.equal(systemWords("thrown text"), "thrown text");
  });

  test("says what Deno refuses", () => {
    const refused = Object.assign(new Error('Requires read access to "x", run again with the --allow-read flag'), {
      name: "NotCapable",
    });
    assert.equal(systemWords(refused), 'Deno requires read access to "x"');
  });

  test("has the code of the first of several errors", () => {
    assert.equal(systemCode(new AggregateError([coded("ECONNREFUSED", "a"), new Error("b")])), "ECONNREFUSED");
    assert.equal(systemCode(new Error("none")), undefined);
    assert.equal(systemCode(undefined), undefined);
    assert.equal(messageOf(null), "null");
  });
});
