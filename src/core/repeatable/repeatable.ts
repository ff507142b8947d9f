import { runsIn } from "../migrations/header.ts";
import type { SqlFile } from "../migrations/migration.ts";

/** A file of objects that are made anew whenever its text has changed. */
export interface Repeatable {
  /** The file name without its ending. */
  readonly name: string;
  readonly file: SqlFile;
}

/** What is recorded of such a file since it was applied. */
export interface RecordedRepeatable {
  readonly name: string;
  /** Null for one that is to be applied again, whatever its text. */
  readonly checksum: string | null;
  /** UTC, ISO 8601 with microseconds and without offset. */
  readonly appliedAt: string;
  /** Whether a view that it made is no longer there. */
  readonly isDropped: boolean;
}

/**
 * - unchanged: applied as it is
 * - changed: applied, and the file is not what it was then
 * - new: never applied
 * - dropped: applied, and one of its views is no longer there
 * - missing: applied, and there is no such file
 * - skipped: not meant for this environment
 */
export type RepeatableState = "unchanged" | "changed" | "new" | "dropped" | "missing" | "skipped";

/** What is known of one of them from the files and from the database. */
export interface RepeatableEntry {
  readonly name: string;
  readonly state: RepeatableState;
  readonly repeatable?: Repeatable;
  readonly recorded?: RecordedRepeatable;
}

/** What became of one in a run; all of them share one transaction. "lost" and "in-doubt" are as for steps. */
export interface RepeatableReport {
  readonly name: string;
  readonly path: string;
  readonly outcome: "applied" | "failed" | "rolled-back" | "not-run" | "lost" | "in-doubt";
}

/** Files and records side by side, in the order of their names. */
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

/** Whether `up` has work to do for it. */
export function isStale({ state }: RepeatableEntry): boolean {
  return state === "changed" || state === "new" || state === "dropped";
}
