import { type Total, workedBytes, workSeconds } from "../statistics/sizes.ts";
import type { Index, Relation } from "../trace/trace.ts";
import type { Work } from "../trace/waits.ts";
import type { PlannedWork } from "./plan-report.ts";

/*
 * The time and disk that a statement's work takes, by the sizes of the live tables. The estimates are rough: they show
 * whether a statement takes milliseconds or hours, and whether the disk has room for it.
 */

/** The tables that a statement works on, and what it makes of them. */
export interface WorkToEstimate {
  readonly kind: Work["kind"];
  readonly names: readonly string[];
  /** Their sizes together; undefined if one is not known. */
  readonly total: Total | undefined;
  /** The rows that it changes, if the server has said so; otherwise all. */
  readonly changedRows: number | undefined;
  /** True if it reads all rows to find those that it changes. */
  readonly searchesAll: boolean;
  /** The new indexes, each with its relation. */
  readonly indexes: readonly (readonly [Relation, Pick<Index, "columns" | "method">])[];
}

export function estimatedWork(work: WorkToEstimate): PlannedWork {
  const { kind, names, total, changedRows, searchesAll, indexes } = work;
  if (!total) {
    const unknown = { rows: changedRows, bytes: undefined, diskBytes: undefined, durationMs: undefined };
    return { kind, relations: names, ...unknown };
  }
  const all = workedBytes(kind, total);
  const share = kind === "changes" ? shareOf(changedRows, total.rows) : 1;
  const bytes = Math.round(all * share);
  const searchSeconds = searchesAll ? workSeconds("reads", total.bytes) : 0;
  return {
    ...{ kind, relations: names },
    ...{ rows: changedRows ?? total.rows ?? undefined, bytes, diskBytes: diskBytes(kind, total, bytes, indexes) },
    durationMs: Math.round((searchSeconds + workSeconds(kind, bytes)) * 1_000),
  };
}

/** The part of a table's rows; all of them if one of the numbers is not known. */
function shareOf(changed: number | undefined, rows: number | null): number {
  if (changed === undefined || rows === null || rows <= 0) return 1;
  return Math.min(1, changed / rows);
}

/**
 * The old rows stay on disk until a rewrite has ended, and the old versions of changed rows until VACUUM. Reading needs
 * no room; sorting for an index about the size of the index, until it is built.
 */
function diskBytes(
  kind: Work["kind"],
  { rows, indexBytes }: Total,
  bytes: number,
  indexes: WorkToEstimate["indexes"],
): number | undefined {
  if (kind === "reads") return 0;
  if (kind !== "indexes") return bytes;
  if (indexes.length === 0) return indexBytes;
  if (rows === null) return undefined;
  return indexes.reduce((sum, [relation, index]) => sum + indexSize(relation, index, rows), 0);
}

/** An item of a B-tree: its pointer and its header. */
const ITEM_BYTES = 12;
/** Pages of a new B-tree are filled to nine tenths. */
const FILLED = 0.9;
/** Of a BRIN index, whose size depends on the pages of its table only. */
const SUMMARY_BYTES = 0.01;

function indexSize({ columns }: Relation, { columns: keys, method }: Pick<Index, "columns" | "method">, rows: number) {
  const width = keys.reduce((sum, key) => sum + keyBytes(columns.find(({ number }) => number === key)?.type), 0);
  return Math.round(rows * (method === "brin" ? SUMMARY_BYTES : (ITEM_BYTES + width) / FILLED));
}

/** Types of variable length, and expressions, count with the length that a word or two has. */
const VARIABLE_BYTES = 24;
const FIXED: readonly (readonly [types: RegExp, bytes: number])[] = [
  [/^(?:smallint|integer|bigint|real|double precision|date|oid|boolean|money)$/, 8],
  [/^(?:timestamp|time)\b/, 8],
  [/^numeric\b/, 16],
  [/^uuid$/, 16],
];

function keyBytes(type: string | undefined): number {
  return FIXED.find(([types]) => types.test(type ?? ""))?.[1] ?? VARIABLE_BYTES;
}
