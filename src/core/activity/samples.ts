import type { Finding } from "../failure/failure.ts";
import type { Sighting } from "./activity.ts";

/** More than these would fill the memory of a long watch on a busy database. */
const MOST_KEPT = 1_000;
/** More findings of a rule than these are not read. */
const MOST_SHOWN = 10;

const WEIGHTS: readonly Finding["severity"][] = ["note", "warning", "error"];

interface Kept {
  readonly finding: Finding;
  readonly count: number;
}

/** The sightings of one or more samples, each once. */
export class Samples {
  #count = 0;
  readonly #kept = new Map<string, Kept>();

  get count(): number {
    return this.#count;
  }

  add(seen: readonly Sighting[]): void {
    this.#count++;
    for (const { key, finding } of seen) {
      const before = this.#kept.get(key);
      if (!before && this.#kept.size >= MOST_KEPT) continue;
      const isWorse = !before || weightOf(finding) >= weightOf(before.finding);
      this.#kept.set(key, { finding: isWorse ? finding : before.finding, count: (before?.count ?? 0) + 1 });
    }
  }

  /** Errors first, then what was seen most often; in each of them how often it was seen. */
  get findings(): Finding[] {
    const all = [...this.#kept.values()].sort(
      (left, right) => weightOf(right.finding) - weightOf(left.finding) || right.count - left.count,
    );
    const shown = new Map<Finding["rule"], number>();
    const listed = all.flatMap(({ finding, count }) => {
      const number = (shown.get(finding.rule) ?? 0) + 1;
      shown.set(finding.rule, number);
      if (number > MOST_SHOWN) return [];
      return [this.#count === 1 ? finding : withCount(finding, `seen in ${count} of ${this.#count} samples`)];
    });
    return [...listed, ...[...shown].flatMap(([rule, number]) => unlisted(all, rule, number - MOST_SHOWN))];
  }
}

function weightOf({ severity }: Finding): number {
  return WEIGHTS.indexOf(severity);
}

function withCount(finding: Finding, words: string): Finding {
  return { ...finding, message: `${finding.message} (${words})` };
}

/** One finding for all of a rule that are not listed, with the severity of the first of them. */
function unlisted(all: readonly Kept[], rule: Finding["rule"], more: number): Finding[] {
  const [first] = all.filter(({ finding }) => finding.rule === rule).slice(MOST_SHOWN);
  if (!first) return [];
  return [{ rule, severity: first.finding.severity, message: `${more} more of the kind ${rule} are not listed` }];
}
