import type { Command } from "../core/command-line/command.ts";
import type { Environment } from "./shared/environment.ts";
import { durationOption } from "./shared/options.ts";

const DEFAULT_LIMIT_MS = 60_000;

export const wait: Command<Environment> = {
  name: "wait",
  effect: "reads",
  aliases: [],
  summary: "wait until the database accepts connections",
  description:
    "Waits until the server accepts connections and is not in recovery. After the timeout it exits with 2 and says " +
    "why. It stops at once if waiting cannot help (a wrong password, a certificate). Other commands wait first with " +
    "--wait.",
  arguments: [],
  options: [{ name: "timeout", value: "duration", summary: "how long to wait at most (60s)" }],
  examples: [{ line: "pgstep wait --timeout 2m && npm test", note: "in a script" }],
  async run(invocation, environment) {
    const { clock } = environment.context;
    const limitMs = durationOption(invocation, "timeout") ?? environment.settings.values.waitMs ?? DEFAULT_LIMIT_MS;
    const { database, signal } = await environment.databaseContext({ waitLimit: { limitMs, option: "--timeout" } });
    const started = clock.monotonicMs();
    const session = await database.open(signal);
    await session.close();
    environment.report({
      type: "wait",
      database: database.description,
      waitedMs: Math.round(clock.monotonicMs() - started),
    });
    return 0;
  },
};
