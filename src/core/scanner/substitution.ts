import type { Replacement } from "../sql/statement.ts";
import type { ErrorWords } from "./statement-problem.ts";

/** A statement with its placeholders replaced. */
export interface Substitution {
  /** The text sent to the server. */
  readonly text: string;
  /** In order. */
  readonly replacements: readonly Replacement[];
}

export interface SubstitutionError {
  readonly words: ErrorWords;
  /** The offset in the text as written, in UTF-16 units. */
  readonly at: number;
}

/** Replaces the placeholders of one statement. */
export type Substitute = (
  text: string,
  standardConformingStrings: boolean,
) => Substitution | { readonly problems: readonly SubstitutionError[] };
