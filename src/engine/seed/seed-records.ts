import { readSql } from "../../core/sql/own-sql.ts";
import { quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import { NOW_UTC, type TableNames } from "../history/history-table.ts";
import type { Seed } from "./read-seeds.ts";

/** The run-once seeds that have run. */
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
 * SQL that records a seed in its transaction. Only a run-once seed has a record; its key prevents a second run.
 * @param makesTable true for the first such seed, which creates the table
 */
export function seedRecord(names: TableNames, { name, file, once }: Seed, makesTable: boolean): string {
  if (!once) return "";
  const create = makesTable
    ? `CREATE TABLE ${names.seeds} (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamp without time zone NOT NULL); `
    : "";
  return `${create}INSERT INTO ${names.seeds} (name, checksum, applied_at) VALUES (${quoteText(name)}, ${quoteText(file.checksum)}, ${NOW_UTC}); `;
}
