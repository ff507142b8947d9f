import { quoteIdentifier } from "../sql/quote.ts";
import { literalsIn, madeUpValue, otherValues } from "./made-up-values.ts";
import type { TableColumn, TableShape, ValueType } from "./table-shape.ts";
import type { ValueStyle } from "./value-styles.ts";

/** The columns of a row that are given a value, as SQL expressions by the columns' numbers. */
export type MadeUpRow = ReadonlyMap<number, string>;

/** Why the server refused a row. */
export interface RowRefusal {
  readonly code: string;
  readonly constraint: string | undefined;
}

/**
 * The rows to try for a table, until one is accepted: all columns with values, then only those that need one, and
 * others with values that occur in the constraint that the server named.
 */
export class RowAttempts {
  readonly #table: TableShape;
  readonly #types: ReadonlyMap<number, ValueType>;
  readonly #waiting: MadeUpRow[];
  readonly #style: ValueStyle;
  readonly #tried = new Set<string>();

  /** @param known true for a table that has a row */
  constructor(
    table: TableShape,
    types: ReadonlyMap<number, ValueType>,
    known: (table: number) => boolean,
    style: ValueStyle = "plain",
  ) {
    this.#table = table;
    this.#types = types;
    this.#style = style;
    // A column that is created again has its default: another value shows the loss.
    const given = style === "plain" ? table.columns.filter(({ filled }) => !filled) : table.columns;
    const all = new Map(given.map((one) => [one.number, this.#valueOf(one)]));
    for (const [index, key] of table.keys.entries()) {
      const bound = literalsIn(table.bounds ?? "")[index];
      if (bound !== undefined) all.set(key, `'${bound.replaceAll("'", "''")}'`);
    }
    for (const { columns, table: other, tableName, referred } of table.references) {
      for (const [index, column] of columns.entries()) {
        const name = quoteIdentifier(referred[index] ?? "");
        const isKnown = other !== table.oid && known(other);
        // In a circle of tables the keys that are made up are equal.
        if (isKnown) all.set(column, `(SELECT ${name} FROM ${tableName} LIMIT 1)`);
        else if (!this.#column(column)?.required) all.set(column, "NULL");
      }
    }
    this.#waiting = [all, this.#onlyRequired(all)];
  }

  /** The next row to try; undefined if there is none. */
  next(): MadeUpRow | undefined {
    for (let row = this.#waiting.shift(); row; row = this.#waiting.shift()) {
      const key = JSON.stringify([...row]);
      if (this.#tried.size >= MOST_ATTEMPTS) return undefined;
      if (this.#tried.has(key)) continue;
      this.#tried.add(key);
      return row;
    }
    return undefined;
  }

  /** Puts a row before the others. */
  prefer(row: MadeUpRow): void {
    this.#waiting.unshift(row);
  }

  /** Adds the rows that may help after a refusal. */
  refused(row: MadeUpRow, { code, constraint }: RowRefusal): void {
    if (!isCheckViolation(code)) return;
    const check = this.#table.checks.find(([name]) => name === constraint);
    if (!check) return;
    const [, numbers, condition] = check;
    const columns = numbers.flatMap((number) => this.#column(number) ?? []);
    const values = columns.flatMap(({ number, type }) => {
      const own = this.#types.get(type);
      const base = own?.kind === "d" ? this.#types.get(own.of) : own;
      return otherValues(condition, base).map((value) => new Map(row).set(number, value));
    });
    this.#waiting.unshift(...this.#withNulls(row, columns), ...values);
  }

  /** The row with each choice of these columns set to NULL: a constraint may want exactly one of them. */
  #withNulls(row: MadeUpRow, columns: readonly TableColumn[]): MadeUpRow[] {
    const optional = columns.filter(({ required }) => !required).slice(0, MOST_OPTIONAL);
    const rows: MadeUpRow[] = [];
    for (let choice = 1; choice < 2 ** optional.length; choice++) {
      const nulls = optional.filter((_, index) => choice & (2 ** index));
      rows.push(new Map([...row, ...nulls.map(({ number }) => [number, "NULL"] as const)]));
    }
    return rows;
  }

  #onlyRequired(row: MadeUpRow): MadeUpRow {
    return new Map([...row].filter(([number]) => this.#column(number)?.required || this.#table.keys.includes(number)));
  }

  #column(number: number): TableColumn | undefined {
    return this.#table.columns.find((one) => one.number === number);
  }

  #valueOf({ type, modifier, usual }: TableColumn): string {
    if (usual !== null && this.#style !== "plain") return `NOT COALESCE(${usual}, false)`;
    return madeUpValue(type, modifier, this.#types, this.#style);
  }
}

export function isCheckViolation(code: string): boolean {
  return code === "23514";
}

const MOST_ATTEMPTS = 32;
const MOST_OPTIONAL = 4;

/** The statement that inserts a row. */
export function insertSql({ name, columns }: TableShape, row: MadeUpRow): string {
  const given = columns.filter(({ number }) => row.has(number));
  if (given.length === 0) return `INSERT INTO ${name} DEFAULT VALUES`;
  const names = given.map((one) => quoteIdentifier(one.name));
  const values = given.map(({ number }) => row.get(number) ?? "NULL");
  return `INSERT INTO ${name} (${names.join(", ")}) OVERRIDING SYSTEM VALUE VALUES (${values.join(", ")})`;
}
