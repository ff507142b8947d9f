import type { Command } from "../core/command-line/command.ts";
import { initializeProject } from "../engine/verbs/initialize-project.ts";
import type { Environment } from "./shared/environment.ts";

export const init: Command<Environment> = {
  name: "init",
  effect: "reads",
  withoutDatabase: true,
  aliases: [],
  summary: "prepare this directory for migrations",
  description:
    "Creates the migrations directory and pgstep.json, and adds npm scripts to an existing package.json. " +
    "Existing files and scripts stay unchanged.",
  ofCheckout: true,
  arguments: [],
  options: [],
  examples: [
    { line: "pgstep init", note: "migrations in database/migrations" },
    { line: "pgstep init --dir migrations", note: "somewhere else" },
  ],
  async run(_, environment) {
    environment.report(initializeProject(environment.context, environment.settings.projectFile));
    return 0;
  },
};
