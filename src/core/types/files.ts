import { type Declaration, referencesOf } from "./declaration.ts";
import { docComment, type Format, JSON_LINES, JSON_NAME, type RelationDeclaration } from "./format.ts";
import { NameGiver } from "./names.ts";

/** A generated text with its file name, "" if there is only one. */
export interface TypeFile {
  readonly name: string;
  readonly text: string;
}

/** The first line of every generated file; a file that begins with it may be overwritten and removed. */
export const MARK = "// Written by pgstep types. Run it again instead of editing this file.";

/** All declarations in one text. */
export function oneFile(declarations: readonly Declaration[], format: Format): string {
  const ordered = inOrder(declarations);
  const blocks = ordered.map((one) => block(one, format));
  const whole = format.whole?.(ordered.filter(isRelation));
  if (whole) blocks.push([...whole.lines]);
  const body = joined(blocks);
  return text(format.head(body), names(body, JSON_NAME) ? [[...JSON_LINES], ...blocks] : blocks);
}

export interface ManyFiles {
  /** How imports name the other files: "js" for `./users.js`, "ts", or "" for no extension. */
  readonly extension: string;
  /** True if the file of that table or view is to be written. */
  isWanted(relation: RelationDeclaration): boolean;
  /** True if a file exists that is not to be written now. */
  isThere(name: string): boolean;
}

/** A file for each wanted table and view, one for everything that they share, and an index of all resulting files. */
export function manyFiles(
  declarations: readonly Declaration[],
  format: Format,
  { extension, isWanted, isThere }: ManyFiles,
): TypeFile[] {
  const ordered = inOrder(declarations);
  const shared = ordered.filter((one) => !isRelation(one));
  const relations = ordered.filter(isRelation);
  const fileNames = new NameGiver([SHARED, DATABASE, INDEX]);
  const from = (file: string) => `"./${file}${extension === "" ? "" : `.${extension}`}"`;
  const files: TypeFile[] = [];
  const listed: { file: string; relation: RelationDeclaration }[] = [];
  let needsJson = false;
  for (const relation of relations) {
    const lines = block(relation, format);
    const body = joined([lines]);
    const file = fileNames.give(fileName(relation.key));
    const references = [...referencesOf(relation)].map((name) => format.reference(name));
    if (names(body, JSON_NAME)) {
      needsJson = true;
      references.push({ name: JSON_NAME, isType: true });
    }
    const name = `${file}.ts`;
    const head = [...format.head(body), ...importLines(references, from(SHARED))];
    if (isWanted(relation)) files.push({ name, text: text(head, [lines]) });
    else if (!isThere(name)) continue;
    listed.push({ file, relation });
  }
  const sharedBlocks = shared.map((one) => block(one, format));
  const sharedBody = joined(sharedBlocks);
  const json = needsJson || names(sharedBody, JSON_NAME) ? [[...JSON_LINES]] : [];
  const all = [...json, ...sharedBlocks];
  const indexed = listed.map(({ file }) => file);
  if (all.length > 0) {
    files.push({ name: `${SHARED}.ts`, text: text(format.head(joined(all)), all) });
    indexed.push(SHARED);
  }
  const whole = format.whole?.(listed.map(({ relation }) => relation));
  if (whole) {
    const imports = listed.map(({ file }, index) => `import type { ${whole.names[index]} } from ${from(file)};`);
    files.push({ name: `${DATABASE}.ts`, text: text(imports, [[...whole.lines]]) });
    indexed.push(DATABASE);
  }
  const index = indexed.sort().map((file) => `export * from ${from(file)};`);
  files.push({ name: `${INDEX}.ts`, text: text([], [index]) });
  return files.sort((one, other) => (one.name < other.name ? -1 : 1));
}

const SHARED = "shared";
const DATABASE = "database";
const INDEX = "index";

/** Lower case, since some file systems ignore case; no character that is special in a path. */
function fileName(key: string): string {
  const name = key.toLowerCase().replace(/[^\p{ID_Continue}.$-]/gu, "_");
  return /^[.-]/.test(name) ? `_${name}` : name;
}

function importLines(references: readonly { name: string; isType: boolean }[], from: string): string[] {
  const line = (word: string, some: readonly { name: string }[]) =>
    some.length > 0
      ? [
          `${word} { ${some
            .map(({ name }) => name)
            .sort()
            .join(", ")} } from ${from};`,
        ]
      : [];
  return [
    ...line(
      "import type",
      references.filter(({ isType }) => isType),
    ),
    ...line(
      "import",
      references.filter(({ isType }) => !isType),
    ),
  ];
}

/** In the given order, but each after those that it refers to: a constant must be declared before its use. */
function inOrder(declarations: readonly Declaration[]): Declaration[] {
  const byName = new Map(declarations.map((one) => [one.name, one]));
  const ordered = new Set<Declaration>();
  const visit = (declaration: Declaration) => {
    for (const name of referencesOf(declaration)) {
      const other = byName.get(name);
      if (other && !ordered.has(other)) visit(other);
    }
    ordered.add(declaration);
  };
  for (const declaration of declarations) visit(declaration);
  return [...ordered];
}

function isRelation(declaration: Declaration): declaration is RelationDeclaration {
  return declaration.kind === "relation";
}

function block(declaration: Declaration, format: Format): string[] {
  return [...docComment(declaration.comment), ...format.write(declaration)];
}

function names(body: string, word: string): boolean {
  return new RegExp(`\\b${word}\\b`).test(body);
}

function joined(blocks: readonly (readonly string[])[]): string {
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

function text(head: readonly string[], blocks: readonly (readonly string[])[]): string {
  return `${joined([[MARK], ...(head.length > 0 ? [head] : []), ...blocks])}\n`;
}
