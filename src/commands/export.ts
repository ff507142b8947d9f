import type { Command } from "../core/command-line/command.ts";
import { EXPORTS } from "../core/export/export-files.ts";
import { usage } from "../core/failure/failure.ts";
import type { Environment } from "./shared/environment.ts";

export const exportCommand: Command<Environment> = {
  name: "export",
  effect: "changes",
  changesFilesOnly: true,
  aliases: [],
  summary: "write the migrations and the history for another tool",
  description:
    "Writes every migration as a file of golang-migrate, goose, dbmate or Flyway into a new directory, and a file " +
    "history.sql that creates that tool's history. Changes nothing in the database: run history.sql with psql when " +
    "you leave pgstep.",
  arguments: [],
  options: [
    { name: "to", value: "tool", summary: "golang-migrate, goose, dbmate or flyway" },
    { name: "out", value: "directory", summary: "the new directory", completes: "directory" },
  ],
  examples: [
    { line: "pgstep export --to dbmate --out db/migrations", note: "then: psql -f db/migrations/history.sql" },
  ],
  async run({ options }, environment) {
    const [to, out] = [options.get("to"), options.get("out")];
    const tool = EXPORTS.find((one) => one === to);
    if (!tool || out === undefined) {
      const problem = to === undefined || tool ? "give --to <tool> and --out <directory>" : `${to} is no such tool`;
      throw usage(`Cannot run pgstep export: ${problem}`, `The tools are ${EXPORTS.join(", ")}.`);
    }
    const { exportTo } = await import("../engine/export/export.ts");
    environment.report(await exportTo(await environment.databaseContext(), tool, out));
    return 0;
  },
};
