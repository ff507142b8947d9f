import { FORMAT_VERSION } from "./version.ts";

/*
 * Kinds of values: each is a piece of a JSON Schema (2020-12) and has the TypeScript type of the values it describes.
 * Objects are left open: readers of the output skip what they do not know, and what is added later must not make them
 * fail. The program imports only types of what is described with them, so that the words stay out of it.
 */

export type Schema = { readonly [keyword: string]: unknown; readonly description?: string };

declare const TYPE: unique symbol;
export type Kind<Type> = Schema & { readonly [TYPE]?: Type };
export type TypeOf<Described> = Described extends Kind<infer Type> ? Type : never;

/** Stands in a type for the value of that name. */
export interface Named<Name extends string> {
  readonly named: Name;
}

type Fields = Readonly<Record<string, Kind<unknown>>>;
type TypesOf<F extends Fields> = { readonly [Name in keyof F]: TypeOf<F[Name]> };

/** A type of its own is for words of which readers need not have a list. */
export const string = <Word extends string = string>(description: string, more: Schema = {}): Kind<Word> => ({
  description,
  type: "string",
  ...more,
});

export const stringOrNull = (description: string): Kind<string | null> => ({ description, type: ["string", "null"] });

/** A whole number that is not negative. */
export const count = (description: string, minimum = 0): Kind<number> => ({ description, type: "integer", minimum });

export const countOrNull = (description: string, minimum = 0): Kind<number | null> => ({
  description,
  type: ["integer", "null"],
  minimum,
});

export const counts = (description: string): Kind<Readonly<Record<string, number>>> => ({
  description,
  type: "object",
  additionalProperties: { type: "integer", minimum: 1 },
});

export const truth = (description: string): Kind<boolean> => ({ description, type: "boolean" });

export const truthOrNull = (description: string): Kind<boolean | null> => ({ description, type: ["boolean", "null"] });

export const oneOf = <const Word extends string>(description: string, words: readonly Word[]): Kind<Word> => ({
  description,
  enum: words,
});

export const only = <const Value extends string | number>(description: string, value: Value): Kind<Value> => ({
  description,
  const: value,
});

export const list = <Item>(description: string, items: Kind<Item>): Kind<readonly Item[]> => ({
  description,
  type: "array",
  items,
});

/** The value of that name. */
export const ref = <Name extends string>(name: Name, description?: string): Kind<Named<Name>> => ({
  ...(description && { description }),
  $ref: `#/$defs/${name}`,
});

/** The value of that name, or of one of those names. */
export const refOrNull = <const Name extends string>(
  names: Name | readonly Name[],
  description: string,
): Kind<Named<Name> | null> => ({
  description,
  anyOf: [...[names].flat().map((name) => ref(name)), { type: "null" }],
});

export const object = <F extends Fields>(description: string, properties: F): Kind<TypesOf<F>> => ({
  description,
  type: "object",
  properties,
  required: Object.keys(properties),
});

/** A line of the output, without its format and time, which every line has. */
export function line<const Type extends string, F extends Fields>(
  type: Type,
  description: string,
  fields: F,
): Kind<TypesOf<F> & { readonly type: Type }> {
  const required = { type: only("What the line tells.", type), format: FORMAT, ...fields };
  return { ...object(description, required), properties: { ...required, time: TIME } };
}

export const DATABASE = string("The database, as people read it; without a password.");
export const MILLISECONDS = count("Whole milliseconds.");
export const TEXT: Kind<string> = { type: "string" };
const FORMAT = only("The version of this format.", FORMAT_VERSION);
const TIME = string("When it was written, UTC in ISO 8601; only in the file of --log-file, where it comes first.", {
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$",
});
