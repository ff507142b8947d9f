import type { Command } from "../core/command-line/command.ts";
import { usage } from "../core/failure/failure.ts";
import { createMigration } from "../engine/verbs/create-migration.ts";
import { renumber } from "../engine/verbs/renumber.ts";
import type { Environment } from "./shared/environment.ts";
import { refuseTogether } from "./shared/options.ts";

export const create: Command<Environment> = {
  name: "new",
  effect: "reads",
  withoutDatabase: true,
  aliases: ["create"],
  summary: "create the next migration file from the template",
  description:
    "Creates a file with the next version, in the style of the directory: a number with the same padding, or a " +
    "timestamp. With --env the file is for that environment only. Never overwrites a file.",
  ofCheckout: true,
  arguments: [
    {
      name: "description",
      required: true,
      replacedBy: { option: "renumber" },
      variadic: true,
      summary: "what it does, in a few words",
    },
  ],
  options: [
    { name: "down", summary: "create the down file too" },
    { name: "timestamp", summary: "use the UTC time as the version" },
    { name: "sequential", summary: "use the next number as the version" },
    {
      name: "renumber",
      value: "version",
      summary: "instead, move a migration to the next version, or with 012=014 to another",
      completes: "version",
    },
  ],
  examples: [
    { line: "pgstep new add users table", note: "003_add_users_table.sql" },
    { line: "pgstep new add users table --down", note: "and 003_add_users_table.down.sql" },
    { line: "pgstep new grant access --env production", note: "production/004_grant_access.sql" },
  ],
  async run({ arguments: words, options }, environment) {
    const timestamp = options.has("timestamp");
    const sequential = options.has("sequential");
    const moved = options.get("renumber");
    refuseTogether("new", [
      timestamp && "--timestamp",
      sequential && "--sequential",
      moved !== undefined && "--renumber",
    ]);
    if (moved !== undefined && words.length === 0) {
      environment.report(renumber(environment.context, moved));
      return 0;
    }
    if (moved !== undefined) {
      throw usage("Cannot use --renumber with a description: it moves a file that exists", "Leave out one of them.");
    }
    const { settings } = environment.context;
    // A variable that selects the environment of every command must not decide where a file goes.
    const folder = environment.settings.origins.environment.source === "flag" ? settings.environment : undefined;
    const report = createMigration(environment.context, {
      ...(folder !== undefined && { environment: folder }),
      description: words.join(" "),
      ...(timestamp && { style: "timestamp" }),
      ...(sequential && { style: "sequential" }),
      down: options.has("down"),
    });
    environment.report(report);
    return 0;
  },
};
