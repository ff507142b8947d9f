import { quoteText } from "../sql/quote.ts";
import type { ValueType } from "./table-shape.ts";

/**
 * Which values are made up: "plain" ones fit most conversions; "telling" ones show what a conversion loses; "modest" ones
 * also fit a narrow type.
 */
export type ValueStyle = "plain" | "telling" | "modest";

/** The modifier of a type counts the four bytes of a header. */
export const HEADER = 4;

/** The digits of a numeric type. @param modifier at least `HEADER` */
export function digitsOf(modifier: number): { readonly precision: number; readonly scale: number } {
  return { precision: ((modifier - HEADER) >> 16) & 0xffff, scale: (modifier - HEADER) & 0x7ff };
}

/** The value of a style, as an SQL expression; undefined if the style has none for the type. */
export function ownValue(style: ValueStyle, type: ValueType, modifier: number): string | undefined {
  if (style === "plain") return undefined;
  const { category, typeName } = type;
  const isTelling = style === "telling";
  if (typeName === "numeric") return numberWithFraction(modifier, isTelling);
  if (category === "S") return textOf(modifier, isTelling);
  return (isTelling ? TELLING : MODEST)[typeName];
}

/** No style has others for these types. */
const OF_BOTH = {
  date: "DATE '2001-02-03'",
  time: "TIME '04:05:06.123457'",
  timetz: "'04:05:06.123457+00'::timetz",
  timestamp: "TIMESTAMP '2001-02-03 04:05:06.123457'",
  timestamptz: "TIMESTAMPTZ '2001-02-03 04:05:06.123457+00'",
  interval: "INTERVAL '1 month 2 days 03:04:05.123457'",
  json: `'{"a": [1, "ä"]}'::json`,
  jsonb: `'{"a": [1, "ä"]}'::jsonb`,
};

const TELLING: Readonly<Record<string, string>> = {
  ...OF_BOTH,
  int2: "12347",
  int4: "1234567",
  int8: "1234567891",
  float4: "1234.57",
  float8: "1234.56789012345",
  bytea: "'\\x00ff'::bytea",
  inet: "'192.0.2.7/24'::inet",
};

const MODEST: Readonly<Record<string, string>> = {
  ...OF_BOTH,
  int2: "7",
  int4: "7",
  int8: "7",
  float4: "7.5",
  float8: "7.5",
};

/** Longer than the limits that are common, shorter than an index allows. */
const LONGEST = 300;
const WORDS = "Pgstep ä 7.57; ";
/** Zeros that a number would not keep. */
const DIGITS = "007";

function textOf(modifier: number, isTelling: boolean): string {
  const length = modifier > HEADER ? Math.min(modifier - HEADER, LONGEST) : LONGEST;
  if (!isTelling) return quoteText(DIGITS.slice(-length));
  const whole = WORDS.repeat(Math.ceil(length / WORDS.length)).slice(0, length);
  return quoteText(whole.replace(/ $/, "."));
}

function numberWithFraction(modifier: number, isTelling: boolean): string {
  const { precision, scale } = modifier < HEADER ? { precision: 20, scale: 9 } : digitsOf(modifier);
  const fraction = "7".repeat(Math.min(scale, precision, 9));
  const whole = isTelling ? "1".repeat(Math.max(0, Math.min(precision - scale, 4))) : precision > scale ? "7" : "";
  return `${whole || "0"}${fraction && `.${fraction}`}`;
}
