import { shellWord } from "../../core/command-line/consent.ts";
import type { DirectoryFacts, FileSystem } from "../../ports/file-system.ts";

/** What is to be said of a migrations directory that is missing or has no migrations. */
export interface DirectoryAdvice {
  /** Behind the message: who names the directory; empty where the command line does, or nobody. */
  readonly note: string;
  /** Where the directory is that may be meant; undefined where none is known. */
  readonly hint: string | undefined;
}

export function directoryAdvice(fileSystem: FileSystem, directory: string): DirectoryAdvice {
  const { namedBy, above } = fileSystem.aboutDirectory?.(directory) ?? {};
  const note = namedBy === undefined ? "" : ` (${namedBy} names this directory)`;
  return { note, hint: above && `${whatIsAbove(above)}: ${howToReach(above)}.` };
}

/**
 * Why no directory is made for a first migration: one of that name is above, where nobody has looked. Undefined where there is
 * none, or where the command line says that this one is meant.
 */
export function misplacedDirectory(fileSystem: FileSystem, directory: string) {
  const { isTyped, above } = fileSystem.aboutDirectory?.(directory) ?? {};
  if (isTyped || !above) return undefined;
  const another = `for another directory here, give --dir ${shellWord(directory)}`;
  return { fault: whatIsAbove(above).replace(/^T/, "t"), hint: `To write there, ${howToReach(above)}; ${another}.` };
}

type Above = NonNullable<DirectoryFacts["above"]>;

function whatIsAbove({ path }: Above): string {
  return path === "." ? "The working directory is the migrations directory itself" : `There is the directory ${path}`;
}

function howToReach({ path, from }: Above): string {
  return `give --dir ${shellWord(path)} or change to ${from} first`;
}
