/** The type of a value, as each format can write it. */
export type Shape =
  | { readonly kind: "scalar"; readonly type: string; readonly zod: string }
  /** A declared name. */
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "array"; readonly of: Shape }
  | { readonly kind: "either"; readonly of: readonly Shape[] }
  /** TypeScript that the user wrote. */
  | { readonly kind: "own"; readonly type: string };

/** A declaration with its own name in the generated TypeScript. */
export type Declaration = { readonly name: string; readonly comment: string } & (
  | { readonly kind: "enum"; readonly labels: readonly string[] }
  | { readonly kind: "alias"; readonly shape: Shape }
  | { readonly kind: "record"; readonly fields: readonly Field[] }
  | {
      readonly kind: "relation";
      readonly key: string;
      readonly writable: boolean;
      readonly fields: readonly TableField[];
    }
);

export interface Field {
  readonly key: string;
  readonly comment: string;
  readonly shape: Shape;
  readonly nullable: boolean;
  /** May be left out. */
  readonly optional: boolean;
}

export interface TableField extends Omit<Field, "optional"> {
  /** The type that INSERT and UPDATE accept. */
  readonly takes: Shape;
  readonly maxLength: number | null;
  readonly given: "required" | "defaulted" | "generated";
}

/** The names that a shape refers to. */
export function namesIn(shape: Shape): string[] {
  switch (shape.kind) {
    case "named":
      return [shape.name];
    case "array":
      return namesIn(shape.of);
    case "either":
      return shape.of.flatMap(namesIn);
    default:
      return [];
  }
}

/** All names that a declaration refers to. */
export function referencesOf(declaration: Declaration): ReadonlySet<string> {
  switch (declaration.kind) {
    case "enum":
      return new Set();
    case "alias":
      return new Set(namesIn(declaration.shape));
    case "record":
      return new Set(declaration.fields.flatMap(({ shape }) => namesIn(shape)));
    case "relation":
      return new Set(declaration.fields.flatMap(({ shape, takes }) => [...namesIn(shape), ...namesIn(takes)]));
  }
}
