import type { Field } from "./declaration.ts";
import type { Format } from "./format.ts";
import { insertFields, interfaceLines, orNull, rowFields, typeOf, updateFields, writeType } from "./typescript.ts";

/** Interfaces for a row as read, as an INSERT takes it, and as an UPDATE takes it. */
export const interfaces: Format = {
  write(declaration) {
    if (declaration.kind !== "relation") return writeType(declaration);
    const { name, fields, writable } = declaration;
    const lines = (ending: string, all: readonly Field[]) =>
      interfaceLines(
        name + ending,
        all.map(
          (field) =>
            [ending === "" ? field : { ...field, comment: "" }, orNull(typeOf(field.shape), field.nullable)] as const,
        ),
      );
    if (!writable) return lines("", rowFields(fields));
    return [
      ...lines("", rowFields(fields)),
      "",
      ...lines("Insert", insertFields(fields)),
      "",
      ...lines("Update", updateFields(fields)),
    ];
  },
  head: () => [],
  reference: (name) => ({ name, isType: true }),
};
