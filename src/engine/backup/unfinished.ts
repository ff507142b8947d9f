import { type Finding, finding } from "../../core/failure/failure.ts";
import { enumeration } from "../../core/text/display.ts";

/**
 * Warns about the files of killed backups. They are never removed: a backup that is running on another machine, or in
 * another container that shares the directory, looks the same.
 */
export function unfinished(paths: readonly string[]): Finding[] {
  if (paths.length === 0) return [];
  return [
    finding("backup-unfinished", {
      message: `There are files of unfinished backups: ${enumeration(paths)}`,
      hint: "If no other backup or restore is running there, remove them: a killed one left them.",
    }),
  ];
}
