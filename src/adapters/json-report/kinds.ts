import { FORMAT_VERSION } from "./version.ts";

/*
 * Kinds of values: each is a piece of a JSON Schema (2020-12) and has the TypeScript type of the values it describes.
 * Objects are left open: readers of the output skip unknown fields, so that later additions do not break them. The
 * program imports only the types of the described values, so that the descriptions are not in its bundle.
 */

export type Schema = { readonly [keyword: string]: unknown; readonly description?: string };

declare const TYPE: unique symbol;
export type Kind<Type> = Schema & { readonly [TYPE]?: Type };
export type TypeOf<Described> = Described extends Kind<infer Type> ? Type : never;

/** A reference, inside a type, to the value of that name. */
export interface Named<Name extends string> {
  readonly named: Name;
}

type Fields = Readonly<Record<string, Kind<unknown>>>;
type TypesOf<F extends Fields> = { readonly [Name in keyof F]: TypeOf<F[Name]> };

/** @param more further keywords of the schema; `Word` narrows the type only, not the schema */
export const string = <Word extends string = string>(description: string, more: Schema = {}): Kind<Word> => ({
  description,
  type: "string",
  ...more,
});

export const stringOrNull = <Word extends string = string>(description: string): Kind<Word | null> => ({
  description,
  type: ["string", "null"],
});

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

export const yesOrNo = (description: string): Kind<boolean> => ({ description, type: "boolean" });

export const truthOrNull = (description: string): Kind<boolean | null> => ({ description, type: ["boolean", "null"] });

export const oneOf = <const Word extends string>(description: string, words: readonly Word[]): Kind<Word> => ({
  description,
  enum: words,
});

export const oneOfOrNull = <const Word extends string>(
  description: string,
  words: readonly Word[],
): Kind<Word | null> => ({
  description,
  enum: [...words, null],
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

/** A reference to the value of that name. */
export const ref = <Name extends string>(name: Name, description?: string): Kind<Named<Name>> => ({
  ...(description && { description }),
  $ref: `#/$defs/${name}`,
});

/** A reference to the value of that name, or of one of those names; or null. */
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

/** A line of the output; format and time are added to its fields. */
export function line<const Type extends string, F extends Fields>(
  type: Type,
  description: string,
  fields: F,
): Kind<TypesOf<F> & { readonly type: Type }> {
  const required = { type: only("The type of the line.", type), format: FORMAT, ...fields };
  return { ...object(description, required), properties: { ...required, time: TIME } };
}

export const DATABASE = string("The database in readable form, without a password.");
export const MILLISECONDS = count("Whole milliseconds.");
export const TEXT: Kind<string> = { type: "string" };
const FORMAT = only("The version of this format.", FORMAT_VERSION);
const TIME = string("The time of writing, UTC in ISO 8601; only in the file of --log-file, as the first key.", {
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$",
});
