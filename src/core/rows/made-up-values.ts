import { quoteText } from "../sql/quote.ts";
import type { ValueType } from "./table-shape.ts";
import { digitsOf, HEADER, ownValue, type ValueStyle } from "./value-styles.ts";

/* Values that are made up for the columns of a table, as SQL expressions. */

type Types = ReadonlyMap<number, ValueType>;

/** Types nest: an array of a domain over a composite type. */
const DEEPEST = 6;

/** A value of a type; "NULL" if none is known. */
export function madeUpValue(
  type: number,
  modifier: number,
  types: Types,
  style: ValueStyle = "plain",
  depth = 0,
): string {
  const found = types.get(type);
  if (!found || depth > DEEPEST) return "NULL";
  const { kind, category, name, of, attributes } = found;
  const part = (one: number, its: number) => madeUpValue(one, its, types, style, depth + 1);
  if (kind === "e") {
    const label = style === "telling" ? found.newest : found.label;
    return label === null ? "NULL" : `${quoteText(label)}::${name}`;
  }
  if (found.allowed !== undefined) return found.allowed;
  if (kind === "d") return `(${part(of, found.modifier)})::${name}`;
  if (kind === "c") return `ROW(${attributes.map(([one, its]) => part(one, its)).join(", ")})::${name}`;
  if (kind === "m") return `'{}'::${name}`;
  if (kind === "r") {
    const value = part(of, -1);
    return `${name}(${value}, ${value}, '[]')`;
  }
  if (category === "A") return `ARRAY[${part(of, modifier)}]::${name}`;
  return ownValue(style, found, modifier) ?? BY_NAME[found.typeName] ?? plainValue(found, modifier);
}

const BY_NAME: Readonly<Record<string, string>> = {
  uuid: "'00000000-0000-4000-8000-000000000001'::uuid",
  bytea: "'\\x01'::bytea",
  json: "'{}'::json",
  jsonb: "'{}'::jsonb",
  xml: "'<a/>'::xml",
  date: "DATE '2001-02-03'",
  time: "TIME '04:05:06'",
  timetz: "'04:05:06+00'::timetz",
  timestamp: "TIMESTAMP '2001-02-03 04:05:06'",
  timestamptz: "TIMESTAMPTZ '2001-02-03 04:05:06+00'",
  interval: "INTERVAL '1 day'",
  int2: "321",
  int4: "54321",
  int8: "1987654321",
  float4: "1.5",
  float8: "1.5",
  bool: "true",
  inet: "'192.0.2.1'::inet",
  cidr: "'192.0.2.0/24'::cidr",
  macaddr: "'08:00:2b:01:02:03'::macaddr",
  macaddr8: "'08:00:2b:01:02:03:04:05'::macaddr8",
  tsvector: "'a'::tsvector",
  tsquery: "'a'::tsquery",
  pg_lsn: "'0/1'::pg_lsn",
  point: "'(1,1)'::point",
  box: "'(1,1),(0,0)'::box",
  circle: "'<(1,1),1>'::circle",
  line: "'{1,1,0}'::line",
  lseg: "'[(0,0),(1,1)]'::lseg",
  path: "'[(0,0),(1,1)]'::path",
  polygon: "'((0,0),(1,1),(1,0))'::polygon",
  money: "1",
  oid: "1",
  regclass: "1",
  ltree: "'a'",
  hstore: "''",
};

const TEXT = "pgstep";
function plainValue({ category, typeName }: ValueType, modifier: number): string {
  if (category === "N") return typeName === "numeric" ? numberFor(modifier) : "1";
  if (category === "V") return `repeat('1', ${modifier > 0 ? modifier : 1})::varbit`;
  if (category === "S") return quoteText(modifier > HEADER ? TEXT.slice(0, modifier - HEADER) : TEXT);
  return "NULL";
}

/** A numeric with as many digits as fit. */
function numberFor(modifier: number): string {
  if (modifier < HEADER) return "1987654321";
  const { precision, scale } = digitsOf(modifier);
  const digits = Math.min(9, precision - scale);
  return digits <= 0 ? "0" : "9".repeat(digits);
}

const MOST_LITERALS = 6;

/** The strings and numbers in a condition: a constraint mostly compares a column with the values that it allows. */
export function literalsIn(condition: string): string[] {
  const strings = [...condition.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = ""]) => text.replaceAll("''", "'"));
  const rest = condition.replace(/'(?:[^']|'')*'/g, " ");
  const numbers = [...rest.matchAll(/(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])/g)].map(([number]) => Number(number));
  const around = numbers.flatMap((number) => [number, number + 1, number - 1]).map(String);
  return [...new Set([...strings, ...around])].slice(0, MOST_LITERALS * 2);
}

/** Values of other forms, for constraints on the form of a text or a document. */
const FORMS = ["[]", "{}", "1", "a", "A", "a@b.co", "https://example.org", "2001-02-03"];

/** Values to try for a domain with conditions. */
export function valuesOfDomain(domain: ValueType, types: Types): string[] {
  const others = otherValues(domain.conditions.join(" "), types.get(domain.of));
  return [madeUpValue(domain.oid, -1, types), ...others.map((value) => `${value}::${domain.name}`)];
}

/** Values to try for a column whose made-up value violates a constraint. */
export function otherValues(condition: string, type: ValueType | undefined): string[] {
  return otherTexts(condition, type).map(quoteText);
}

/** The same as texts that may not be ones of the type. */
export function otherTexts(condition: string, type: ValueType | undefined): string[] {
  const category = type?.category ?? "";
  const literals = literalsIn(condition);
  const lengths =
    category === "S" ? literals.filter((one) => /^[1-9]\d?$/.test(one)).map((one) => "a".repeat(Number(one))) : [];
  const forms = category === "S" || category === "U" ? FORMS : [];
  return [...literals, ...lengths, ...forms];
}
