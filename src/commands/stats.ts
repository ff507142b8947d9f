import type { Command } from "../core/command-line/command.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { recordStatistics, statisticsPath } from "../engine/statistics/statistics-file.ts";
import type { Environment } from "./shared/environment.ts";

export const stats: Command<Environment> = {
  name: "stats",
  effect: "reads",
  aliases: [],
  summary: "record the sizes of tables for check",
  description:
    "Writes the rows, the sizes and the write rates of all tables of a database to a file. With the file, check says " +
    "how long a statement takes in production, and weighs it less on small tables. The file contains the names of " +
    "tables and numbers, no rows: commit it.",
  arguments: [],
  options: [settingOption("stats"), settingOption("lockTimeoutMs")],
  examples: [{ line: "pgstep stats --url postgres://reader@db/shop", note: "once a week, from a job" }],
  async run(_invocation, environment) {
    const { stats: named, directory } = environment.settings.values;
    const context = await environment.databaseContext();
    environment.report(await recordStatistics(context, statisticsPath(named, directory)));
    return 0;
  },
};
