import type { UsedStandIn } from "../stand-ins/used-stand-in.ts";

/** The result for one file, or the expected result. */
export interface WrittenFile {
  readonly path: string;
  readonly change: "created" | "changed" | "removed" | "none";
}

/** The result of `types`. */
export interface TypesReport {
  readonly type: "types";
  readonly database: string;
  /** Sorted by path; empty when the text itself is the result. */
  readonly files: readonly WrittenFile[];
  /** True if the files were only compared. */
  readonly checked: boolean;
  /** The whole text, if no file was named. */
  readonly text?: string;
  /** The stand-ins that the database had, if the migrations were applied to one in memory. */
  readonly standIns: readonly UsedStandIn[];
}
