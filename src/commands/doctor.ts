import type { Command } from "../core/command-line/command.ts";
import { Failure } from "../core/failure/failure.ts";
import { examine } from "../engine/doctor/examine.ts";
import type { DatabaseContext } from "../engine/session/context.ts";
import { explainSettings } from "../engine/verbs/explain-settings.ts";
import type { Environment } from "./shared/environment.ts";

const NOT_CONNECTED = 2;
const FOUND_FAULTS = 3;

/** Those that say where pgstep looks, beside the connection. */
const PLACES: readonly string[] = ["directory", "schema", "table", "environment"];

export const doctor: Command<Environment> = {
  name: "doctor",
  effect: "looks",
  aliases: [],
  summary: "examine files, connection, privileges and history",
  description:
    "Shows what it would connect to and where each value comes from, reaches it step by step, and says of each thing " +
    "whether it is in order and how to mend it. Exits with 2 when it could not connect, with 3 when it found a fault. " +
    "Never writes.",
  arguments: [],
  options: [],
  examples: [
    { line: "pgstep doctor", remark: "when something does not work, or before it must" },
    { line: "pgstep doctor --json", remark: "one line for each thing, for programs" },
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

/** With --wait the server is given its time first; why it did not come shows when it is examined. */
async function waitFor({ database, signal }: DatabaseContext): Promise<void> {
  try {
    await (await database.open(signal)).close();
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error;
  }
}
