import { jsonText } from "../text/display.ts";
import type { Declaration, Field, Shape } from "./declaration.ts";
import { docComment, type Format } from "./format.ts";
import { propertyName, valueName } from "./names.ts";
import { insertFields, rowFields, typeOf, updateFields } from "./typescript.ts";

/** Zod 4 schemas for rows, INSERTs and UPDATEs, and the types that they infer. */
export const zod: Format = {
  write(declaration) {
    switch (declaration.kind) {
      case "enum":
        return schema(declaration.name, [`z.enum([${declaration.labels.map((label) => jsonText(label)).join(", ")}])`]);
      case "alias":
        return schema(declaration.name, [schemaOf(declaration.shape)]);
      case "record":
        return schema(declaration.name, objectLines(declaration.fields, true));
      case "relation":
        return relationLines(declaration);
    }
  },
  head: () => [`import { z } from ${PACKAGE};`],
  reference: (name) => ({ name: valueName(name), isType: false }),
};

/** As the generated text names it. */
const PACKAGE = JSON.stringify("zod");

function relationLines({ name, fields, writable }: Declaration & { kind: "relation" }): string[] {
  const row = schema(name, objectLines(rowFields(fields), true));
  if (!writable) return row;
  return [
    ...row,
    "",
    ...schema(`${name}Insert`, objectLines(withLengths(insertFields(fields)), false)),
    "",
    ...schema(`${name}Update`, objectLines(withLengths(updateFields(fields)), false)),
  ];

  /** Values that were read already fit. */
  function withLengths(changed: readonly Field[]): Field[] {
    return changed.map((field) => {
      const maxLength = fields.find(({ key }) => key === field.key)?.maxLength;
      if (maxLength === null || maxLength === undefined || field.shape.kind !== "scalar") return field;
      return { ...field, shape: { ...field.shape, zod: `${field.shape.zod}.max(${maxLength})` } };
    });
  }
}

function schema(name: string, lines: readonly string[]): string[] {
  const value = valueName(name);
  const [first = "", ...rest] = lines;
  const all = [`export const ${value} = ${first}`, ...rest];
  all[all.length - 1] += ";";
  return [...all, `export type ${name} = z.infer<typeof ${value}>;`];
}

function objectLines(fields: readonly Field[], commented: boolean): string[] {
  if (fields.length === 0) return ["z.object({})"];
  return [
    "z.object({",
    ...fields.flatMap((field) => [
      ...(commented ? docComment(field.comment, "  ") : []),
      `  ${propertyName(field.key)}: ${schemaOf(field.shape)}${field.nullable ? ".nullable()" : ""}${field.optional ? ".optional()" : ""},`,
    ]),
    "})",
  ];
}

function schemaOf(shape: Shape): string {
  switch (shape.kind) {
    case "scalar":
      return shape.zod;
    case "named":
      return valueName(shape.name);
    case "array":
      return `z.array(${schemaOf(shape.of)})`;
    case "either":
      return `z.union([${shape.of.map(schemaOf).join(", ")}])`;
    case "own":
      return `z.custom<${typeOf(shape)}>()`;
  }
}
