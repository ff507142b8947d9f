import { AnswerNotUnderstood } from "../../ports/session.ts";

/** The expected shape of a JSON value. A question mark or "maybe" allows null and absence; other fields are ignored. */
export type Shape = Simple | Compound | { readonly [field: string]: Shape };

type Simple = "anything" | "text" | "number" | "boolean" | "text?" | "number?";

type Compound =
  | readonly ["list of", Shape]
  /** An object with arbitrary field names. */
  | readonly ["record of", Shape]
  /** A tuple: each part has its own shape. */
  | readonly ["parts", readonly Shape[]]
  | readonly ["maybe", Shape];

/**
 * Parses the JSON text in a server's answer.
 * @throws AnswerNotUnderstood if it is not JSON or does not have that shape
 */
export function jsonAnswer<Value>(text: unknown, shape: Shape): Value {
  if (typeof text !== "string") throw new AnswerNotUnderstood("the answer is not text");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AnswerNotUnderstood("the answer is not JSON");
  }
  const misfit = misfitOf(value, shape, "the answer");
  if (misfit !== undefined) throw new AnswerNotUnderstood(misfit);
  return value as Value;
}

/** The first mismatch between a value and its shape, in words; undefined if there is none. */
function misfitOf(value: unknown, shape: Shape, name: string): string | undefined {
  if (typeof shape === "string") return isOf(value, shape) ? undefined : `${name} is not ${shape.replace("?", "")}`;
  if (isCompound(shape)) return misfitOfCompound(value, shape, name);
  if (!isObject(value)) return `${name} is not an object`;
  return firstOf(Object.entries(shape), ([field, one]) => misfitOf(value[field], one, field));
}

function misfitOfCompound(value: unknown, shape: Compound, name: string): string | undefined {
  switch (shape[0]) {
    case "maybe":
      return value === null || value === undefined ? undefined : misfitOf(value, shape[1], name);
    case "record of":
      if (!isObject(value)) return `${name} is not an object`;
      return firstOf(Object.values(value), (one) => misfitOf(one, shape[1], name));
    case "list of":
      if (!Array.isArray(value)) return `${name} is not a list`;
      return firstOf(value, (one) => misfitOf(one, shape[1], name));
    case "parts":
      if (!Array.isArray(value) || value.length !== shape[1].length)
        return `${name} must have ${shape[1].length} parts`;
      return firstOf(shape[1], (one, index) => misfitOf(value[index], one, name));
  }
}

function isCompound(shape: Exclude<Shape, string>): shape is Compound {
  return Array.isArray(shape);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object";
}

function isOf(value: unknown, kind: Simple): boolean {
  switch (kind) {
    case "anything":
      return true;
    case "text":
      return typeof value === "string";
    case "text?":
      return value === null || value === undefined || typeof value === "string";
    case "number?":
      return value === null || value === undefined || typeof value === "number";
    default:
      return typeof value === kind;
  }
}

function firstOf<One>(list: readonly One[], ask: (one: One, index: number) => string | undefined): string | undefined {
  // Answers have thousands of values: iterators would take most of the time.
  for (let index = 0; index < list.length; index++) {
    const answer = ask(list[index] as One, index);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
