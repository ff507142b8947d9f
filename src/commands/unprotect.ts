import type { Command } from "../core/command-line/command.ts";
import { unprotect as unprotectDatabase } from "../engine/verbs/protect.ts";
import type { Environment } from "./shared/environment.ts";

export const unprotect: Command<Environment> = {
  name: "unprotect",
  effect: "changes",
  aliases: [],
  summary: "clear the mark that protect has set",
  description: "Lets the database be reset, restored and undone again, after its name was typed or confirmed.",
  arguments: [],
  options: [{ name: "confirm", value: "database", summary: "the database's name, instead of being asked for it" }],
  examples: [{ line: "pgstep unprotect --confirm app", remark: "before a restore" }],
  async run({ options }, environment) {
    const consent = environment.consent({ confirm: options.get("confirm") });
    environment.report(await unprotectDatabase(await environment.databaseContext(), consent));
    return 0;
  },
};
