import { printable } from "../text/display.ts";
import type { Declaration } from "./declaration.ts";

/** One way to write declarations in TypeScript. */
export interface Format {
  /** The lines of a declaration, without its comment. */
  write(declaration: Declaration): readonly string[];
  /** The import lines that a text of this format needs for packages. */
  head(text: string): readonly string[];
  /** How a text refers to another declaration. */
  reference(name: string): { readonly name: string; readonly isType: boolean };
  /** A declaration of all tables together, with the names that it refers to. */
  readonly whole?: (relations: readonly RelationDeclaration[]) => {
    lines: readonly string[];
    names: readonly string[];
  };
}

export type RelationDeclaration = Declaration & { readonly kind: "relation" };

/** Lines of a doc comment, in which nothing changes the direction of the program's text; none for an empty text. */
export function docComment(text: string, indent = ""): string[] {
  const lines = printable(text)
    .trim()
    .replaceAll("*/", "*\\/")
    .split("\n")
    .map((line) => line.trimEnd());
  if (lines.join("") === "") return [];
  if (lines.length === 1) return [`${indent}/** ${lines[0]} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} *${line === "" ? "" : ` ${line}`}`), `${indent} */`];
}

/** The name of the type of json and jsonb columns. */
export const JSON_NAME = "Json";
export const JSON_LINES: readonly string[] = [
  "/** What JSON can hold. */",
  `export type ${JSON_NAME} = string | number | boolean | null | ${JSON_NAME}[] | { [key: string]: ${JSON_NAME} };`,
];
