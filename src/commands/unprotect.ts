import type { Command } from "../core/command-line/command.ts";
import { unprotect as unprotectDatabase } from "../engine/verbs/protect.ts";
import type { Environment } from "./shared/environment.ts";

export const unprotect: Command<Environment> = {
  name: "unprotect",
  effect: "changes",
  aliases: [],
  summary: "clear the mark that protect sets",
  description: "Allows reset, restore and undoing several migrations again, once you confirm the database's name.",
  arguments: [],
  options: [{ name: "confirm", value: "database", summary: "the database's name, instead of the prompt" }],
  examples: [{ line: "pgstep unprotect --confirm app", note: "before a restore" }],
  async run({ options }, environment) {
    const consent = environment.consent({ confirm: options.get("confirm") });
    environment.report(await unprotectDatabase(await environment.databaseContext(), consent));
    return 0;
  },
};
