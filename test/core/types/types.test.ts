import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { docComment } from "../../../src/core/types/format.ts";
import { propertyName } from "../../../src/core/types/names.ts";

describe("the text of types", () => {
  test("has nothing of a database in it that turns its direction or is invisible", () => {
    assert.deepEqual(docComment("is\u202e \x1b[31m*/ x\r\nb\u2028"), [
      "/**",
      " * is\\u202e \\x1b[31m*\\/ x",
      " * b\\u2028",
      " */",
    ]);
    const name = propertyName("a\u202eb\u200b");
    assert.equal(name, '"a\\u202eb\\u200b"');
    assert.equal(JSON.parse(name), "a\u202eb\u200b");
  });
});
