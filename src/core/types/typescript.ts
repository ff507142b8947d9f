import { jsonText } from "../text/display.ts";
import type { Declaration, Field, Shape, TableField } from "./declaration.ts";
import { docComment } from "./format.ts";
import { propertyName } from "./names.ts";

/** A shape as a TypeScript type. */
export function typeOf(shape: Shape): string {
  switch (shape.kind) {
    case "scalar":
    case "own":
      return shape.type;
    case "named":
      return shape.name;
    case "array": {
      const of = typeOf(shape.of);
      return /^[\w.]+$/.test(of) ? `${of}[]` : `(${of})[]`;
    }
    case "either":
      return shape.of.map(typeOf).join(" | ");
  }
}

/** A type that may also be null. */
export function orNull(type: string, nullable: boolean): string {
  return nullable ? `${type} | null` : type;
}

/** An interface, its properties with their comments. */
export function interfaceLines(name: string, properties: readonly (readonly [field: Field, type: string])[]): string[] {
  if (properties.length === 0) return [`export type ${name} = Record<string, never>;`];
  return [
    `export interface ${name} {`,
    ...properties.flatMap(([{ key, comment, optional }, type]) => [
      ...docComment(comment, "  "),
      `  ${propertyName(key)}${optional ? "?" : ""}: ${type};`,
    ]),
    "}",
  ];
}

/** Enums, aliases and records, for every format that only has types. */
export function writeType(declaration: Exclude<Declaration, { kind: "relation" }>): string[] {
  switch (declaration.kind) {
    case "enum":
      return [
        `export type ${declaration.name} = ${declaration.labels.map((label) => jsonText(label)).join(" | ") || "never"};`,
      ];
    case "alias":
      return [`export type ${declaration.name} = ${typeOf(declaration.shape)};`];
    case "record":
      return interfaceLines(
        declaration.name,
        declaration.fields.map((field) => [field, orNull(typeOf(field.shape), field.nullable)] as const),
      );
  }
}

/** The columns that an INSERT may name; optional if it may leave them out. */
export function insertFields(fields: readonly TableField[]): Field[] {
  return fields
    .filter(({ given }) => given !== "generated")
    .map((field) => ({ ...field, shape: field.takes, optional: field.nullable || field.given === "defaulted" }));
}

/** The columns that an UPDATE may set. */
export function updateFields(fields: readonly TableField[]): Field[] {
  return insertFields(fields).map((field) => ({ ...field, optional: true }));
}

/** The columns of a row as read. */
export function rowFields(fields: readonly TableField[]): Field[] {
  return fields.map((field) => ({ ...field, optional: false }));
}
