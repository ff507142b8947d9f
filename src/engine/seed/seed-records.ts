import { readSql } from "../../core/session-settings.ts";
import { quoteText } from "../../core/sql-text.ts";
import type { Session } from "../../ports/session.ts";
import { COMMIT } from "../commit.ts";
import { NOW_UTC, noteWritesSql, requireNoWriteSql, type TableNames } from "../history-table.ts";
import { cleanSession, localSettings, ownRole } from "../run.ts";
import type { Bookkeeping, Script } from "../scripts.ts";
import type { Seed } from "./read-seeds.ts";

/** Which seeds have run that run only once. */
export interface SeedRecords {
  readonly tableExists: boolean;
  /** Name to the checksum that the file had. */
  readonly checksums: ReadonlyMap<string, string>;
}

export async function readSeedRecords(session: Session, { seeds }: TableNames): Promise<SeedRecords> {
  const [found] = await session.query(readSql(`SELECT (to_regclass(${quoteText(seeds)}) IS NOT NULL)::text AS there`));
  if (found?.there !== "true") return { tableExists: false, checksums: new Map() };
  const rows = await session.query(readSql(`SELECT name, checksum FROM ONLY ${seeds}`));
  return { tableExists: true, checksums: new Map(rows.map((row) => [String(row.name), String(row.checksum)])) };
}

/**
 * What a seed's transaction begins and ends with. Only what runs once leaves a record, whose key keeps a second run from
 * it; a row of the history it may not write.
 * @param makesTable the first of these seeds makes the table
 */
export function seedBookkeeping(names: TableNames, { name, file, once }: Seed, makesTable: boolean): Bookkeeping {
  const create = makesTable
    ? `CREATE TABLE ${names.seeds} (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamp without time zone NOT NULL); `
    : "";
  const insert = `INSERT INTO ${names.seeds} (name, checksum, applied_at) VALUES (${quoteText(name)}, ${quoteText(file.checksum)}, ${NOW_UTC}); `;
  return {
    recordSql: (run, script: Script) =>
      `${localSettings(run, script)} ${run.lock.guard}${once ? create + insert : ""}${noteWritesSql(names)}`,
    commitSql: (run) =>
      `SET CONSTRAINTS ALL IMMEDIATE; ${ownRole(run)}; RESET search_path; ${requireNoWriteSql(names)}; ${cleanSession(run)} ${COMMIT}`,
  };
}
