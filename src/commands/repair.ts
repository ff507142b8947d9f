import type { Command } from "../core/command-line/command.ts";
import { repair as repairHistory } from "../engine/verbs/repair.ts";
import { repairVersion } from "../engine/verbs/repair-version.ts";
import type { Environment } from "./shared/environment.ts";
import { LOCK_OPTIONS, requireVersion } from "./shared/options.ts";

export const repair: Command<Environment> = {
  name: "repair",
  effect: "changes",
  aliases: [],
  summary: "accept edited files; forget a version whose file is gone",
  description:
    "Shows each file that was changed after it was applied and how to see the change and, when you agree, records its " +
    "new checksum in the history. Runs no file again. With a version: repairs that version only. When the file of that " +
    "version is gone for good, and you agree, removes its row from the history; what the migration made in the " +
    "database stays.",
  arguments: [
    {
      name: "version",
      required: false,
      summary: "the only version to repair; needed to forget one whose file is gone",
      completes: "version",
    },
  ],
  options: [{ name: "yes", letter: "y", summary: "agree without being asked" }, ...LOCK_OPTIONS],
  examples: [
    { line: "pgstep repair", remark: "after a comment was corrected" },
    { line: "pgstep repair 007", remark: "007 only, or forget 007 when its file is gone" },
  ],
  async run({ options, arguments: [typed] }, environment) {
    const version = typed === undefined ? undefined : requireVersion(typed, "repair");
    const consent = environment.consent({ yes: options.has("yes") });
    const context = await environment.databaseContext();
    const repaired = version === undefined ? repairHistory(context, consent) : repairVersion(context, version, consent);
    environment.report(await repaired);
    return 0;
  },
};
