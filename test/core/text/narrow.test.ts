import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { COMMANDS, VOCABULARY } from "../../../src/commands/index.ts";
import { commandHelp, HELP_WIDTH, programHelp } from "../../../src/core/help/help-text.ts";
import { HELP_TOPICS } from "../../../src/core/help/index.ts";
import { narrowed } from "../../../src/core/text/narrow.ts";

const PAGES = [
  programHelp(VOCABULARY),
  ...COMMANDS.map((command) => commandHelp(command, VOCABULARY)),
  ...HELP_TOPICS.map((topic) => topic.text(VOCABULARY)),
];

describe("a page on a narrow terminal", () => {
  test("stays as it is where there is room", () => {
    for (const page of PAGES) assert.equal(narrowed(page, HELP_WIDTH, HELP_WIDTH), page);
  });

  test("is set anew: explanations below what they explain, sentences broken again", () => {
    const page = [
      "Usage: pgstep up",
      "Also:  pgstep",
      "",
      "Applies what is",
      "pending, in order.",
      "",
      "  --url <url>  the",
      "               database",
      "  a  b",
      "",
    ].join("\n");
    assert.deepEqual(narrowed(page, 19, 18).split("\n"), [
      "Usage: pgstep up",
      "Also:  pgstep",
      "",
      "Applies what is",
      "pending, in order.",
      "",
      "  --url <url>",
      "      the database",
      "  a  b",
      "",
    ]);
  });

  test("headings go above the rows of their groups", () => {
    const page = ["Usage: pgstep", "Setup     init        prepare", "          wait        wait until", "More"].join(
      "\n",
    );
    assert.deepEqual(narrowed(page, 34, 32).split("\n"), [
      ...["Usage: pgstep", "", "Setup", "  init        prepare", "  wait        wait until", "", "More"],
    ]);
  });

  test("loses no word, and keeps to the width but for words that are longer", () => {
    const words = (text: string) => text.split(/\s+/);
    for (const columns of [40, 60]) {
      for (const page of PAGES) {
        const narrow = narrowed(page, HELP_WIDTH, columns);
        assert.deepEqual(words(narrow), words(page));
        for (const line of narrow.split("\n")) {
          assert.ok(line.length <= columns || !line.trim().includes(" "), `${columns}: ${line}`);
        }
      }
    }
  });
});
