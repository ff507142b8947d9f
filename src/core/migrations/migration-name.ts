import { editDistance } from "../text/spelling.ts";
import type { Direction } from "./migration.ts";
import { MAX_VERSION_LENGTH } from "./version.ts";

/** The parts of a migration's file name. */
export interface MigrationName {
  readonly version: string;
  /** `{version}_{description}` as the file spells it: the migration's name. */
  readonly name: string;
  /** The name's second part, with its underscores and dashes as spaces. */
  readonly description: string;
  readonly direction: Direction;
}

const NAME = /^([0-9]+)_(.+?)(\.up|\.down)?\.sql$/;

/**
 * Reads `{version}_{description}.sql`, `.up.sql` or `.down.sql`.
 * Returns a sentence saying what is wrong for any other `.sql` name, and undefined for files that are not pgstep's:
 * other endings, and hidden files, which editors and archivers leave behind.
 */
export function parseMigrationName(fileName: string): MigrationName | { problem: string } | undefined {
  const match = NAME.exec(fileName);
  if (!match) {
    if (fileName.startsWith(".") || !fileName.toLowerCase().endsWith(".sql")) return undefined;
    if (!fileName.endsWith(".sql")) return { problem: "the ending must be .sql in lower case" };
    return { problem: "the name must be {version}_{description}.sql with digits as the version" };
  }
  const version = match[1] ?? "";
  const words = match[2] ?? "";
  if (version.length > MAX_VERSION_LENGTH)
    return { problem: `the version may have at most ${MAX_VERSION_LENGTH} digits` };
  return {
    version,
    name: `${version}_${words}`,
    description: words.replace(/[_-]+/g, " ").trim(),
    direction: match[3] === ".down" ? "down" : "up",
  };
}

/**
 * The name that a file was meant to have, if its last word after a dot looks like a misspelled "up" or "down", or if
 * the rest is another file's name: `002_users.dwon.sql` next to `002_users.sql`. Other dots belong to the description.
 * @param names of all files next to it
 */
export function misspeltDirection({ name }: MigrationName, names: ReadonlySet<string>): string | undefined {
  const [, stem, word] = /^(.+)\.(\p{L}+)$/u.exec(name) ?? [];
  if (stem === undefined || word === undefined) return undefined;
  const meant = (["down", "up"] as const).find((known) => isNearly(word.toLowerCase(), known));
  if (meant) return `${stem}.${meant}.sql`;
  return names.has(`${stem}.sql`) || names.has(`${stem}.up.sql`) ? `${stem}.down.sql` : undefined;
}

/** Within two edits, with a letter in common and at most one letter too many: "dump" is a word of its own. */
function isNearly(word: string, known: string): boolean {
  if (word.length > known.length + 1) return false;
  const distance = editDistance(word, known);
  return distance <= 2 && distance < Math.max(word.length, known.length);
}

/** The words of a description as file names have them: lower case, underscores, nothing special to a shell. */
export function fileNameWords(description: string): string {
  return description
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .replace(/^_+|(?<!_)_+$/g, "");
}
