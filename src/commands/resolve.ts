import type { Command } from "../core/command.ts";
import { Failure } from "../core/error.ts";
import { LOCK_OPTIONS, requireVersion } from "../core/option-values.ts";
import type { Environment } from "../engine/environment.ts";
import { resolve as resolveDoubt } from "../engine/resolve.ts";

export const resolve: Command<Environment> = {
  name: "resolve",
  effect: "changes",
  aliases: [],
  summary: "say what became of a statement that is in doubt",
  description:
    "A statement that runs outside a transaction is in doubt when its run was killed. Where the database itself cannot " +
    "tell whether it took effect, look, and say so here; then run pgstep up again. Runs nothing.",
  arguments: [
    { name: "version", required: true, summary: "the migration that stopped part-way", completes: "version" },
  ],
  options: [
    { name: "done", summary: "it took effect: go on behind it" },
    { name: "not-done", summary: "it did not: run it again" },
    ...LOCK_OPTIONS,
  ],
  examples: [{ line: "pgstep resolve 012 --not-done", remark: "the next up runs the statement again" }],
  async run(invocation, environment) {
    const version = requireVersion(invocation.arguments[0] ?? "", "resolve");
    const done = invocation.options.has("done");
    if (done === invocation.options.has("not-done")) {
      throw new Failure("usage", `Cannot resolve ${version}: one of --done and --not-done must be given`, {
        hint: "Look whether the statement took effect; pgstep up names it.",
      });
    }
    environment.report(await resolveDoubt(await environment.databaseContext(), version, done ? "done" : "not-done"));
    return 0;
  },
};
