import type { Command } from "../core/command.ts";
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
    "not for this environment, or applied in part. Never writes.",
  arguments: [],
  options: [{ name: "exit-code", summary: "exit with 3 when something is pending" }],
  examples: [
    { line: "pgstep status", remark: "the list" },
    { line: "pgstep status --verbose", remark: "with times, durations, roles, checksums and files" },
    { line: "pgstep status --exit-code", remark: "for scripts: is the database up to date?" },
  ],
  async run({ options }, environment) {
    const report = await readStatus(await environment.databaseContext());
    environment.report(report);
    return options.has("exit-code") && report.pending > 0 ? SOMETHING_PENDING : 0;
  },
};
