import { named } from "../../core/check/words.ts";
import { Failure } from "../../core/failure/failure.ts";
import { directoryBeside } from "../../core/migrations/sibling-directory.ts";
import type { StatsReport } from "../../core/statistics/stats-report.ts";
import { parseStatistics, type Statistics, writeStatistics } from "../../core/statistics/table-statistics.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { readDocument } from "../files/read-document.ts";
import { putFiles, type Writer } from "../files/written-files.ts";
import type { DatabaseContext } from "../session/context.ts";
import { readStatistics } from "./read-statistics.ts";

const WRITER: Writer = {
  command: "pgstep stats",
  option: "--stats",
  mark: (text) => "statistics" in parseStatistics(text),
};

/** The path of the file of statistics. @param given the setting */
export function statisticsPath(given: string | undefined, migrations: string): string {
  return given ?? directoryBeside(migrations, "stats.json");
}

/** Reads the sizes of the tables, and writes them to a file. @throws Failure file-exists, file-unwritable */
export async function recordStatistics(context: DatabaseContext, path: string): Promise<StatsReport> {
  const statistics = await readStatistics(context);
  const { tables } = statistics;
  const [file] = putFiles(context.fileSystem, [{ path, text: writeStatistics(statistics) }], {
    check: false,
    writer: WRITER,
  });
  if (!file) throw new Error("one file was written");
  const unanalyzed = tables.filter(({ rows }) => rows === null);
  return {
    type: "stats",
    database: context.database.description,
    file,
    tables: tables.length,
    unanalyzed: unanalyzed.map(named).sort(),
  };
}

/**
 * @param mayBeMissing false if the settings name the file
 * @returns undefined if there is no such file
 * @throws Failure settings
 */
export function readStatisticsFile(
  fileSystem: FileSystem,
  path: string,
  mayBeMissing: boolean,
): Statistics | undefined {
  const read = readDocument(fileSystem, path);
  const write = `pgstep stats --stats ${path}`;
  if (typeof read !== "string") {
    if (read.isMissing && mayBeMissing) return undefined;
    throw cannotRead(path, read.reason, `Check its name, or write it: ${write}`, read.cause);
  }
  const parsed = parseStatistics(read);
  if ("statistics" in parsed) return parsed.statistics;
  throw cannotRead(path, parsed.problem, `Fix it, or remove it and write it again: ${write}`);
}

function cannotRead(path: string, reason: string, hint: string, cause?: unknown): Failure {
  return new Failure("settings", `Cannot read the statistics in ${path}: ${reason}`, { hint, cause });
}
