import type { Command } from "../core/command-line/command.ts";
import { protect as protectDatabase } from "../engine/verbs/protect.ts";
import type { Environment } from "./shared/environment.ts";

export const protect: Command<Environment> = {
  name: "protect",
  effect: "changes",
  aliases: [],
  summary: "block reset, restore and undoing several; also: unprotect",
  description:
    "Marks the database itself, so that reset, restore, and down or redo of more than one migration are refused for " +
    "everybody until unprotect clears the mark. A dump of the database does not contain the mark.",
  arguments: [],
  options: [],
  examples: [{ line: "pgstep protect", note: "once, for a production database" }],
  async run(_invocation, environment) {
    environment.report(await protectDatabase(await environment.databaseContext()));
    return 0;
  },
};
