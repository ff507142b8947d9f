import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "../../build/runtimes.ts";
import { VOCABULARY } from "../../src/commands/index.ts";
import { commandHelp, programHelp } from "../../src/core/help/help-text.ts";
import { HELP_TOPICS } from "../../src/core/help/index.ts";

/** Words that readers have to decode, and the ones to write instead. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:ways? back|leads? back)\b/i, "down script, undo"],
  [/\bmend(?:s|ed|ing)?\b/i, "fix"],
  [/\b(?:tells?|told|telling)\b/i, "report, print, show, say"],
  // Standard terms: behind a pooler, to leave something behind, to wait or queue behind a session.
  [
    /(?<!\b(?:left|leave|nothing|index|it|waits?|queue|works) )\bbehind\b(?! (?:\w+ ){0,3}(?:poolers?|proxy|pgbouncer|sudo))/i,
    "after, following, then",
  ],
  [/\bin front of\b/i, "before"],
  [/\banew\b/i, "again, re-create, rebuild"],
  [/\bremarks?\b/i, "error, warning, finding"],
  [/\bpass(?:es|ed|ing)? over\b/i, "skip"],
  [/\b(?:try|tries|tried|trying) again\b/i, "retry"],
  [/\bconsents?\b(?!-)/i, "confirm, confirmation"],
  [/\bpatience\b/i, "timeout"],
  [/\blook(?:s|ed|ing)? through\b/i, "check, inspect"],
  [/\b(?:is|are|was|were) not there\b/i, "missing, not found"],
  [/\b(?:go|goes|going|went|gone) on\b/i, "continue, resume"],
  [/\bwho is in the way\b/i, "blocking session"],
  [/\bin doubt\b/i, "unknown outcome"],
  [/\bdiscreet(?:ly)?\b/i, "mask"],
  [/\b(?:take|takes|taken|took) down\b/i, "drop"],
  [/\bwhat stands for\b/i, "placeholder value"],
];

/** The places of such words in paragraphs, with the words to write instead. */
function found(name: string, text: string): string[] {
  return text.split("\n\n").flatMap((paragraph) => {
    const line = paragraph.replace(/\s+/g, " ");
    return WORDS.flatMap(([word, better]) => {
      const { index, 0: hit } = word.exec(line) ?? { 0: undefined, index: 0 };
      return hit === undefined
        ? []
        : [`${name}: "${hit}" -> ${better}: ${line.slice(Math.max(0, index - 60), index + 60)}`];
    });
  });
}

const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"].concat(
  readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
);

describe("plain English", () => {
  for (const page of pages) {
    test(page, () => assert.deepEqual(found(page, readFileSync(join(ROOT, page), "utf8")), []));
  }

  test("help", () => {
    const texts = [
      programHelp(VOCABULARY),
      ...VOCABULARY.commands.map((command) => commandHelp(command, VOCABULARY)),
      ...HELP_TOPICS.map((topic) => topic.text(VOCABULARY)),
    ];
    assert.deepEqual(
      texts.flatMap((text) => found("help", text)),
      [],
    );
  });

  test("messages", () => {
    const paths = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".ts"),
    );
    const hits = paths.flatMap((path) =>
      found(`src/${path}`, sentencesIn(readFileSync(join(ROOT, "src", path), "utf8"))),
    );
    assert.deepEqual(hits, []);
  });
});

/** The texts of several words in source code, a paragraph each, without the code inside them. */
function sentencesIn(source: string): string {
  return source
    .split("\n")
    .filter((line) => !/^\s*(?:\*|\/\/|\/\*)/.test(line))
    .flatMap((line) => [...line.matchAll(/"[^"]* [^"]*"|`[^`]* [^`]*`/g)].map(([text]) => text))
    .map((text) => text.replace(/\$\{[^}]*\}/g, "…"))
    .join("\n\n");
}
