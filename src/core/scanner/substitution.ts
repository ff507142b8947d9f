import type { Replacement } from "../sql/statement.ts";
import type { FaultWords } from "./statement-fault.ts";

/** A statement with its placeholders replaced. */
export interface Substitution {
  /** As the server gets it. */
  readonly text: string;
  /** In order. */
  readonly replacements: readonly Replacement[];
}

export interface SubstitutionFault {
  readonly words: FaultWords;
  /** In the text as it was written, in UTF-16 units. */
  readonly at: number;
}

/** Replaces the placeholders of one statement. */
export type Substitute = (
  text: string,
  standardConformingStrings: boolean,
) => Substitution | { readonly faults: readonly SubstitutionFault[] };
