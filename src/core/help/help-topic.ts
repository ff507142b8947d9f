import type { Vocabulary } from "../command-line/command.ts";

/** A help page that is not about one command; made on request. */
export interface HelpTopic {
  readonly name: string;
  /** A few words, for the list of topics. */
  readonly summary: string;
  /** Whole lines of at most 80 columns. */
  text(vocabulary: Vocabulary): string;
}
