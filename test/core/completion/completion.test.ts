import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { VOCABULARY } from "../../../src/commands/index.ts";
import type { Vocabulary } from "../../../src/core/command-line/command.ts";
import { FORMATS } from "../../../src/core/command-line/output-format.ts";
import { SCRIPTS } from "../../../src/core/completion/scripts.ts";
import { completionAt } from "../../../src/core/completion/suggestions.ts";

const WORDS: Vocabulary = {
  groups: [],
  commands: [
    {
      name: "go",
      effect: "reads",
      aliases: ["walk"],
      summary: "go there",
      description: "",
      arguments: [{ name: "version", required: false, summary: "", completes: "version" }],
      program: "what follows",
      options: [
        { name: "to", value: "version", letter: "t", summary: "the last", completes: "version" },
        { name: "pace", value: "pace", summary: "how fast", completes: ["slow", "swift"] },
        { name: "name", value: "name", summary: "any" },
      ],
      examples: [],
    },
    {
      name: "stay",
      effect: "reads",
      aliases: [],
      summary: "stay here",
      description: "",
      arguments: [{ name: "word", required: true, variadic: true, summary: "", completes: ["a", "b"] }],
      options: [],
      examples: [],
    },
  ],
  options: [
    { name: "dir", value: "directory", summary: "where", completes: "directory" },
    { name: "name", value: "name", summary: "of all, where a command has none of its own" },
    { name: "help", letter: "h", summary: "help" },
  ],
};

function at(...words: string[]) {
  const { suggestions, wanted } = completionAt(WORDS, words.slice(0, -1), words.at(-1) ?? "");
  return [...suggestions.map(({ text }) => text), ...(wanted ? [`:${wanted}`] : [])];
}

describe("what completes a word", () => {
  test("commands and their aliases, each with what it is", () => {
    assert.deepEqual(at(""), ["go", "walk", "stay"]);
    assert.deepEqual(at("--dir", "x", "w"), ["walk"]);
    assert.deepEqual(completionAt(WORDS, [], "s").suggestions, [{ text: "stay", note: "stay here" }]);
  });

  test("options of the command and of all, without those that are there", () => {
    assert.deepEqual(at("go", "-"), ["--to", "--pace", "--name", "--dir", "--help"]);
    assert.deepEqual(at("walk", "-t", "1", "--h"), ["--help"]);
    assert.deepEqual(at("go", "-h", "--to=1", "--"), ["--pace", "--name", "--dir"]);
    assert.deepEqual(at("stay", "--"), ["--dir", "--name", "--help"]);
  });

  test("without a command the options of the one that is meant", () => {
    assert.deepEqual(at("--t"), ["--to"]);
    assert.deepEqual(at("--to", ""), [":version"]);
  });

  test("values of options, in both spellings", () => {
    assert.deepEqual(at("go", "--pace", "s"), ["slow", "swift"]);
    assert.deepEqual(at("go", "--pace=sl"), ["--pace=slow"]);
    assert.deepEqual(at("go", "-t", ""), [":version"]);
    assert.deepEqual(at("go", "--dir=x"), [":directory"]);
    assert.deepEqual(at("go", "--name", ""), []);
    assert.deepEqual(at("go", "--name=x"), []);
    assert.equal(completionAt(WORDS, [], "--to=1").prefix, "--to=");
  });

  test("arguments, as many as there are", () => {
    assert.deepEqual(at("go", ""), [":version"]);
    assert.deepEqual(at("go", "1", "--t"), ["--to"]);
    assert.deepEqual(at("stay", "a", "b", "a"), ["a"]);
    assert.deepEqual(at("go", "--dir", "go", ""), [":version"]);
  });

  test("behind -- a program and its files, or arguments", () => {
    assert.deepEqual(at("go", "--", "x"), [":program"]);
    assert.deepEqual(at("--", "x"), [":program"]);
    assert.deepEqual(at("go", "--", "--dir", "-"), [":file"]);
    assert.deepEqual(at("stay", "--", "--", "a"), ["a"]);
    assert.deepEqual(at("stay", "--", "-"), []);
  });

  test("nothing where nothing is known", () => {
    assert.deepEqual(at("fly", ""), []);
    assert.deepEqual(at("go", "--unknown=x"), []);
    assert.deepEqual(at("stay", "--to=x"), []);
    assert.deepEqual(at(), ["go", "walk", "stay"]);
  });

  test("an option before any command is the one that every command has, not that of a rare one", () => {
    const { suggestions } = completionAt(VOCABULARY, ["--format"], "");
    assert.deepEqual(
      suggestions.map(({ text }) => text),
      [...FORMATS],
    );
    assert.deepEqual(
      completionAt(VOCABULARY, ["types", "--format"], "z").suggestions.map(({ text }) => text),
      ["zod"],
    );
    assert.equal(completionAt(VOCABULARY, ["--to"], "").wanted, "version");
    assert.equal(completionAt(VOCABULARY, ["up", "--dotenv"], "").wanted, "file");
  });

  test("the options typed so far tell where the migrations are", () => {
    const { options } = completionAt(WORDS, ["--dir", "a b", "go", "--to=1", "--", "--name", "x"], "");
    assert.deepEqual(
      [...options],
      [
        ["dir", "a b"],
        ["to", "1"],
      ],
    );
  });

  test("every option whose value is a path or one of a few words says so", () => {
    for (const option of [...VOCABULARY.options, ...VOCABULARY.commands.flatMap(({ options }) => options)]) {
      if (option.value === "directory" || option.value === "file" || option.value === "version") {
        assert.equal(option.completes, option.value, `--${option.name}`);
      }
    }
  });
});

describe("the scripts of the shells", () => {
  for (const [shell, script] of Object.entries(SCRIPTS)) {
    test(`${shell}'s asks pgstep, knows each answer, and is plain text`, () => {
      assert.match(script, /__complete "\+\S+" /);
      for (const answer of shell === "powershell" ? [":program"] : [":file", ":directory", ":program"]) {
        assert.ok(script.includes(answer), answer);
      }
      assert.match(script, /^[\n\x20-\x7e]+\n$/);
      const count = (character: string) => script.split(character).length;
      for (const [open, close] of ["{}", "[]"] as const) assert.equal(count(open ?? ""), count(close ?? ""));
    });
  }

  test("PowerShell's registers a native completer", () => {
    const script = SCRIPTS.powershell ?? "";
    assert.match(script, /^Register-ArgumentCompleter -Native -CommandName pgstep, pgstep\.exe -ScriptBlock \{$/m);
    assert.match(script, /^ {4}param\(\$wordToComplete, \$commandAst, \$cursorPosition\)$/m);
    assert.match(script, /2>\$null/);
  });
});
