import type { ObjectKey, SchemaObject } from "../catalog/schema-object.ts";

/*
 * Patterns for objects: `public.log_*`, `index public.orders_*`, `schema audit`. A pattern matches the name of an object,
 * or its kind and name; it then matches everything in the object as well. A star stands for any characters.
 */

/** What is wrong with a pattern; undefined if nothing is. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.trim() === "") return "a pattern is empty";
  if (/^[*\s]+$/.test(pattern)) return `"${pattern}" matches every object`;
  return undefined;
}

/** An object, and the kinds of the objects that may contain it. */
export interface Matched extends Pick<SchemaObject, "kind" | "name" | "within"> {
  /** The kind of the object that `within` names; undefined if it is not known. */
  readonly kindOfWithin: string | undefined;
}

/** The first pattern that matches the object or one that contains it; undefined if none does. */
export function matchingPattern(patterns: readonly string[], object: Matched): string | undefined {
  const texts = textsOf(object);
  return patterns.find((pattern) => texts.some((text) => matches(pattern.trim(), text)));
}

function textsOf({ kind, name, within, kindOfWithin }: Matched): string[] {
  const own = keysOf({ kind, name });
  const outer = within === null ? [] : keysOf({ kind: kindOfWithin ?? "", name: within });
  const schema = schemaOf(within ?? name);
  return [...own, ...outer, ...(schema === undefined ? [] : keysOf({ kind: "schema", name: schema }))];
}

const keysOf = ({ kind, name }: ObjectKey) => [name, `${kind} ${name}`];

/** The schema in a name; undefined for objects outside schemas. */
function schemaOf(name: string): string | undefined {
  return /^("(?:[^"]|"")+"|[^\s".(]+)\./.exec(name)?.[1];
}

/** Without a regular expression, whose time might grow with the number of stars. */
function matches(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
