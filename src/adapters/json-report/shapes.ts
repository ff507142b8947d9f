import type { EVENTS } from "./events.ts";
import type { Named, TypeOf } from "./kinds.ts";
import type { RESULTS } from "./results.ts";
import type { VALUES } from "./values.ts";

/* The types of what --json prints, as events.ts, results.ts and values.ts describe it. */

export type JsonEvent = AnyOf<typeof EVENTS>;

/** A report, which has the failure of its run in it; or, where there is no report, a failure. */
export type JsonResult = AnyOf<typeof RESULTS>;

/** Every line is one of these, with its format. The last line is a result, and only the last one is the command's. */
export type JsonLine = JsonEvent | JsonResult;

export type JsonValue<Name extends keyof typeof VALUES> = Resolved<Named<Name>>;

/**
 * The first type. Does not compile where the second has more: a field, an optional one as well, or a word. That the second
 * fits the first is for the compiler to check where the one is handed over as the other.
 */
export type Exactly<Described extends Complete<Printed>, Printed> = Described;

type AnyOf<Described> = Resolved<TypeOf<Described[keyof Described]>>;

/** The type with those of the values that it names. A name that does not exist becomes `never`, which nothing fits. */
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

/** The type with every field required, apart from those that only tell members of an inferred union apart. */
type Complete<Type> = Type extends readonly (infer Item)[]
  ? readonly Complete<Item>[]
  : Type extends object
    ? { readonly [Field in keyof Type as [Type[Field]] extends [undefined] ? never : Field]-?: Complete<Type[Field]> }
    : Type;
