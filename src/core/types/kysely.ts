import type { TableField } from "./declaration.ts";
import { docComment, type Format } from "./format.ts";
import { propertyName } from "./names.ts";
import { orNull, typeOf, writeType } from "./typescript.ts";

/** Tables as Kysely expects them, and the interface of the whole database. */
export const kysely: Format = {
  write(declaration) {
    if (declaration.kind !== "relation") return writeType(declaration);
    const { name, fields, writable } = declaration;
    const table = [
      `export interface ${name}Table {`,
      ...fields.flatMap((field) => [
        ...docComment(field.comment, "  "),
        `  ${propertyName(field.key)}: ${writable ? columnType(field) : readOnly(field)};`,
      ]),
      "}",
      "",
      `export type ${name} = Selectable<${name}Table>;`,
    ];
    if (!writable) return table;
    return [
      ...table,
      `export type ${name}Insert = Insertable<${name}Table>;`,
      `export type ${name}Update = Updateable<${name}Table>;`,
    ];
  },
  head(text) {
    const used = ["ColumnType", "Generated", "GeneratedAlways", "Insertable", "Selectable", "Updateable"].filter(
      (name) => new RegExp(`\\b${name}<`).test(text),
    );
    return used.length > 0 ? [`import type { ${used.join(", ")} } from ${PACKAGE};`] : [];
  },
  reference: (name) => ({ name, isType: true }),
  whole(relations) {
    return {
      lines: [
        "/** For `new Kysely<Database>(...)`. */",
        "export interface Database {",
        ...relations.map(({ key, name }) => `  ${propertyName(key)}: ${name}Table;`),
        "}",
      ],
      names: relations.map(({ name }) => `${name}Table`),
    };
  },
};

/** As the generated text names it. */
const PACKAGE = JSON.stringify("kysely");

function columnType(field: TableField): string {
  const { shape, takes, nullable, given } = field;
  const read = orNull(typeOf(shape), nullable);
  if (given === "generated") return `GeneratedAlways<${read}>`;
  const written = orNull(typeOf(takes), nullable);
  if (read === written) return given === "defaulted" ? `Generated<${read}>` : read;
  const inserted = nullable || given === "defaulted" ? `${written} | undefined` : written;
  return `ColumnType<${read}, ${inserted}, ${written}>`;
}

function readOnly({ shape, nullable }: TableField): string {
  return `ColumnType<${orNull(typeOf(shape), nullable)}, never, never>`;
}
