import { jsonText } from "../text/display.ts";

/*
 * The sizes of tables in production, as `pgstep stats` reads and writes them. The file contains names and numbers, no
 * rows. Its numbers have two significant digits, so that it changes only if a table does.
 */

/** A table, partitioned table or materialized view. A partitioned table counts with its partitions. */
export interface TableStatistics {
  readonly schema: string;
  readonly name: string;
  /** The planner's estimate; null if the table was never analyzed. */
  readonly rows: number | null;
  /** The table with its TOAST data, without its indexes. */
  readonly bytes: number;
  readonly indexBytes: number;
  /** Rows inserted, updated and deleted, on average since the server's counters were reset; null if unknown. */
  readonly writesPerSecond: number | null;
}

export interface Statistics {
  /** The day in UTC: "2026-11-29". */
  readonly takenOn: string;
  readonly tables: readonly TableStatistics[];
}

const VERSION = 1;

/** The text of the file: one table a line, by name, so that changes of two branches rarely conflict. */
export function writeStatistics({ takenOn, tables }: Statistics): string {
  const key = ({ schema, name }: TableStatistics) => `${schema}\0${name}`;
  const sorted = [...tables].sort((one, other) => (key(one) < key(other) ? -1 : 1));
  const lines = sorted.map((one) => `    ${jsonText(roundedTable(one))}`);
  const list = lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n  ]`;
  return `{\n  "version": ${VERSION},\n  "takenOn": ${jsonText(takenOn)},\n  "tables": ${list}\n}\n`;
}

/** Reads the text of such a file. An error is a clause: "it is not JSON". */
export function parseStatistics(text: string): { statistics: Statistics } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "it is not JSON" };
  }
  const { version, takenOn, tables } = (value ?? {}) as Record<string, unknown>;
  if (version !== VERSION) return { problem: `it has no "version": ${VERSION}` };
  if (typeof takenOn !== "string" || Number.isNaN(dayOf(takenOn))) {
    return { problem: 'its "takenOn" is not a day such as "2026-01-31"' };
  }
  if (!Array.isArray(tables)) return { problem: 'its "tables" are not a list' };
  const wrong = tables.findIndex((table) => !isTable(table));
  if (wrong !== -1) {
    return { problem: `number ${wrong + 1} of its "tables" is not as pgstep stats writes it` };
  }
  return { statistics: { takenOn, tables } };
}

function isTable(value: unknown): value is TableStatistics {
  const table = (value ?? {}) as Record<keyof TableStatistics, unknown>;
  const { schema, name, rows, bytes, indexBytes, writesPerSecond } = table;
  const isCount = (one: unknown) => typeof one === "number" && one >= 0;
  const isMaybe = (one: unknown) => one === null || isCount(one);
  const isNamed = typeof schema === "string" && typeof name === "string";
  return isNamed && [bytes, indexBytes].every(isCount) && [rows, writesPerSecond].every(isMaybe);
}

function roundedTable({ schema, name, rows, bytes, indexBytes, writesPerSecond }: TableStatistics): TableStatistics {
  const maybe = (value: number | null) => (value === null ? null : rounded(value));
  const sizes = { rows: maybe(rows), bytes: rounded(bytes), indexBytes: rounded(indexBytes) };
  return { schema, name, ...sizes, writesPerSecond: maybe(writesPerSecond) };
}

/** Two significant digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(2));
}

const DAY_MS = 86_400_000;

function dayOf(day: string): number {
  return /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
}

/** The whole days from one day to another; 0 if the first one is later. */
export function daysBetween(takenOn: string, today: string): number {
  return Math.max(0, Math.round((dayOf(today) - dayOf(takenOn)) / DAY_MS));
}
