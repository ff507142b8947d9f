import type { Chance } from "../faults/support/rounds.ts";

type Choices = readonly [string, ...string[]];

/** Names as they are, words of the grammar among them that may be names. */
export const NAMES: Choices = [
  "a",
  "b1",
  "t$",
  "_x",
  "tëst",
  "atomic",
  "begin",
  "e",
  "u",
  "x",
  "b",
  "n",
  "copy",
  "stdin",
  "function",
  "procedure",
  "replace",
  "commit",
];

const QUOTED: Choices = [
  '"a;b"',
  '"se""mi;"',
  '"--"',
  '"/*"',
  '"it\'s"',
  '"$a$"',
  '"END"',
  '"\\"',
  '"é;"',
  'U&"\\0061;"',
  '"(\n"',
];

/** Behind AS any word may stand. */
const LABELS: Choices = ["end", "begin", "atomic", "case", "create", "function", "a", '"end;"', "END"];

const STRINGS: Choices = [
  "'a'",
  "''",
  "'it''s; not the end'",
  "'\\'",
  "'\\\\;'",
  "'--'",
  "'/*'",
  "'$$'",
  "'line\nbreak;'",
  "'é;\u{1f600}'",
  "E'\\';'",
  "e'\\\\'",
  "E'a''\\'b;'",
  "E'\\n--'",
  "'a;'\n  'b;'",
  "E'a'\n'b\\';'",
  "E'a'\n-- ' not the end ;\n'b\\''",
  "N'n;'",
  "$$;$$",
  "$$ ' \" -- /* ; $$",
  "$a$ $$ ; $b$ $a$",
  "$é1$ ; $é1$",
  "$_$;$_$",
  "U&'\\0061;'",
  "U&'it''s;'",
];

const BITS: Choices = ["B'01'", "X'1F'", "b'1'\n'0'"];

export function identifier(random: Chance): string {
  return random.below(3) === 0 ? random.pick(QUOTED) : random.pick(NAMES);
}

export function label(random: Chance): string {
  return random.pick(LABELS);
}

/** A constant; one that is a string where only a string may stand. */
export function literal(random: Chance, sort: "string" | "any" = "any"): string {
  return sort === "any" && random.below(12) === 0 ? random.pick(BITS) : random.pick(STRINGS);
}

const COMMENTS: Choices = [
  "/* c */",
  "/*;*/",
  "/* /* ; */ */",
  "/* ' */",
  "/**/",
  "/*/**/*/",
  "-- ;\n",
  "-- '\n",
  "--\n",
  "-- $$ \r",
  "/* -- */",
  '-- "\r\n',
];

const BLANKS: Choices = [" ", " ", " ", " ", "\n", "\t", "\r\n", "  ", "\f", "\v"];

/** What stands between two tokens: white space, with a comment now and then. */
export function gap(random: Chance): string {
  const blank = random.pick(BLANKS);
  return random.below(15) === 0 ? `${blank}${random.pick(COMMENTS)}${random.pick(BLANKS)}` : blank;
}
