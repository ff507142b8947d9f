import { runsIn } from "../migrations/header.ts";
import type { SqlFile } from "../migrations/migration.ts";

/** A file of objects that are re-created whenever its text changes. */
export interface Repeatable {
  /** The file name without its ending. */
  readonly name: string;
  readonly file: SqlFile;
}

/** The database's record of an applied file. */
export interface RecordedRepeatable {
  readonly name: string;
  /** Null if the file is to be applied again, whatever its text. */
  readonly checksum: string | null;
  /** UTC, ISO 8601 with microseconds and without offset. */
  readonly appliedAt: string;
  /** True if a view that it created no longer exists. */
  readonly isDropped: boolean;
}

/**
 * - unchanged: applied as it is
 * - changed: applied, but the file has changed since
 * - new: never applied
 * - dropped: applied, but one of its views no longer exists
 * - missing: applied, but there is no such file
 * - skipped: not for this environment
 */
export type RepeatableState = "unchanged" | "changed" | "new" | "dropped" | "missing" | "skipped";

/** One repeatable migration, as the files and the database show it. */
export interface RepeatableEntry {
  readonly name: string;
  readonly state: RepeatableState;
  readonly repeatable?: Repeatable;
  readonly recorded?: RecordedRepeatable;
}

/** The outcome of one in a run; all of them share one transaction. "lost" and "in-doubt" are as for steps. */
export interface RepeatableReport {
  readonly name: string;
  readonly path: string;
  readonly outcome: "applied" | "failed" | "rolled-back" | "not-run" | "lost" | "in-doubt";
}

/** Files and records side by side, sorted by name. */
export function compareRepeatables(
  files: readonly Repeatable[],
  records: readonly RecordedRepeatable[],
  environment: string | undefined,
): RepeatableEntry[] {
  const byName = new Map(records.map((recorded) => [recorded.name, recorded]));
  const entries = files.map((repeatable): RepeatableEntry => {
    const { name, file } = repeatable;
    const recorded = byName.get(name);
    byName.delete(name);
    const state = runsIn(file.header, environment) ? stateOf(file, recorded) : "skipped";
    return { name, state, repeatable, ...(recorded && { recorded }) };
  });
  const missing = [...byName.values()].map((recorded): RepeatableEntry => {
    return { name: recorded.name, state: "missing", recorded };
  });
  return [...entries, ...missing].sort((left, right) => (left.name < right.name ? -1 : 1));
}

function stateOf({ checksum }: SqlFile, recorded: RecordedRepeatable | undefined): RepeatableState {
  if (!recorded) return "new";
  if (recorded.checksum !== checksum) return "changed";
  return recorded.isDropped ? "dropped" : "unchanged";
}

/** True if `up` has work to do for the entry. */
export function isStale({ state }: RepeatableEntry): boolean {
  return state === "changed" || state === "new" || state === "dropped";
}
