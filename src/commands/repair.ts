import type { Command } from "../core/command.ts";
import { LOCK_OPTIONS } from "../core/option-values.ts";
import type { Environment } from "../engine/environment.ts";
import { repair as repairHistory } from "../engine/repair.ts";

export const repair: Command<Environment> = {
  name: "repair",
  effect: "changes",
  aliases: [],
  summary: "accept files that were edited after they were applied",
  description:
    "Shows each file that was changed after it was applied and, when you agree, takes its new checksum over into the " +
    "history. The files are not run again.",
  arguments: [],
  options: [{ name: "yes", letter: "y", summary: "agree without being asked" }, ...LOCK_OPTIONS],
  examples: [{ line: "pgstep repair", remark: "after a comment was corrected" }],
  async run({ options }, environment) {
    const consent = environment.consent({ yes: options.has("yes") });
    environment.report(await repairHistory(await environment.databaseContext(), consent));
    return 0;
  },
};
