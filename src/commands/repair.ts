import type { Command } from "../core/command-line/command.ts";
import { repair as repairHistory } from "../engine/verbs/repair.ts";
import { repairVersion } from "../engine/verbs/repair-version.ts";
import type { Environment } from "./shared/environment.ts";
import { LOCK_OPTIONS, requireVersion } from "./shared/options.ts";

export const repair: Command<Environment> = {
  name: "repair",
  effect: "changes",
  aliases: [],
  summary: "accept edited or missing files; also: resolve",
  description:
    "Shows each file that was changed after it was applied, and a command to see the change; once you confirm, " +
    "records its new checksum in the history. Runs no file again. With a version: repairs that version only. If its " +
    "file is missing, removes its row from the history once you confirm; what the migration made in the database " +
    "stays.",
  arguments: [
    {
      name: "version",
      required: false,
      summary: "repair only this version; required if its file is missing",
      completes: "version",
    },
  ],
  options: [{ name: "yes", letter: "y", summary: "confirm without a prompt" }, ...LOCK_OPTIONS],
  examples: [
    { line: "pgstep repair", note: "after you corrected a comment" },
    { line: "pgstep repair 007", note: "only 007; removes it if its file is missing" },
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
