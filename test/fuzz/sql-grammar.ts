import type { Chance } from "../faults/support/rounds.ts";
import { identifier, label, literal, NAMES } from "./sql-words.ts";

/*
 * SQL that PostgreSQL's grammar accepts, as lists of tokens: more of it than migrations have, and most of the rare
 * forms that decide where a statement ends.
 */

export type Tokens = readonly string[];

type Rule = (random: Chance, depth: number) => Tokens;

const one = (random: Chance, rules: readonly Rule[], depth: number): Tokens =>
  (rules[random.below(rules.length)] ?? rules[0] ?? (() => []))(random, depth);

/** One to three of them with commas between. */
function list(random: Chance, rule: Rule, depth: number): Tokens {
  return Array.from({ length: 1 + random.below(3) }, (_, at) => [
    ...(at > 0 ? [","] : []),
    ...rule(random, depth),
  ]).flat();
}

const name: Rule = (random) =>
  random.below(4) === 0 ? [identifier(random), ".", identifier(random)] : [identifier(random)];

const OPERATORS = [
  "+",
  "-",
  "*",
  "/",
  "%",
  "<",
  ">",
  "=",
  "<>",
  "||",
  "->",
  "->>",
  "@>",
  "<@",
  "~*",
  "!~",
  "&&",
  "|/",
  "<->",
  "#-",
];

const OPERANDS: readonly Rule[] = [
  (random) => [literal(random)],
  (random) => [literal(random)],
  (random) => [identifier(random)],
  name,
  (random) => [`$${1 + random.below(9)}`],
  (random) => [random.pick(["1", "0.5", ".5", "1.", "1e-5", "1E+5", "0x1F", "0b1", "0o7", "1_000", "NULL", "TRUE"])],
];

const EXPRESSIONS: readonly Rule[] = [
  (random, depth) => [
    ...expression(random, depth),
    random.pick(OPERATORS as [string, ...string[]]),
    ...expression(random, depth),
  ],
  (random, depth) => ["(", ...expression(random, depth), ")"],
  (random, depth) => [identifier(random), "(", ...list(random, expression, depth), ")"],
  (random, depth) => [
    ...["CASE", "WHEN", ...expression(random, depth), "THEN", ...expression(random, depth)],
    ...(random.below(2) ? ["ELSE", ...expression(random, depth)] : []),
    "END",
  ],
  (random, depth) => [
    "CASE",
    identifier(random),
    "WHEN",
    ...expression(random, depth),
    "THEN",
    identifier(random),
    "END",
  ],
  (random, depth) => ["CAST", "(", ...expression(random, depth), "AS", "text", ")"],
  (random, depth) => ["ARRAY", "[", ...list(random, expression, depth), "]"],
  (random, depth) => ["(", ...select(random, depth), ")"],
  (random, depth) => ["EXISTS", "(", ...select(random, depth), ")"],
  (random, depth) => ["(", ...expression(random, depth), ")", "::", "integer", "[", "]"],
  (random, depth) => ["NOT", ...expression(random, depth)],
  () => ["interval", "'1 day; --'"],
  (random, depth) => ["(", ...expression(random, depth), ")", "IS", "NOT", "NULL"],
];

export const expression: Rule = (random, depth) =>
  depth <= 0 || random.below(3) === 0 ? one(random, OPERANDS, 0) : one(random, EXPRESSIONS, depth - 1);

const select: Rule = (random, depth) => [
  ...(depth > 0 && random.below(6) === 0
    ? ["WITH", identifier(random), "AS", "(", ...select(random, depth - 1), ")"]
    : []),
  "SELECT",
  ...list(random, selected, depth),
  ...(random.below(2) ? ["FROM", ...name(random, 0), ...(random.below(2) ? ["AS", identifier(random)] : [])] : []),
  ...(random.below(2) ? ["WHERE", ...expression(random, depth)] : []),
  ...(random.below(5) === 0 ? ["UNION", "ALL", "SELECT", ...expression(random, 1)] : []),
  ...(random.below(5) === 0 ? ["ORDER", "BY", "1"] : []),
];

const selected: Rule = (random, depth) => {
  const value = expression(random, depth - 1);
  return random.below(3) === 0 ? ["(", ...value, ")", "AS", label(random)] : value;
};

const insert: Rule = (random, depth) => [
  ...["INSERT", "INTO", ...name(random, 0), "VALUES", "(", ...list(random, expression, depth - 1), ")"],
  ...(random.below(3) === 0 ? ["ON", "CONFLICT", "DO", "NOTHING"] : []),
  ...(random.below(3) === 0 ? ["RETURNING", ...list(random, selected, 1)] : []),
];

const update: Rule = (random, depth) => [
  ...["UPDATE", ...name(random, 0), "SET", identifier(random), "=", ...expression(random, depth - 1)],
  ...(random.below(2) ? ["WHERE", ...expression(random, depth - 1)] : []),
];

const remove: Rule = (random, depth) => [
  "DELETE",
  "FROM",
  ...name(random, 0),
  "WHERE",
  ...expression(random, depth - 1),
];

/** What may stand in the body of a routine. */
const DATA: readonly Rule[] = [select, select, insert, update, remove];

const body: Rule = (random, depth) => [
  ...["BEGIN", "ATOMIC"],
  ...Array.from({ length: random.below(4) }, () =>
    random.below(5) === 0 ? ["RETURN", ...expression(random, depth - 1), ";"] : [...one(random, DATA, depth - 1), ";"],
  ).flat(),
  "END",
];

const routine: Rule = (random, depth) => {
  const kind = random.pick(["FUNCTION", "PROCEDURE"]);
  const returns = kind === "FUNCTION" ? ["RETURNS", "integer"] : [];
  const parameter = random.below(2) ? [identifier(random), "integer"] : [];
  const head = ["CREATE", ...(random.below(3) === 0 ? ["OR", "REPLACE"] : []), kind, ...name(random, 0)];
  const options = ["LANGUAGE", "sql", ...(kind === "FUNCTION" && random.below(3) === 0 ? ["IMMUTABLE"] : [])];
  const code = random.below(4);
  if (code === 0) return [...head, "(", ...parameter, ")", ...returns, ...options, "AS", dollarBody(random, depth)];
  if (code === 1)
    return [...head, "(", ...parameter, ")", ...returns, ...options, "RETURN", ...expression(random, depth)];
  return [...head, "(", ...parameter, ")", ...returns, ...options, ...body(random, depth)];
};

function dollarBody(random: Chance, depth: number): string {
  const tag = random.pick(["$$", "$body$", "$é$", "$_1$"]);
  const text = [...one(random, DATA, depth), ";", ...one(random, DATA, 1)].join(" ").replaceAll("$", "");
  return `${tag} BEGIN ${text}; END ${tag}`;
}

const rule: Rule = (random, depth) => [
  ...[
    "CREATE",
    "RULE",
    identifier(random),
    "AS",
    "ON",
    "INSERT",
    "TO",
    ...name(random, 0),
    "DO",
    random.pick(["ALSO", "INSTEAD"]),
  ],
  ...["(", ...one(random, [insert, update, remove], depth), ";", ...one(random, [insert, update, remove], depth), ")"],
];

const OTHERS: readonly Rule[] = [
  (random, depth) => [
    "CREATE",
    "TABLE",
    ...name(random, 0),
    "(",
    identifier(random),
    "text",
    "DEFAULT",
    "(",
    ...expression(random, depth),
    ")",
    ")",
  ],
  (random, depth) => ["CREATE", "VIEW", ...name(random, 0), "AS", ...select(random, depth)],
  (random) => [
    "CREATE",
    "SCHEMA",
    identifier(random),
    "CREATE",
    "TABLE",
    "t",
    "(",
    "a",
    "integer",
    ")",
    "GRANT",
    "SELECT",
    "ON",
    "t",
    "TO",
    "public",
  ],
  (random) => ["CREATE", "INDEX", "CONCURRENTLY", "ON", ...name(random, 0), "(", identifier(random), ")"],
  (random) => ["CREATE", "TYPE", ...name(random, 0), "AS", "ENUM", "(", "'a;b'", ",", "'c'", ")"],
  (random) => ["COMMENT", "ON", "TABLE", ...name(random, 0), "IS", literal(random, "string")],
  (random) => ["DO", dollarBody(random, 2)],
  (random) => ["SET", "search_path", "TO", identifier(random)],
  () => ["BEGIN"],
  () => ["BEGIN", "ISOLATION", "LEVEL", "SERIALIZABLE"],
  () => ["COMMIT"],
  () => ["END"],
  (random) => ["SAVEPOINT", identifier(random)],
  (random, depth) => ["EXPLAIN", "(", "ANALYZE", ",", "COSTS", "OFF", ")", ...select(random, depth)],
  (random, depth) => ["COPY", "(", ...select(random, depth), ")", "TO", "STDOUT"],
  (random) => [
    "COPY",
    ...name(random, 0),
    "TO",
    literal(random, "string"),
    "WITH",
    "(",
    "FORMAT",
    "csv",
    ",",
    "QUOTE",
    "''''",
    ")",
  ],
  (random, depth) => ["VALUES", "(", ...list(random, expression, depth), ")"],
  (random, depth) => ["PREPARE", identifier(random), "AS", ...select(random, depth)],
  (random, depth) => ["DECLARE", identifier(random), "CURSOR", "FOR", ...select(random, depth)],
  (random, depth) => ["CALL", ...name(random, 0), "(", ...list(random, expression, depth), ")"],
  (random) => ["ALTER", "TABLE", ...name(random, 0), "RENAME", "TO", identifier(random)],
  (random) => ["GRANT", "SELECT", "ON", ...name(random, 0), "TO", random.pick(NAMES)],
  (random, depth) => [
    "CREATE",
    "TRIGGER",
    identifier(random),
    "BEFORE",
    "UPDATE",
    "ON",
    ...name(random, 0),
    "FOR",
    "EACH",
    "ROW",
    "WHEN",
    "(",
    ...expression(random, depth),
    ")",
    "EXECUTE",
    "FUNCTION",
    "f",
    "(",
    ")",
  ],
];

/** One statement without its semicolon. */
export function statement(random: Chance): Tokens {
  const depth = 1 + random.below(4);
  const kind = random.below(10);
  if (kind < 3) return one(random, DATA, depth);
  if (kind < 6) return routine(random, depth);
  if (kind === 6) return rule(random, depth);
  return one(random, OTHERS, depth);
}
