import { quoteIdentifier, quoteText } from "../sql/quote.ts";
import { madeUpValue, otherTexts } from "./made-up-values.ts";
import type { MadeUpRow } from "./row-attempts.ts";
import type { TableColumn, TableShape, ValueType } from "./table-shape.ts";
import { HEADER } from "./value-styles.ts";

/*
 * CHECK constraints often depend on several columns at once: which ones may be NULL depends on a kind. The server is asked
 * for values that fit all of them together.
 */

/** A query for the values of columns, and how to read its answer. */
export interface ValueSearch {
  /** Its only column, `places`, is JSON: for each group of columns the places of the values; null for none. */
  readonly sql: string;
  /** The row with these values. */
  rowOf(places: readonly (readonly number[] | null)[]): MadeUpRow;
}

/** The columns that constraints connect, and the values to choose from. */
interface Group {
  readonly columns: readonly (readonly [TableColumn, readonly string[]])[];
  readonly conditions: readonly string[];
}

/** How many rows the server examines for a group. */
const MOST_ROWS = 4_096;
/** Another value of a list costs 1: a row with fewer NULLs shows more. */
const COST_OF_NULL = 100;

/** @param row values that violate a constraint @returns undefined if no CHECK is about a column */
export function searchValues(
  table: TableShape,
  types: ReadonlyMap<number, ValueType>,
  row: MadeUpRow,
): ValueSearch | undefined {
  const groups = groupsOf(table, types, row);
  if (groups.length === 0) return undefined;
  return {
    sql: `SELECT json_build_array(${groups.map((group) => groupSql(group, types))})::text AS places`,
    rowOf: (places) => {
      const values = new Map(row);
      for (const [index, { columns }] of groups.entries()) {
        for (const [place, [{ number }, choice]] of columns.entries()) {
          const chosen = choice[places[index]?.[place] ?? 0];
          if (chosen !== undefined) values.set(number, chosen);
        }
      }
      return values;
    },
  };
}

function groupsOf({ columns, checks }: TableShape, types: ReadonlyMap<number, ValueType>, row: MadeUpRow): Group[] {
  const groups: (readonly [Set<number>, string[]])[] = [];
  for (const [, numbers, condition] of checks) {
    const connected = groups.filter(([known]) => numbers.some((number) => known.has(number)));
    for (const one of connected) groups.splice(groups.indexOf(one), 1);
    groups.push([
      new Set([...numbers, ...connected.flatMap(([known]) => [...known])]),
      [condition, ...connected.flatMap(([, conditions]) => conditions)],
    ]);
  }
  return groups.flatMap(([numbers, conditions]) => {
    const own = columns.filter(({ number }) => numbers.has(number));
    // A column that PostgreSQL computes has no choice.
    if (own.length === 0 || own.length < numbers.size) return [];
    const choices = shortened(own.map((column) => choiceOf(column, types, conditions, row.get(column.number))));
    return [{ columns: own.map((column, index) => [column, choices[index] ?? []] as const), conditions }];
  });
}

/** The values of a column to choose from: all can be cast to its type. */
function choiceOf(
  { type: oid, modifier, required }: TableColumn,
  types: ReadonlyMap<number, ValueType>,
  conditions: readonly string[],
  present: string = madeUpValue(oid, modifier, types),
): string[] {
  const type = types.get(oid);
  const others = type ? conditions.flatMap((condition) => valuesOf(condition, type, modifier)) : [];
  return [...new Set([present, ...others, ...(required ? [] : [NULL])])];
}

function valuesOf(condition: string, type: ValueType, modifier: number): string[] {
  const { kind, category, typeName, name } = type;
  const cast = (text: string) => `CAST(${quoteText(text)} AS ${name})`;
  if (kind === "e") return labelsIn(condition, typeName).map(cast);
  if (kind !== "b") return [];
  if (category === "B") return ["true", "false"];
  const form = FORMS[typeName] ?? FORMS[category];
  const longest = category === "S" && modifier > HEADER ? modifier - HEADER : Number.POSITIVE_INFINITY;
  const texts = otherTexts(condition, type).filter((text) => form?.test(text) && text.length <= longest);
  return texts.map(cast);
}

/** The texts that can be cast to a type, or to most types of a category. */
const FORMS: Readonly<Record<string, RegExp>> = {
  S: /^/,
  N: /^-?\d{1,4}$/,
  int4: /^-?\d{1,9}$/,
  int8: /^-?\d{1,18}$/,
  numeric: /^-?\d+(\.\d+)?$/,
  date: /^\d{4}-\d\d-\d\d$/,
  timestamptz: /^\d{4}-\d\d-\d\d$/,
  json: /^(\[\]|\{\}|\d+)$/,
  jsonb: /^(\[\]|\{\}|\d+)$/,
};

/** The labels of an enum type in a condition: 'new'::state, 'new'::sales.state. */
function labelsIn(condition: string, typeName: string): string[] {
  return [...condition.matchAll(/'((?:[^']|'')*)'/g)].flatMap(({ 0: whole, 1: label = "", index }) => {
    const end = index + whole.length;
    const [, type = ""] = /^::([\w."]+)/.exec(condition.slice(end, end + LONGEST_NAME)) ?? [];
    const isOwn = [typeName, quoteIdentifier(typeName)].some((name) => type === name || type.endsWith(`.${name}`));
    return isOwn ? [label.replaceAll("''", "'")] : [];
  });
}

/** More than a schema and a type with quotes. */
const LONGEST_NAME = 300;

/** The choices without the last values of the longest ones, if the server would have to examine too many rows. */
function shortened(choices: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const rows = choices.reduce((product, { length }) => product * length, 1);
  if (rows <= MOST_ROWS) return choices;
  const most = Math.max(...choices.map(({ length }) => length));
  return shortened(choices.map((choice) => (choice.length < most ? choice : withoutLast(choice))));
}

/** NULL stays if another value does. */
function withoutLast(choice: readonly string[]): readonly string[] {
  return choice.length > 2 && choice.at(-1) === NULL ? [...choice.slice(0, -2), NULL] : choice.slice(0, -1);
}

const NULL = "NULL";

function groupSql({ columns, conditions }: Group, types: ReadonlyMap<number, ValueType>): string {
  const tables = columns.map(([{ name, type }, choice], index) => {
    const cost = (value: string, place: number) => (value === NULL ? COST_OF_NULL : place);
    const typeName = types.get(type)?.name ?? "text";
    const rows = choice.map((value, place) => `(${place}, ${cost(value, place)}, (${value})::${typeName})`);
    return `(VALUES ${rows.join(", ")}) AS pgstep_${index} (pgstep_place, pgstep_cost, ${quoteIdentifier(name)})`;
  });
  const all = (column: string) => columns.map((_, index) => `pgstep_${index}.${column}`);
  const fits = conditions.map((condition) => `(${condition}) IS NOT FALSE`);
  return `(SELECT json_build_array(${all("pgstep_place").join(", ")}) FROM ${tables.join(" CROSS JOIN ")}
 WHERE ${fits.join(" AND ")} ORDER BY ${all("pgstep_cost").join(" + ")} LIMIT 1)`;
}
