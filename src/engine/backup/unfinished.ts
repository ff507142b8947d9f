import { type Finding, finding } from "../../core/failure/failure.ts";
import { enumeration } from "../../core/text/display.ts";

/**
 * Names what a killed backup left. Nothing tells it from one that is at work on another machine, or in another container,
 * which shares the directory: so it is never removed.
 */
export function unfinished(paths: readonly string[]): Finding[] {
  if (paths.length === 0) return [];
  return [
    finding("backup-unfinished", {
      message: `There are files of backups that were not finished: ${enumeration(paths)}`,
      hint: "If no other backup or restore is at work there, they were left by one that was killed: remove them.",
    }),
  ];
}
