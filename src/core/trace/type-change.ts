import { alterCommands, at, functionName, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import type { Column, NamedThing, TracedFile, TracedStatement } from "./trace.ts";

/*
 * What a change of a column's type does to its rows and to its clients, from the names of the two types as format_type
 * spells them, and the values that USING computes.
 */

export interface TypeChange {
  /** Some values of the old type cannot be cast: the statement fails if a row has one. */
  readonly fails: boolean;
  /** Some values are changed by the cast: digits, times or characters are lost. */
  readonly loses: boolean;
  /** Values and queries of running clients may no longer fit. */
  readonly breaks: boolean;
}

interface Type {
  /** Without its modifiers: "timestamp with time zone". */
  readonly name: string;
  readonly modifiers: readonly number[];
  readonly isArray: boolean;
}

const HARMLESS: TypeChange = { fails: false, loses: false, breaks: false };
const NARROWER: TypeChange = { fails: true, loses: false, breaks: true };
const LOSSY: TypeChange = { fails: false, loses: true, breaks: true };
const BOTH: TypeChange = { fails: true, loses: true, breaks: true };
const OTHER: TypeChange = { fails: false, loses: false, breaks: true };

/** The decimal digits of whole numbers. */
const INTEGERS: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 };
/** Digits that a binary number keeps exactly. */
const FLOATS: Readonly<Record<string, number>> = { real: 6, "double precision": 15 };
const TIMESTAMPS = new Set(["timestamp without time zone", "timestamp with time zone"]);
const TIMES = new Set(["time without time zone", "time with time zone"]);
const STRINGS = new Set(["text", "character varying", "character", "name"]);
const BITS = new Set(["bit", "bit varying"]);

export function typeChange(before: string, after: string): TypeChange {
  const [old, next] = [parsed(before), parsed(after)];
  if (before === after) return HARMLESS;
  if (old.isArray !== next.isArray) return isString(next) ? OTHER : NARROWER;
  if (isString(old)) return isString(next) ? lengthChange(old, next) : NARROWER;
  if (isString(next)) return isOwn(old) ? HARMLESS : OTHER;
  if (BITS.has(old.name) && BITS.has(next.name)) return lengthChange(old, next);
  if (old.name in INTEGERS || old.name in FLOATS || old.name === "numeric") return numberChange(old, next);
  if (TIMESTAMPS.has(old.name) || TIMES.has(old.name) || old.name === "date") return timeChange(old, next);
  if (old.name === "interval" && next.name === "interval") {
    return precisionOf(next) < precisionOf(old) ? LOSSY : HARMLESS;
  }
  if (old.name === "json" && next.name === "jsonb") return HARMLESS;
  if (old.name === "boolean" && next.name === "integer") return OTHER;
  if (old.name === "cidr" && next.name === "inet") return HARMLESS;
  return old.name === "jsonb" && next.name === "json" ? OTHER : NARROWER;
}

/** "numeric(10,2)[]", "timestamp(3) without time zone". */
function parsed(text: string): Type {
  const isArray = text.endsWith("[]");
  const element = isArray ? text.slice(0, -2) : text;
  const [open, close] = [element.indexOf("("), element.indexOf(")")];
  if (open === -1 || close < open) return { name: element, modifiers: [], isArray };
  const modifiers = element
    .slice(open + 1, close)
    .split(",")
    .map(Number);
  return { name: element.slice(0, open) + element.slice(close + 1), modifiers, isArray };
}

function isString({ name }: Type): boolean {
  return STRINGS.has(name) || name.endsWith(".citext");
}

/** True for a type outside pg_catalog: an enum, a domain, a type of an extension. */
function isOwn({ name }: Type): boolean {
  return name.includes(".");
}

function lengthChange(old: Type, next: Type): TypeChange {
  return lengthOf(next) < lengthOf(old) ? NARROWER : HARMLESS;
}

function lengthOf({ name, modifiers: [length] }: Type): number {
  if (name === "name") return 63;
  return length ?? (name === "character" || name === "bit" ? 1 : Number.POSITIVE_INFINITY);
}

function numberChange(old: Type, next: Type): TypeChange {
  const [from, to] = [wholeDigits(old), wholeDigits(next)];
  if (to === undefined) return next.name === "boolean" ? LOSSY : NARROWER;
  const fails = to < (from ?? Number.POSITIVE_INFINITY);
  const loses = fractionDigits(next) < fractionDigits(old) || isRounded(old, next);
  const sameKind = old.name === next.name || (old.name in INTEGERS && next.name in INTEGERS);
  const wider = sameKind || (old.name in FLOATS && next.name in FLOATS);
  return { fails, loses, breaks: fails || loses || !wider };
}

/** The digits before the point that every value of the type may have; undefined for no number. */
function wholeDigits({ name, modifiers: [precision, scale = 0] }: Type): number | undefined {
  if (name === "numeric") return precision === undefined ? Number.POSITIVE_INFINITY : precision - scale;
  return INTEGERS[name] ?? (name === "real" ? 38 : name === "double precision" ? 308 : undefined);
}

function fractionDigits({ name, modifiers: [precision, scale = 0] }: Type): number {
  if (name in INTEGERS) return 0;
  return name === "numeric" && precision !== undefined ? scale : Number.POSITIVE_INFINITY;
}

/** True if the new type is binary and keeps fewer digits than the old one has. */
function isRounded(old: Type, next: Type): boolean {
  const kept = FLOATS[next.name];
  if (kept === undefined) return false;
  return (FLOATS[old.name] ?? INTEGERS[old.name] ?? old.modifiers[0] ?? Number.POSITIVE_INFINITY) > kept;
}

function timeChange(old: Type, next: Type): TypeChange {
  if (TIMESTAMPS.has(old.name)) {
    if (next.name === "date" || TIMES.has(next.name)) return LOSSY;
    if (TIMESTAMPS.has(next.name)) return precisionOf(next) < precisionOf(old) ? LOSSY : HARMLESS;
  }
  if (TIMES.has(old.name) && TIMES.has(next.name)) return precisionOf(next) < precisionOf(old) ? LOSSY : HARMLESS;
  if (old.name === "date" && TIMESTAMPS.has(next.name)) return HARMLESS;
  return TIMES.has(old.name) && TIMESTAMPS.has(next.name) ? OTHER : BOTH;
}

function precisionOf({ modifiers: [precision = 6] }: Type): number {
  return precision;
}

/** Functions that make a value fit by cutting or rounding it. */
const SHORTENING = new Set([
  "left",
  "right",
  "substr",
  "substring",
  "round",
  "trunc",
  "floor",
  "ceil",
  "ceiling",
  "btrim",
]);

/** Functions that accept every value. */
const ACCEPTING = new Set([
  "to_json",
  "to_jsonb",
  "array_to_json",
  "row_to_json",
  "json_build_array",
  "json_build_object",
  "jsonb_build_array",
  "jsonb_build_object",
  "char_length",
  "cardinality",
  "length",
]);

const COMPARISONS: readonly unknown[] = ["=", "<>", "<", "<=", ">", ">="];

/**
 * How a changed type computes the new values of a column:
 * - cast: by casts, which may fail;
 * - compute: by another expression, which may fail;
 * - convert: by an expression that accepts every value;
 * - shorten: by an explicit cast to a length, or a function, which cuts what does not fit;
 * - discard: without the old value.
 */
export type Using = "cast" | "compute" | "convert" | "shorten" | "discard";

export function usingOf(statement: TracedStatement, column: string): Using {
  const command = alterCommands(statement).find(
    (one) => textAt(one, "subtype") === "AT_AlterColumnType" && textAt(one, "name") === column,
  );
  const using = at(command, "def", "ColumnDef", "raw_default");
  if (!using) return "cast";
  if (nodesOf(using, "ColumnRef").length === 0) return "discard";
  const cast = at(using, "TypeCast", "typeName");
  if (cast) {
    const types = nodesOf(at(cast, "names"), "String").map((name) => at(name, "sval"));
    const isCut = types.some((type) => type === "varchar" || type === "bpchar") && at(cast, "typmods") !== undefined;
    if (isCut) return "shorten";
  }
  if (isOfCasts(using)) return "cast";
  if (acceptsAll(using)) return "convert";
  const functions = nodesOf(using, "FuncCall").map(functionName);
  return !cast && functions.some((name) => SHORTENING.has(name)) ? "shorten" : "compute";
}

/** True if a changed type may make different values of a column equal: it loses digits, or whether letters are capitals. */
export function mergesValues(statement: TracedStatement, before: Column, after: Column): boolean {
  const isWithoutCase = after.type.endsWith(".citext") && !before.type.endsWith(".citext");
  const using = usingOf(statement, before.name);
  return (
    isWithoutCase || using === "shorten" || using === "compute" || typeChange(before.valueType, after.valueType).loses
  );
}

/** True for a column, and for casts of one. */
function isOfCasts(value: unknown): boolean {
  const inside = at(value, "TypeCast", "arg");
  return inside ? isOfCasts(inside) : at(value, "ColumnRef") !== undefined;
}

/** True if an expression has a value for every value of its columns. */
function acceptsAll(value: unknown): boolean {
  if (at(value, "ColumnRef") || isConstant(value)) return true;
  const call = at(value, "FuncCall");
  if (call) {
    const [name, given] = [functionName(call), listAt(call, "args")];
    // With a format it reads text, which may not have it.
    const isOfSeconds = name === "to_timestamp" && given.length === 1;
    return (isOfSeconds || ACCEPTING.has(name)) && given.every(acceptsAll);
  }
  const comparison = at(value, "A_Expr");
  if (comparison) {
    const isComparison = COMPARISONS.includes(textAt(listAt(comparison, "name")[0], "String", "sval"));
    return isComparison && [at(comparison, "lexpr"), at(comparison, "rexpr")].every(acceptsAll);
  }
  const choice = at(value, "CaseExpr");
  const cases = listAt(choice, "args").flatMap((one) => [at(one, "CaseWhen", "expr"), at(one, "CaseWhen", "result")]);
  const parts = [
    ...cases,
    ...[at(choice, "arg"), at(choice, "defresult"), at(value, "NullTest", "arg")].filter(Boolean),
    ...listAt(value, "BoolExpr", "args"),
    ...listAt(value, "CoalesceExpr", "args"),
  ];
  return parts.length > 0 && parts.every(acceptsAll);
}

/** True for a constant, also a cast one: an empty table has shown that its cast works. */
function isConstant(value: unknown): boolean {
  const inside = at(value, "TypeCast", "arg");
  return inside ? isConstant(inside) : at(value, "A_Const") !== undefined;
}

/** True if an enum type has all labels of another one. */
export function hasLabelsOf({ thingsBefore, thingsAfter }: TracedFile, before: Column, after: Column): boolean {
  const labels = (things: readonly NamedThing[], type: number) =>
    things.flatMap(({ kind, oid, detail }) => (kind === "enum value" && oid === type ? [detail] : []));
  const [old, now] = [labels(thingsBefore, before.typeOid), new Set(labels(thingsAfter, after.typeOid))];
  return old.length > 0 && old.every((label) => now.has(label));
}
