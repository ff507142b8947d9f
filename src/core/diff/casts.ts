import { columnsInOrder, partsOf, type SchemaSide } from "../diff-sides/side.ts";

/** Types of numbers, each with what it can hold: all that the ones before it can. */
const WIDTHS = ["smallint", "integer", "bigint", "numeric"];
const TEXTS: ReadonlySet<string> = new Set(["text", "character varying"]);

interface TypeWords {
  readonly base: string;
  /** Its modifiers: [10, 2] for numeric(10,2). */
  readonly modifiers: readonly number[];
}

function typeWords(type: string): TypeWords {
  const [, modifiers = ""] = /\(([\d, ]+)\)/.exec(type) ?? [];
  return {
    base: type.replace(/\([\d, ]+\)/, "").trim(),
    modifiers: modifiers === "" ? [] : modifiers.split(",").map(Number),
  };
}

/**
 * True if changing the type of a column may change values silently, such as rounding them. A cast that fails for some
 * values loses nothing: the statement fails.
 */
export function mayLose(from: string, to: string): boolean {
  const [old, now] = [typeWords(from), typeWords(to)];
  if (old.base === now.base) return isNarrower(old, now);
  // Text that does not fit is refused.
  if (TEXTS.has(now.base) || now.base === "character" || now.base === "jsonb" || now.base === "xml") return false;
  const [narrow, wide] = [WIDTHS.indexOf(old.base), WIDTHS.indexOf(now.base)];
  if (wide !== -1 && (narrow !== -1 || old.base === "boolean")) return old.base === "numeric";
  if (old.base === "real" && now.base === "double precision") return false;
  if (old.base === "date" && now.base.startsWith("timestamp")) return false;
  if (TEXTS.has(old.base)) return roundsText(now);
  if (old.base.startsWith("timestamp") && now.base.startsWith("timestamp")) return isNarrower(old, now);
  const isKnown = [old.base, now.base].every((base) =>
    /^(?:smallint|integer|bigint|numeric|real|double|date|time|interval|boolean|money|bit|inet|cidr|macaddr)/.test(
      base,
    ),
  );
  return isKnown;
}

/** True if a type reads only the beginning of some texts, or rounds their numbers and times. */
function roundsText({ base, modifiers }: TypeWords): boolean {
  const isPart = /^(?:date|name|bit(?: varying)?|time with(?:out)? time zone|real)$/.test(base);
  return isPart || (modifiers.length > 0 && /^(?:numeric|time|interval)/.test(base));
}

function isNarrower(old: TypeWords, now: TypeWords): boolean {
  if (now.modifiers.length === 0) return false;
  if (now.base === "numeric") {
    const [, oldScale = old.modifiers.length > 0 ? 0 : Number.POSITIVE_INFINITY] = old.modifiers;
    return (now.modifiers[1] ?? 0) < oldScale;
  }
  // Precision of times; lengths of text are checked by the server.
  if (!/^(?:time|interval)/.test(now.base)) return false;
  return (now.modifiers[0] ?? 6) < (old.modifiers[0] ?? 6);
}

/**
 * The effect of another type on the values of a column:
 * - kept: all of them, or the statement fails
 * - cut: some may be rounded or shortened silently
 * - mixed: fields of a composite value would get the values of other fields
 */
export type Outcome = "kept" | "cut" | "mixed";

/** How values are converted: as an assignment, by an explicit cast, or by a cast to text and from there. */
export type Way = "assigned" | "cast" | "as text";

/** A type, and the schema that it is a type of. */
export interface TypeIn {
  readonly side: SchemaSide;
  readonly type: string;
}

/** @param before in the first schema */
export function conversion(before: TypeIn, after: TypeIn, way: Way): Outcome {
  const [old, now] = [resolved(before), resolved(after)];
  // A text becomes an array element by element.
  if (now.type.endsWith("[]")) return conversion(elementOf(old), elementOf(now), way);
  const [from, to] = [fieldsOf(old), fieldsOf(now)];
  if (from && to) return conversionOfFields(from, to, [before.side, after.side]);
  if (mayLose(old.type, now.type)) return "cut";
  // Only an explicit cast shortens a text that is too long.
  return way !== "assigned" && isLimited(now.type) && old.type !== now.type ? "cut" : "kept";
}

type Fields = readonly (readonly [name: string, type: string])[];

/** The text of a composite value has its fields in order, without names. */
function conversionOfFields(from: Fields, to: Fields, [before, after]: readonly [SchemaSide, SchemaSide]): Outcome {
  if (from.length !== to.length || from.some(([name], index) => name !== to[index]?.[0])) return "mixed";
  // A field is read as an assignment is: a text that is too long is refused.
  const outcomes = from.map(([, type], index) =>
    conversion({ side: before, type }, { side: after, type: to[index]?.[1] ?? type }, "assigned"),
  );
  return worst(outcomes);
}

/** The outcome of several conversions. */
export function worst(outcomes: readonly Outcome[]): Outcome {
  return (["mixed", "cut"] as const).find((one) => outcomes.includes(one)) ?? "kept";
}

/** The type that the values of a domain have. */
function resolved({ side, type }: TypeIn): TypeIn {
  const of = side.objects.get(`domain ${type}`)?.facts.type;
  return of === undefined ? { side, type } : resolved({ side, type: String(of) });
}

/** The type of the elements of an array; the type itself if it is none. */
function elementOf({ side, type }: TypeIn): TypeIn {
  return { side, type: type.endsWith("[]") ? type.slice(0, -"[]".length) : type };
}

/** The fields of a composite type, or of the row type of a table, in their order; undefined for another type. */
export function fieldsOf({ side, type }: TypeIn): Fields | undefined {
  // Types of PostgreSQL itself have no schema here.
  const columns = type.includes(".") ? partsOf(side, "column").get(type) : undefined;
  return columns && [...columnsInOrder(side, type).keys()].map((name) => [name, String(columns.get(name)?.type)]);
}

/** True for a column whose values have fields, perhaps those of a domain over a composite type. */
export function isComposite(one: TypeIn): boolean {
  return fieldsOf(resolved(one)) !== undefined;
}

function isLimited(type: string): boolean {
  return (
    /^(?:character(?: varying)?|bit(?: varying)?)\(\d+\)$/.test(type) || ["character", "bit", "name"].includes(type)
  );
}
