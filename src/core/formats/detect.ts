import type { ListedEntry } from "../layout/format.ts";
import type { Layout } from "../layout/layout.ts";

/** The format of a directory, and how sure that is. */
export type Detected =
  | { readonly kind: "one"; readonly layout: Layout }
  /** Files of two formats, with an example of each. */
  | { readonly kind: "mixed"; readonly readings: readonly [Reading, Reading] }
  /** No file of a format that pgstep reads. */
  | { readonly kind: "none" };

export interface Reading {
  readonly layout: Layout;
  readonly example: string;
}

/** The names of migrations by their formats; those that begin with a number are of several. */
const NUMBERED = /^[0-9]+_.*\.sql$/;
const FLYWAY = /^[VU][0-9]+(?:[._][0-9]+)*__.*\.sql$|^R__.*\.sql$/;

/**
 * Finds the format of a directory from the names in it and, where these do not decide, from the first and the last file.
 * Files between them that are of another format are reported when they are read.
 * @param start the first part of a file's text
 */
export function detect(entries: readonly ListedEntry[], start: (path: string) => string | undefined): Detected {
  const readings = [prisma(entries), diesel(entries), flyway(entries), ...numbered(entries, start)];
  const [first, second] = readings.filter((one) => one !== undefined);
  if (!first) return { kind: "none" };
  return second ? { kind: "mixed", readings: [first, second] } : { kind: "one", layout: first.layout };
}

function prisma(entries: readonly ListedEntry[]): Reading | undefined {
  return folderWith(entries, "prisma", "migration.sql");
}

/** A folder of another use may have an up.sql too. */
function diesel(entries: readonly ListedEntry[]): Reading | undefined {
  return folderWith(
    entries.filter(({ name }) => /^[0-9]/.test(name)),
    "diesel",
    "up.sql",
  );
}

function folderWith(entries: readonly ListedEntry[], layout: Layout, file: string): Reading | undefined {
  const folder = entries.find(({ kind, inside }) => kind === "directory" && inside?.some(({ name }) => name === file));
  return folder && { layout, example: `${folder.name}/${file}` };
}

function flyway(entries: readonly ListedEntry[]): Reading | undefined {
  const file = entries.find(({ kind, name }) => kind === "file" && FLYWAY.test(name));
  if (file) return { layout: "flyway", example: file.name };
  const folder = entries.find(({ inside }) => inside?.some(({ kind, name }) => kind === "file" && FLYWAY.test(name)));
  return folder && { layout: "flyway", example: folder.name };
}

/** The readings of files whose names begin with a number. */
function numbered(entries: readonly ListedEntry[], start: (path: string) => string | undefined): Reading[] {
  const files = entries.filter(({ kind, name }) => kind === "file" && NUMBERED.test(name));
  const dbmateNames = entries.filter(({ kind, name }) => kind === "file" && /^[0-9]+[^_0-9].*\.sql$/.test(name));
  const all = [...files, ...dbmateNames];
  const goFile = entries.find(({ kind, name }) => kind === "file" && /^[0-9]+_.*(?<!_test)\.go$/.test(name));
  const found = goFile ? [{ layout: "goose" as const, example: goFile.name }] : [];
  const [first, last] = firstAndLast(all);
  if (!first || !last) return found;
  const readings = [first, ...(last === first ? [] : [last])].flatMap(({ name, path }): Reading[] => {
    const layout = byMarker(start(path) ?? "") ?? (NUMBERED.test(name) ? plain(all, first, start) : undefined);
    return layout ? [{ layout, example: name }] : [];
  });
  return distinct([...found, ...readings]);
}

/** By name. */
function firstAndLast(entries: readonly ListedEntry[]): readonly [ListedEntry | undefined, ListedEntry | undefined] {
  let [first, last] = [entries[0], entries[0]];
  for (const one of entries) {
    if (first && one.name < first.name) first = one;
    if (last && one.name > last.name) last = one;
  }
  return [first, last];
}

function distinct(readings: readonly Reading[]): Reading[] {
  return readings.filter(({ layout }, index) => readings.findIndex((one) => one.layout === layout) === index);
}

function byMarker(text: string): Layout | undefined {
  if (/^--[ \t]*\+goose[ \t]+up\b/im.test(text)) return "goose";
  return /^--\s*migrate:up\b/m.test(text) ? "dbmate" : undefined;
}

/** sqlx's, golang-migrate's and pgstep's own names are alike, and all three read them alike. */
function plain(files: readonly ListedEntry[], first: ListedEntry, start: (path: string) => string | undefined): Layout {
  if (start(first.path)?.startsWith("-- no-transaction")) return "sqlx";
  const isDirected = ({ name }: ListedEntry) => /\.(?:up|down)\.sql$/.test(name);
  // Three digits are pgstep's own numbering, with the other ending that it reads.
  return files.every(isDirected) && !/^[0-9]{3}_/.test(first.name) ? "golang-migrate" : "pgstep";
}

/** The tool that writes files which pgstep reads as its own, if it left its sign beside them. */
export function toolOfOwnFiles(directory: string, entries: readonly ListedEntry[]): string | undefined {
  if (entries.some(({ name }) => name === "atlas.sum")) return "Atlas";
  const hasJournal = ({ name, inside }: ListedEntry) =>
    name === "meta" && inside?.some((one) => one.name === "_journal.json");
  if (entries.some(hasJournal)) return "drizzle";
  return /(?:^|[/\\])supabase[/\\]migrations[/\\]?$/.test(directory) ? "Supabase" : undefined;
}
