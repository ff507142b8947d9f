import { shellWord } from "../../core/command-line/consent.ts";
import type { DirectoryFacts, FileSystem } from "../../ports/file-system.ts";

/** Advice about a migrations directory that is missing or has no migrations. */
export interface DirectoryAdvice {
  /** To append to the message: who names the directory; empty for the command line or the default. */
  readonly note: string;
  /** The directory that may be meant; undefined if none is known. */
  readonly hint: string | undefined;
}

export function directoryAdvice(fileSystem: FileSystem, directory: string): DirectoryAdvice {
  const { namedBy, above } = fileSystem.aboutDirectory?.(directory) ?? {};
  const note = namedBy === undefined ? "" : ` (${namedBy} names this directory)`;
  return { note, hint: above && `${whatIsAbove(above)}: ${howToReach(above)}.` };
}

/**
 * Why no directory is created for a first migration: a parent directory has one of that name. Undefined if none has, or
 * if the command line names this directory.
 */
export function misplacedDirectory(fileSystem: FileSystem, directory: string) {
  const { isTyped, above } = fileSystem.aboutDirectory?.(directory) ?? {};
  if (isTyped || !above) return undefined;
  const another = `to create one here, give --dir ${shellWord(directory)}`;
  return { problem: whatIsAbove(above).replace(/^T/, "t"), hint: `To write there, ${howToReach(above)}; ${another}.` };
}

type Above = NonNullable<DirectoryFacts["above"]>;

function whatIsAbove({ path }: Above): string {
  return path === "." ? "The working directory is the migrations directory itself" : `The directory ${path} exists`;
}

function howToReach({ path, from }: Above): string {
  return `give --dir ${shellWord(path)} or change to ${from} first`;
}
