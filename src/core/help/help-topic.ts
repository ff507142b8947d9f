import type { Vocabulary } from "../command-line/command.ts";

/** Where the pages of docs/ are: the package and the executables do not have them. */
export const DOCS = "https://github.com/pgstep/pgstep/blob/main/docs";

/** A help page that is not about one command; made on request. */
export interface HelpTopic {
  readonly name: string;
  /** A few words, for the list of topics. */
  readonly summary: string;
  /** Whole lines of at most 80 columns. */
  text(vocabulary: Vocabulary): string;
}
