import { chance } from "../faults/support/rounds.ts";
import { compareScanner, type Verdict } from "./scanner-comparison.ts";
import { type Sources, textOf } from "./scanner-texts.ts";
import { shrink } from "./shrink.ts";

/** A text that our scanner and PostgreSQL read differently. */
export interface Discrepancy {
  readonly seed: number;
  /** Of the shrunken text. */
  readonly what: string;
  /** Shrunken. */
  readonly text: string;
  readonly chunk: number;
}

/** What came out of many texts: how many there were of each verdict. */
export interface Tally {
  readonly texts: number;
  readonly same: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly discrepancies: readonly Discrepancy[];
}

const MOST_DISCREPANCIES = 20;

/**
 * Compares the texts of consecutive seeds as long as `goesOn` says. `loadModule` of libpg-query must have been awaited.
 * @param goesOn asked before each text with the number of texts so far
 */
export function fuzzScanner(firstSeed: number, sources: Sources, goesOn: (texts: number) => boolean): Tally {
  const excluded: Record<string, number> = {};
  const discrepancies: Discrepancy[] = [];
  let texts = 0;
  let same = 0;
  for (; goesOn(texts) && discrepancies.length < MOST_DISCREPANCIES; texts++) {
    const seed = firstSeed + texts;
    const text = textOf(seed, sources);
    const chunk = chance(seed).pick([1, 2, 3, 7, 17, 64]);
    const verdict = compareScanner(text, chunk);
    if (verdict.kind === "same") same++;
    else if (verdict.kind === "excluded") excluded[verdict.reason] = (excluded[verdict.reason] ?? 0) + 1;
    else discrepancies.push(shrunken(seed, text, chunk, verdict));
  }
  return { texts, same, excluded, discrepancies };
}

function shrunken(seed: number, text: string, chunk: number, verdict: Verdict & { kind: "differs" }): Discrepancy {
  // Numbers in the words are places, which shrinking moves.
  const sort = ({ what }: { what: string }) => what.replace(/\d+/g, "n").slice(0, 30);
  const shortest = shrink(text, (shorter) => {
    const now = compareScanner(shorter, chunk);
    return now.kind === "differs" && sort(now) === sort(verdict);
  });
  const final = compareScanner(shortest, chunk);
  return { seed, chunk, text: shortest, what: final.kind === "differs" ? final.what : verdict.what };
}
