import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { VOCABULARY } from "../../../src/commands/index.ts";
import { readWords, typedSettings } from "../../../src/core/command-line/read-words.ts";

function read(...words: string[]) {
  const { word, command, arguments: args, options, afterDashes } = readWords(VOCABULARY, words);
  const typed = options.map(({ spelling, option, value }) => [spelling, option?.name, value]);
  return { word, command: command?.name, args, typed, afterDashes };
}

describe("the words of a command line", () => {
  test("have a place each, as they were typed", () => {
    assert.deepEqual(read("--dir", "0012", "rollback", "-", "--to=1=2", "-v", "003", "--", "--to", "--"), {
      word: "rollback",
      command: "down",
      args: ["-", "003"],
      typed: [
        ["--dir", "dir", "0012"],
        ["--to", "to", "1=2"],
        ["-v", "version", undefined],
      ],
      afterDashes: ["--to", "--"],
    });
  });

  test("have a place when they are wrong", () => {
    const nothing = { args: [], afterDashes: undefined };
    assert.deepEqual(read("fly"), { ...nothing, word: "fly", command: undefined, typed: [] });
    assert.deepEqual(read("--bogus", "x", "up", "--dir", "--json=yes"), {
      ...nothing,
      word: "up",
      command: "up",
      typed: [
        ["--bogus", undefined, "x"],
        ["--dir", "dir", undefined],
        ["--json", "json", "yes"],
      ],
    });
  });

  test("an option is the command's own before that of all, and another command's at last", () => {
    const optionOf = (...words: string[]) => readWords(VOCABULARY, words).options[0]?.option;
    assert.match(optionOf("--format", "zod", "types")?.summary ?? "", /zod/);
    assert.match(optionOf("--format", "json")?.summary ?? "", /json/);
    assert.equal(optionOf("status", "--gzip")?.name, "gzip");
  });

  test("say settings where the command means nothing else by the option", () => {
    const settingsOf = (...words: string[]) => [...typedSettings(VOCABULARY, readWords(VOCABULARY, words))];
    assert.deepEqual(settingsOf("types", "--schema", "a", "--json", "--dir"), [
      ["json", ""],
      ["dir", ""],
    ]);
    assert.deepEqual(settingsOf("--table", "types", "--schema", "a"), [
      ["table", "types"],
      ["schema", "a"],
    ]);
  });
});
