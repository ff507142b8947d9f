import type { Command } from "../core/command-line/command.ts";
import { isSettled } from "../core/migrations/history.ts";
import { isStale } from "../core/repeatable/repeatable.ts";
import type { StatusReport } from "../core/reports/report.ts";
import { readStatus } from "../engine/verbs/status.ts";
import type { Environment } from "./shared/environment.ts";
import { REPEATABLE_DIRECTORY } from "./shared/options.ts";

/** The exit status with --exit-code if anything is pending, or if `up` would refuse to run. */
const NOT_UP_TO_DATE = 3;

function isUpToDate({ entries, repeatable = [], resetUnfinished, afterUpUnfinished }: StatusReport): boolean {
  const isAllDone = !resetUnfinished && !afterUpUnfinished && !repeatable.some(isStale);
  return isAllDone && entries.every(isSettled);
}

export const status: Command<Environment> = {
  name: "status",
  effect: "reads",
  aliases: [],
  summary: "show applied and pending migrations",
  description:
    "Lists every migration and its state: applied, pending, changed after it was applied, missing, out of order, " +
    "not for this environment, or applied in part; also lists the repeatable migrations. Never writes.",
  arguments: [],
  options: [
    { name: "pending", summary: "list only migrations that are pending or need action" },
    { name: "exit-code", summary: "exit with 3 unless the database is up to date" },
    REPEATABLE_DIRECTORY,
  ],
  examples: [
    { line: "pgstep status", note: "the list" },
    { line: "pgstep status --verbose", note: "with times, durations, roles, checksums and files" },
    { line: "pgstep status --exit-code", note: "for scripts: is the database up to date?" },
  ],
  async run({ options }, environment) {
    const { verbose, format, logFile } = environment.settings.values;
    const details = verbose || format === "json" || logFile !== undefined;
    const report = await readStatus(await environment.databaseContext(), details);
    environment.report({ ...report, unsettledOnly: options.has("pending") });
    return options.has("exit-code") && !isUpToDate(report) ? NOT_UP_TO_DATE : 0;
  },
};
