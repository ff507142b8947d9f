import type { WrittenFile } from "../types/types-report.ts";

/** The result of `stats`. */
export interface StatsReport {
  readonly type: "stats";
  readonly database: string;
  readonly file: WrittenFile;
  /** The number of tables in the file. */
  readonly tables: number;
  /** The tables whose rows are unknown because they were never analyzed, as SQL names them. */
  readonly unanalyzed: readonly string[];
}
