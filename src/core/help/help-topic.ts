import type { Vocabulary } from "../command-line/command.ts";

/** One page of help that is about no single command; made only when it is asked for. */
export interface HelpTopic {
  readonly name: string;
  /** A few words, for the list of topics. */
  readonly summary: string;
  /** Whole lines of at most 80 columns. */
  text(vocabulary: Vocabulary): string;
}
