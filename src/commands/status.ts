import type { Command } from "../core/command.ts";
import { REPEATABLE_DIRECTORY } from "../core/option-values.ts";
import { isStale } from "../core/repeatable/repeatable.ts";
import type { Environment } from "../engine/environment.ts";
import { readStatus } from "../engine/status.ts";

/** The exit status with --exit-code when something is pending. */
const SOMETHING_PENDING = 3;

export const status: Command<Environment> = {
  name: "status",
  aliases: [],
  summary: "show what is applied and what is pending",
  description:
    "Lists every migration and its state: applied, pending, changed after it was applied, missing, out of order, " +
    "not for this environment, or applied in part; and the repeatable objects. Never writes.",
  arguments: [],
  options: [{ name: "exit-code", summary: "exit with 3 when something is pending" }, REPEATABLE_DIRECTORY],
  examples: [
    { line: "pgstep status", remark: "the list" },
    { line: "pgstep status --verbose", remark: "with times, durations, roles, checksums and files" },
    { line: "pgstep status --exit-code", remark: "for scripts: is the database up to date?" },
  ],
  async run({ options }, environment) {
    const report = await readStatus(await environment.databaseContext());
    environment.report(report);
    const isPending = report.pending > 0 || (report.repeatable ?? []).some(isStale);
    return options.has("exit-code") && isPending ? SOMETHING_PENDING : 0;
  },
};
