import type { Command } from "../core/command-line/command.ts";
import { Failure } from "../core/failure/failure.ts";
import { examine } from "../engine/doctor/examine.ts";
import type { DatabaseContext } from "../engine/session/context.ts";
import { explainSettings } from "../engine/verbs/explain-settings.ts";
import type { Environment } from "./shared/environment.ts";

const NOT_CONNECTED = 2;
const FOUND_FAULTS = 3;

/** Settings shown beside the connection, because they say where pgstep looks. */
const PLACES: readonly string[] = ["directory", "schema", "table", "environment"];

export const doctor: Command<Environment> = {
  name: "doctor",
  effect: "looks",
  aliases: [],
  summary: "check files, connection, privileges and history",
  description:
    "Shows the connection parameters and where each comes from, connects step by step, and says for each check " +
    "whether it passed and how to fix it. Exits with 2 if it could not connect, with 3 if it found an error. Never " +
    "writes.",
  arguments: [],
  options: [],
  examples: [
    { line: "pgstep doctor", remark: "when something fails, or before a deployment" },
    { line: "pgstep doctor --json", remark: "one line for each check, for programs" },
  ],
  async run(_, environment) {
    const context = await environment.databaseContext();
    const { settings, connection, failure } = await explainSettings(
      environment.settings,
      () => environment.explainDatabase(),
      context.fileSystem,
    );
    if (failure) throw failure;
    const places = settings
      .filter(({ name, value }) => PLACES.includes(name) && value !== undefined)
      .map(({ name, value = "", origin }) => ({ name, value, origin }));
    if (environment.settings.values.waitMs !== undefined) await waitFor(context);
    const report = await examine(context, [...connection, ...places], await environment.probe());
    environment.report(report);
    if (!report.isConnected) return NOT_CONNECTED;
    return report.faults > 0 ? FOUND_FAULTS : 0;
  },
};

/** With --wait, waits for the server first; a failure shows up again in the examination. */
async function waitFor({ database, signal }: DatabaseContext): Promise<void> {
  try {
    await (await database.open(signal)).close();
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error;
  }
}
