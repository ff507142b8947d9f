import type { EVENTS } from "./events.ts";
import type { Named, TypeOf } from "./kinds.ts";
import type { RESULTS } from "./results.ts";
import type { VALUES } from "./values.ts";

/* The types of the --json output that events.ts, results.ts and values.ts describe. */

export type JsonEvent = AnyOf<typeof EVENTS>;

/** A report, which includes the failure of its run; or a failure if there is no report. */
export type JsonResult = AnyOf<typeof RESULTS>;

/** Every line is one of these, with its format. Of several results, the last line is the command's. */
export type JsonLine = JsonEvent | JsonResult;

export type JsonValue<Name extends keyof typeof VALUES> = Resolved<Named<Name>>;

/**
 * The first type. Does not compile if the second has an additional field, even an optional one, or an additional word.
 * The compiler checks that the second fits the first where a value is assigned.
 */
export type Exactly<Described extends Complete<Printed>, Printed> = Described;

type AnyOf<Described> = Resolved<TypeOf<Described[keyof Described]>>;

/** The type with its references replaced by the named types. An unknown name becomes `never`, which nothing fits. */
type Resolved<Type> =
  Type extends Named<infer Name>
    ? Name extends keyof typeof VALUES
      ? Resolved<TypeOf<(typeof VALUES)[Name]>>
      : never
    : Type extends readonly (infer Item)[]
      ? readonly Resolved<Item>[]
      : Type extends object
        ? { readonly [Field in keyof Type]: Resolved<Type[Field]> }
        : Type;

/** The type with every field required, except those that only discriminate an inferred union. */
type Complete<Type> = Type extends readonly (infer Item)[]
  ? readonly Complete<Item>[]
  : Type extends object
    ? { readonly [Field in keyof Type as [Type[Field]] extends [undefined] ? never : Field]-?: Complete<Type[Field]> }
    : Type;
