import type { Command } from "../core/command-line/command.ts";
import type { Environment } from "./shared/environment.ts";
import { LOCK_OPTIONS } from "./shared/options.ts";

export const importCommand: Command<Environment> = {
  name: "import",
  effect: "changes",
  looksWith: "dry-run",
  aliases: [],
  summary: "take over the history of another migration tool",
  description:
    "Finds the table in which golang-migrate, goose, dbmate, Rails, Flyway, sqlx, Prisma or Diesel recorded what is " +
    "applied, compares it with the files, and, once you confirm, records the same in pgstep's history in one " +
    "transaction. Runs no migration. Refuses failed migrations and changed files. The other tool's table is kept; it " +
    "is renamed if pgstep's history has its name.",
  arguments: [],
  options: [
    { name: "from", value: "table", summary: "the other tool's table, if it has an unusual name" },
    { name: "dry-run", summary: "show what would be recorded, and write nothing" },
    { name: "drop-old", summary: "drop the other tool's table" },
    { name: "yes", letter: "y", summary: "confirm without a prompt" },
    ...LOCK_OPTIONS,
  ],
  examples: [
    { line: "pgstep import --dry-run", note: "see what would be recorded" },
    { line: "pgstep import", note: "record it, once you confirm" },
  ],
  async run({ options }, environment) {
    const { importHistory } = await import("../engine/import/import-history.ts");
    const consent = environment.consent({ yes: options.has("yes") });
    const request = { from: options.get("from"), dropOld: options.has("drop-old"), dryRun: options.has("dry-run") };
    environment.report(await importHistory(await environment.databaseContext(), request, consent));
    return 0;
  },
};
