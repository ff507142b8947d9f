import type { Command } from "../core/command-line/command.ts";
import { Failure } from "../core/failure/failure.ts";
import { recordMigration } from "../engine/verbs/record-migration.ts";
import { resolve as resolveDoubt } from "../engine/verbs/resolve.ts";
import type { Environment } from "./shared/environment.ts";
import { LOCK_OPTIONS, requireVersion } from "./shared/options.ts";

const OUTCOMES = ["done", "not-done", "applied", "not-applied"] as const;

export const resolve: Command<Environment> = {
  name: "resolve",
  effect: "changes",
  aliases: [],
  summary: "resolve a statement whose outcome is unknown",
  description:
    "--done and --not-done are for a statement outside a transaction whose run was killed. If the database does not " +
    "show whether it took effect, check that, record it here, and run pgstep up again. --applied and --not-applied " +
    "are for a whole migration: they record it as applied although it did not run, or remove its row from the " +
    "history although it was not undone. Runs nothing.",
  arguments: [{ name: "version", required: true, summary: "the migration", completes: "version" }],
  options: [
    { name: "done", summary: "the statement took effect: continue after it" },
    { name: "not-done", summary: "the statement did not: run it again" },
    { name: "applied", summary: "the database has all that the migration makes: record it" },
    { name: "not-applied", summary: "the database has nothing of the migration: remove its row" },
    { name: "yes", letter: "y", summary: "confirm --applied or --not-applied without a prompt" },
    ...LOCK_OPTIONS,
  ],
  examples: [
    { line: "pgstep resolve 012 --not-done", note: "the next up runs the statement again" },
    { line: "pgstep resolve 012 --applied", note: "the next up starts after 012" },
  ],
  async run(invocation, environment) {
    const version = requireVersion(invocation.arguments[0] ?? "", "resolve");
    const chosen = OUTCOMES.filter((name) => invocation.options.has(name));
    const [outcome] = chosen;
    if (outcome === undefined || chosen.length > 1) {
      throw new Failure(
        "usage",
        `Cannot resolve ${version}: one of --done, --not-done, --applied and --not-applied must be given`,
        {
          hint: "For a statement that a run names: --done or --not-done. For the whole migration: --applied or --not-applied.",
        },
      );
    }
    const context = await environment.databaseContext();
    if (outcome === "done" || outcome === "not-done") {
      environment.report(await resolveDoubt(context, version, outcome));
    } else {
      const consent = environment.consent({ yes: invocation.options.has("yes") });
      environment.report(await recordMigration(context, version, outcome, consent));
    }
    return 0;
  },
};
