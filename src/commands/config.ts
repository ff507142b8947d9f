import type { Command } from "../core/command-line/command.ts";
import { explainSettings } from "../engine/verbs/explain-settings.ts";
import type { Environment } from "./shared/environment.ts";

export const config: Command<Environment> = {
  name: "config",
  effect: "reads",
  aliases: [],
  summary: "show every setting and where it comes from",
  description:
    "Lists every setting with its value and the flag, variable or file that it comes from, and the resulting " +
    "connection parameters. Passwords are masked. Reads files only, and never connects.",
  arguments: [],
  options: [],
  toleratesErrors: true,
  examples: [
    { line: "pgstep config", note: "what a run from here would use" },
    { line: "pgstep config --env production", note: "the same for another environment" },
  ],
  async run(_, environment) {
    const report = await explainSettings(
      environment.settings,
      () => environment.explainDatabase(),
      environment.context.fileSystem,
    );
    environment.report(report);
    return report.failure?.exitStatus ?? 0;
  },
};
