import type { Finding } from "../failure/failure.ts";
import type { Header } from "../migrations/header.ts";
import type { Layout } from "./layout.ts";

/** An entry of the migrations directory or of one of its folders. */
export interface ListedEntry {
  readonly name: string;
  readonly path: string;
  readonly kind: "file" | "directory" | "other";
  /** The entries of a folder, without those of its folders unless the format reads them. */
  readonly inside?: readonly ListedEntry[];
  /** The environment of its folder; undefined outside such folders. */
  readonly environment?: string | undefined;
}

/** The contents of files, and the environment variables that a format may name. */
export interface Contents {
  /** The text without a byte order mark; undefined if it cannot be read, which is reported when the script is read. */
  text(path: string): string | undefined;
  /** The first part of the text. */
  start(path: string): string | undefined;
  variable(name: string): Variable;
}

/** The value of an environment variable; undefined if it is not set; a problem if it must not be read. */
export type Variable = string | undefined | { readonly problem: string };

/** The script of one direction. */
export interface FoundScript {
  /** The file; followed by the direction, if the file has both: `001_users.sql (down)`. */
  readonly path: string;
  /** The text, with the lines of the file, if the script is a part of the file; absent if it is the whole file. */
  readonly part?: string;
  /** How the script runs, as the tool's own marks say; absent if only a header of pgstep's says it. */
  readonly header?: Header;
  /** The file may have a header of pgstep's as well, since the tool's files are named as pgstep's. */
  readonly mayHaveHeader?: true;
}

export interface FoundMigration {
  readonly version: string;
  /** The file's or folder's name without its endings. */
  readonly name: string;
  readonly description: string;
  readonly up: FoundScript;
  readonly down?: FoundScript;
  /** The language of a migration that is a program: pgstep cannot run it. */
  readonly program?: string;
  readonly environment?: string | undefined;
}

/** A script that runs again when its text changes. */
export interface FoundRepeatable {
  readonly name: string;
  readonly script: FoundScript;
}

/** The migrations of a directory, in the order in which the tool applies them. */
export interface FoundFiles {
  readonly migrations: readonly FoundMigration[];
  readonly repeatables: readonly FoundRepeatable[];
  readonly findings: readonly Finding[];
}

/** The rules by which a tool reads its migrations directory. */
export interface Format {
  readonly layout: Layout;
  /** The tool's name in messages. */
  readonly tool: string;
  /** What to write so that a migration gets a down script: an imperative. */
  readonly downAdvice?: string;
  /** True if the tool reads the folders in the directory, at any depth. */
  readonly isDeep?: true;
  read(entries: readonly ListedEntry[], contents: Contents): FoundFiles;
}

/** The header of a file without pgstep's own. */
export function plainHeader(said: Partial<Header> = {}): Header {
  return { transaction: "one", environments: [], lockTimeoutMs: undefined, ...said };
}

/** The words of a name, for people. */
export function wordsOf(text: string): string {
  return text.replace(/[_-]+/g, " ").trim();
}

/** The path of the down script in a file that has both directions. */
export function downPart(path: string): string {
  return `${path} (down)`;
}

/** The file of a script. */
export function filePath(path: string): string {
  return path.replace(/ \(down\)$/, "");
}
