import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { VOCABULARY } from "../../src/commands/index.ts";
import { HELP_TOPICS } from "../../src/core/help/index.ts";
import { documentationPages } from "../support/documentation.ts";
import { pageBlocks } from "../support/page-file.ts";

/*
 * Every command line of pgstep's that the documentation shows, run or not, has words that there are.
 */

/** In prose between backticks, in indented blocks, and in fenced ones. */
function commandLines(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  const fenced = pageBlocks(text).flatMap(({ lines }) => lines);
  const found = [
    ...prose.matchAll(/`((?:npx )?pgstep(?: [^`]*)?)`/g),
    ...prose.matchAll(/^ {4}(?:\$ )?((?:npx )?pgstep(?: .*)?)$/gm),
    ...fenced.join("\n").matchAll(/^(?:\$ | *- | *(?:- )?[a-z]+: )?((?:npx )?pgstep(?: .*)?)$/gm),
  ];
  return found.map(([, line = ""]) => line.replace(/^npx /, ""));
}

/** What is wrong with a line, as far as its words tell. */
function faultsOf(line: string): string[] {
  // A note, a program to start, another command or a file for the output ends it.
  const [own = ""] = line.split(/ {2,}|\s#|\s--(?=\s|$)|\s(?:&&|\||>|2>|&|;)|;/);
  const words = own
    .replace(/"[^"]*"|'[^']*'/g, "quoted")
    .split(/\s+/)
    .slice(1);
  const first = words.find((word) => !word.startsWith("-"));
  // `pgstep <command>` and `pgstep ...` are no words to type.
  if (first !== undefined && /^[<[.]/.test(first)) return [];
  const named = words[0] === first ? first : undefined;
  const command = VOCABULARY.commands.find(({ name, aliases }) => name === named || aliases.includes(named ?? ""));
  if (named !== undefined && !command) return [`no command "${named}"`];
  const known = [...VOCABULARY.options, ...((command ?? VOCABULARY.commands[0])?.options ?? [])];
  const names = new Set([...known.map(({ name }) => name), "help", "version"]);
  const options = words.flatMap((word) => /^--([a-z][a-z-]*)/.exec(word)?.[1] ?? []);
  const problems = options.filter((name) => !names.has(name)).map((name) => `no option --${name}`);
  const topic = command?.name === "help" ? words[1] : undefined;
  const subjects = [...HELP_TOPICS, ...VOCABULARY.commands].map(({ name }) => name);
  if (topic !== undefined && /^[a-z]/.test(topic) && !subjects.includes(topic)) problems.push(`no topic ${topic}`);
  return problems;
}

describe("command lines", () => {
  for (const { path, text } of documentationPages()) {
    test(`of ${path}`, () => {
      const problems = commandLines(text).flatMap((line) => faultsOf(line).map((problem) => `${line}: ${problem}`));
      assert.deepEqual(problems, []);
    });
  }

  test("are found, and judged", () => {
    const text = "Run `pgstep upp`.\n\n    $ pgstep up --dry-runn\n\n```console\n$ pgstep help fles\n```\n";
    assert.deepEqual(
      commandLines(text).flatMap(faultsOf).sort(),
      ['no command "upp"', "no option --dry-runn", "no topic fles"].sort(),
    );
  });
});
