import { named } from "../../core/check/words.ts";
import type { Verdict } from "../../core/findings/judge.ts";
import type { UsedSizes } from "../../core/reports/check-report.ts";
import type { Sizes } from "../../core/statistics/sizes.ts";
import { daysBetween, type Statistics } from "../../core/statistics/table-statistics.ts";

/** The sizes of production's tables, as `check` gets them. */
export interface GivenSizes {
  /** The file of statistics, or the database. */
  readonly source: string;
  readonly statistics: Statistics;
  /** The day of the check in UTC. */
  readonly today: string;
  /** The size below which a table is small, in bytes. */
  readonly smallBytes: number;
}

/** Tables grow: older statistics are reported as old. */
const OLD_DAYS = 30;

/** What the sizes changed in a verdict. */
export function usedSizes(given: GivenSizes, sizes: Sizes, { findings }: Verdict): UsedSizes {
  const { source, statistics, today, smallBytes } = given;
  const ageDays = daysBetween(statistics.takenOn, today);
  return {
    ...{ source, takenOn: statistics.takenOn, ageDays, isOld: ageDays > OLD_DAYS, smallBytes },
    small: findings.filter(({ isSmall }) => isSmall).length,
    missing: sizes.missing.map(named).sort(),
  };
}
