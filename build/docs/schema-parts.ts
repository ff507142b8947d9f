/*
 * Pieces of a JSON Schema (2020-12). Objects are left open: readers of the output skip what they do not know, and what
 * is added later must not make them fail.
 */

export type Schema = { readonly [keyword: string]: unknown; readonly description?: string };

export const string = (description: string, more: Schema = {}): Schema => ({ description, type: "string", ...more });

export const stringOrNull = (description: string): Schema => ({ description, type: ["string", "null"] });

/** A whole number that is not negative. */
export const count = (description: string, minimum = 0): Schema => ({ description, type: "integer", minimum });

export const countOrNull = (description: string, minimum = 0): Schema => ({
  description,
  type: ["integer", "null"],
  minimum,
});

export const truth = (description: string): Schema => ({ description, type: "boolean" });

export const oneOf = (description: string, words: readonly string[]): Schema => ({ description, enum: words });

export const only = (description: string, value: string | number): Schema => ({ description, const: value });

export const list = (description: string, items: Schema): Schema => ({ description, type: "array", items });

/** What is defined under that name. */
export const ref = (name: string, description?: string): Schema => ({
  ...(description && { description }),
  $ref: `#/$defs/${name}`,
});

export const refOrNull = (name: string, description: string): Schema => ({
  description,
  anyOf: [ref(name), { type: "null" }],
});

/** An object that has all of these, apart from the optional ones. */
export const object = (
  description: string,
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema => ({
  description,
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

export const DATABASE = string("The database, as people read it; without a password.");
export const MILLISECONDS = count("Whole milliseconds.");
export const TEXT: Schema = { type: "string" };
