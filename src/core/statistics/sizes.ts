import { sizeText } from "../text/size.ts";
import type { Relation, TracedFile, TracedStatement } from "../trace/trace.ts";
import type { Work } from "../trace/waits.ts";
import { aboutTime, largeCount, rowWords } from "./number-words.ts";
import type { TableStatistics } from "./table-statistics.ts";

/*
 * How long statements take on tables as large as those of production. The estimates are rough: they show whether a
 * statement takes milliseconds or hours.
 */

/** Bytes a second. These are assumptions about a common server, on the slow side. */
const RATES: Readonly<Record<Work["kind"], number>> = {
  rewrites: 40 * 1024 ** 2,
  indexes: 40 * 1024 ** 2,
  reads: 200 * 1024 ** 2,
  changes: 10 * 1024 ** 2,
};

/** The basis of the estimates, in words. */
export const RATE_WORDS = `${mb("reads")} to read a table, ${mb("rewrites")} to rewrite or index it, ${mb("changes")} to update its rows`;

function mb(kind: Work["kind"]): string {
  return `${RATES[kind] / 1024 ** 2} MB/s`;
}

/** Finds the size that a relation has in production. */
export class Sizes {
  readonly #tables: ReadonlyMap<string, TableStatistics>;
  /** The names that each relation had, by oid: the first one is that of production. */
  readonly #names = new Map<number, string[]>();
  readonly #missing = new Map<number, Relation>();

  /** The oids of the relations that the files did not make. */
  readonly #old: ReadonlySet<number>;

  /** @param files in the order in which they run */
  constructor(tables: readonly TableStatistics[], files: readonly TracedFile[]) {
    this.#old = new Set(files[0]?.before.keys());
    this.#tables = new Map(tables.map((table) => [keyOf(table), table]));
    for (const { before, after } of files) {
      for (const [oid, relation] of [...before, ...after]) {
        const names = this.#names.get(oid);
        if (names) names.push(keyOf(relation));
        else this.#names.set(oid, [keyOf(relation)]);
      }
    }
  }

  /** The relations that were asked for and of which there are no statistics; without those that the files made. */
  get missing(): readonly Relation[] {
    return [...this.#missing.values()];
  }

  /** Undefined if there are no statistics of the relation. */
  of(relation: Relation): TableStatistics | undefined {
    const names = this.#names.get(relation.oid) ?? [keyOf(relation)];
    for (const name of names) {
      const found = this.#tables.get(name);
      if (found) return found;
    }
    if (this.#old.has(relation.oid)) this.#missing.set(relation.oid, relation);
    return undefined;
  }

  /** The sizes of all these relations together; undefined if one is unknown. */
  together(relations: readonly Relation[]): Total | undefined {
    const unique = new Map(relations.map((one) => [one.oid, one]));
    const known = [...unique.values()].flatMap((one) => this.of(one) ?? []);
    if (known.length === 0 || known.length < unique.size) return undefined;
    return {
      rows: sum(known.map(({ rows }) => rows)),
      bytes: sum(known.map(({ bytes }) => bytes)) ?? 0,
      indexBytes: sum(known.map(({ indexBytes }) => indexBytes)) ?? 0,
      writesPerSecond: sum(known.map(({ writesPerSecond }) => writesPerSecond)),
    };
  }
}

/** The sizes of several tables together. */
export type Total = Omit<TableStatistics, "schema" | "name">;

/** Null if one of the numbers is. */
function sum(numbers: readonly (number | null)[]): number | null {
  return numbers.reduce<number | null>((all, one) => (all === null || one === null ? null : all + one), 0);
}

function keyOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}\0${name}`;
}

/** The relations whose sizes decide how long a statement works: a partitioned table counts with its partitions. */
export function wholes({ touches }: TracedStatement, relations: readonly Relation[]): Relation[] {
  const divided = touches.map(({ before }) => before).filter(({ kind, isPartition }) => kind === "p" && !isPartition);
  if (divided.length === 0 || !relations.some(({ isPartition }) => isPartition)) return [...relations];
  return [...relations.filter(({ isPartition }) => !isPartition), ...divided];
}

/** The bytes of a table that a kind of work reads or writes, if it works on all rows. */
export function workedBytes(kind: Work["kind"], { bytes, indexBytes }: Pick<Total, "bytes" | "indexBytes">): number {
  return kind === "rewrites" || kind === "changes" ? bytes + indexBytes : bytes;
}

/** The estimated time for a kind of work on so many bytes. */
export function workSeconds(kind: Work["kind"], bytes: number): number {
  return bytes / RATES[kind];
}

/** "about 400 million rows, 52 GB: about 22 min at 40 MB/s; about 120 rows are written each second". */
export function sizeWords(kind: Work["kind"], { rows, bytes, indexBytes, writesPerSecond }: Total): string {
  const worked = workedBytes(kind, { bytes, indexBytes });
  const count = rows === null ? "unknown number of rows" : rowWords(rows);
  const isBusy = writesPerSecond !== null && writesPerSecond >= 1;
  const writes = isBusy ? `; about ${largeCount(writesPerSecond)} rows are written each second` : "";
  return `${count}, ${sizeText(bytes + indexBytes)}: ${aboutTime(workSeconds(kind, worked))} at ${mb(kind)}${writes}`;
}
