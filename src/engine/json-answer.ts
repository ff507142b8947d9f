import { AnswerNotUnderstood } from "../ports/session.ts";

/** What a JSON value must be: a question mark, or "maybe", allows null and absence; of an object only the fields that matter. */
export type Shape =
  | "anything"
  | "text"
  | "number"
  | "boolean"
  | "text?"
  | "number?"
  | readonly ["list of" | "record of", Shape]
  | readonly ["tuple of", readonly Shape[]]
  | readonly ["maybe", Shape]
  | { readonly [field: string]: Shape };

/**
 * The JSON value that a server has answered with as text.
 * @throws AnswerNotUnderstood where it is none, or not of that shape
 */
export function jsonAnswer<Value>(text: unknown, shape: Shape): Value {
  if (typeof text !== "string") throw new AnswerNotUnderstood("no text where one must be");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AnswerNotUnderstood("a text that is not JSON");
  }
  const misfit = misfitOf(value, shape, "the answer");
  if (misfit !== undefined) throw new AnswerNotUnderstood(misfit);
  return value as Value;
}

/** What is wrong with a value, in words; undefined for nothing. */
function misfitOf(value: unknown, shape: Shape, name: string): string | undefined {
  if (typeof shape === "string") return isOf(value, shape) ? undefined : `${name} is no ${shape.replace("?", "")}`;
  if (isCompound(shape)) return misfitOfCompound(value, shape, name);
  if (value === null || typeof value !== "object") return `${name} is no object`;
  return firstOf(Object.entries(shape), ([field, one]) => misfitOf(Reflect.get(value, field), one, field));
}

type Compound = Extract<Shape, readonly unknown[]>;

function isCompound(shape: Exclude<Shape, string>): shape is Compound {
  return Array.isArray(shape);
}

function misfitOfCompound(value: unknown, shape: Compound, name: string): string | undefined {
  if (shape[0] === "maybe") return value === null || value === undefined ? undefined : misfitOf(value, shape[1], name);
  if (shape[0] === "record of") {
    if (value === null || typeof value !== "object") return `${name} is no object`;
    const one = shape[1];
    return firstOf(Object.entries(value), ([field, entry]) => misfitOf(entry, one, `${name}.${field}`));
  }
  if (!Array.isArray(value)) return `${name} is no list`;
  if (shape[0] === "list of") {
    const one = shape[1];
    return firstOf(value, (entry) => misfitOf(entry, one, name));
  }
  const parts = shape[1];
  if (value.length !== parts.length) return `${name} has ${value.length} parts instead of ${parts.length}`;
  return firstOf(parts.entries(), ([index, one]) => misfitOf(value[index], one, name));
}

function isOf(value: unknown, kind: Extract<Shape, string>): boolean {
  if (kind === "anything") return true;
  if (kind.endsWith("?") && (value === null || value === undefined)) return true;
  return typeof value === (kind.startsWith("text") ? "string" : kind.replace("?", ""));
}

function firstOf<One>(list: Iterable<One>, ask: (one: One) => string | undefined): string | undefined {
  for (const one of list) {
    const answer = ask(one);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
