import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../build/runtimes.ts";
import { type Chance, chance } from "../faults/support/rounds.ts";
import { statement, type Tokens } from "./sql-grammar.ts";
import { gap } from "./sql-words.ts";

/** Texts of other people's that mutations begin with. */
export type Sources = readonly string[];

const LONGEST_SOURCE = 3_000;

/** The inputs in test/statements; with `corpora` also files of other projects, which lie outside this repository. */
export function readSources(corpora?: string): Sources {
  const cases = join(ROOT, "test", "statements");
  const own = readdirSync(cases)
    .sort()
    .map((name) => readFileSync(join(cases, name, "input.sql"), "utf8"));
  if (!corpora || !existsSync(corpora)) return own;
  const projects = readdirSync(corpora)
    .sort()
    .map((name) => join(corpora, name, "plain"))
    .filter((directory) => existsSync(directory))
    .flatMap((directory) =>
      readdirSync(directory)
        .sort()
        .map((file) => join(directory, file)),
    )
    .filter((file) => file.endsWith(".sql"))
    .map((file) => readFileSync(file, "utf8"));
  const regression = join(corpora, "regress", "statements.jsonl");
  const sent = existsSync(regression)
    ? readFileSync(regression, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .flatMap((line) => (JSON.parse(line) as { statements: string[] }).statements)
    : [];
  return [...own, ...projects, ...sent].map((text) => text.slice(0, LONGEST_SOURCE));
}

/** The text of a seed: always the same for the same sources. */
export function textOf(seed: number, sources: Sources): string {
  const random = chance(seed);
  const kind = random.below(10);
  if (kind < 5) return grammatical(random);
  if (kind < 8) return mutated(random, grammatical(random), sources);
  const pieces = Array.from({ length: 1 + random.below(3) }, () => sources[random.below(sources.length)] ?? "");
  const text = pieces.join(random.pick([";\n", "\n", ";", ""]));
  return random.below(4) === 0 ? text : mutated(random, text, sources);
}

function grammatical(random: Chance): string {
  const count = 1 + random.below(4);
  const texts = Array.from({ length: count }, () => {
    const text = written(random, statement(random));
    return random.below(25) === 0 ? `${text};\nCOPY t FROM STDIN;\n1\t;\n'\n\\.\n` : text;
  });
  const last = random.pick([";", "", ";;", "; -- end", "\n"]);
  return `${random.pick(["", " ", "\n;", "-- begin\n"])}${texts.join(`${random.pick([";", ";\n", " ; ", ";;"])}`)}${last}`;
}

function written(random: Chance, tokens: Tokens): string {
  const tight = random.below(4) === 0;
  return tokens
    .map((token, at) => {
      const before = tokens[at - 1];
      if (before === undefined) return token;
      const isFree = /^[,()[\].;]$/.test(token) || /^[,()[\].;]$/.test(before);
      return isFree && (tight || random.below(2)) ? token : gap(random) + token;
    })
    .join("");
}

/** Put in anywhere: what begins, ends or hides something. */
const FRAGMENTS = [
  ..."'\"$;()\\\n\r\f&|-/*é1e. \u00a0\u{1f600}",
  ...[
    "$$",
    "$a$",
    "$1$",
    "/*",
    "*/",
    "--",
    "E'",
    "e'\\'",
    "U&'",
    'U&"',
    "B'",
    "x'",
    "n'",
    "''",
    '""',
    "'\n'",
    "'--\n'",
    "\\.\n",
  ],
  ...[
    " BEGIN ATOMIC ",
    " END;",
    " END",
    " CASE ",
    " ATOMIC ",
    "CREATE FUNCTION ",
    " OR REPLACE ",
    " RETURN ",
    ";;",
    "1e-",
    "1.e",
    "0x",
    "a$b$",
  ],
  ...[
    "COPY t FROM STDIN;\n",
    "SET standard_conforming_strings = off;",
    "\\restrict x\n",
    "::",
    ":=",
    "=>",
    "@-",
    "+--",
    "*/*",
    "<--\n",
  ],
] as unknown as readonly [string, ...string[]];

function mutated(random: Chance, begun: string, sources: Sources): string {
  let text = begun;
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(text.length + 1);
    const end = Math.min(text.length, at + random.pick([1, 1, 2, 5, 20, 100]));
    const kind = random.below(8);
    if (kind < 4) text = text.slice(0, at) + random.pick(FRAGMENTS) + text.slice(at);
    else if (kind < 6) text = text.slice(0, at) + text.slice(end);
    else if (kind === 6) text = text.slice(0, end) + text.slice(at);
    else {
      const other = sources[random.below(sources.length)] ?? "";
      const from = random.below(other.length + 1);
      text = text.slice(0, at) + other.slice(from, from + random.below(60)) + text.slice(end);
    }
  }
  // Half of a character beyond the plane of two bytes is no text.
  return text.replace(/\p{Surrogate}/gu, "?");
}
