import type { ColumnState, MadeUp, TableState, TableStates } from "../../core/rows/lost-values.ts";
import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";

type Catalog = readonly (readonly [
  table: string,
  oid: number,
  columns: readonly (readonly [name: string, number: number, type: string])[],
])[];

const CATALOG: Shape = ["list of", ["parts", ["text", "number", ["list of", ["parts", ["text", "number", "text"]]]]]];

/** The state of the tables with made-up rows. The session must be in a transaction. @throws ServerFailure, ConnectionLost */
export async function readKept(session: Session, rows: readonly MadeUp[]): Promise<TableStates> {
  const tables = rows.map(({ table }) => quoteText(table));
  const [answer] = await session.query(
    `SELECT COALESCE(json_agg(json_build_array(name, c.oid::int8, (SELECT COALESCE(json_agg(json_build_array(attname, attnum, format_type(atttypid, atttypmod))), '[]')
 FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped))), '[]')::text AS row
 FROM unnest(ARRAY[${tables}]::text[]) name JOIN pg_class c ON c.oid = to_regclass(name) AND relkind IN ('r', 'p')`,
  );
  const catalog = jsonAnswer<Catalog>(answer?.row, CATALOG);
  if (catalog.length === 0) return new Map();
  const counted = catalog.map(([table, oid, columns]) => {
    const values = rows.find((one) => one.table === table)?.values ?? new Map<string, string>();
    return { table, oid, columns: columns.filter(([name]) => values.has(name)), values };
  });
  const selects = counted.map(({ table, columns, values }, index) => {
    const counts = columns.flatMap(([name, , type]) => factsOf(name, type, values.get(name) ?? ""));
    return `SELECT '${index}', array_to_json(ARRAY[${["count(*)::text", ...counts].join(", ")}]) FROM ${table}`;
  });
  const [found] = await session.query(
    `SELECT json_object_agg(index, facts)::text AS row FROM (${selects.join(" UNION ALL ")}) facts(index, facts)`,
  );
  const facts = jsonAnswer<Facts>(found?.row, ["record of", ["list of", "text?"]]);
  return new Map(
    counted.map(({ table, oid, columns }, index): [string, TableState] => {
      const [rows, ...others] = facts[index] ?? [];
      return [table, { oid, rows: Number(rows), columns: statesOf(columns, others) }];
    }),
  );
}

/** For each table by its index: the number of rows, then the facts of each column. */
type Facts = Readonly<Record<string, readonly (string | null)[]>>;

function statesOf(columns: Catalog[number][2], facts: Facts[string]): Map<string, ColumnState> {
  return new Map(
    columns.map(([name, number, type], index) => {
      const [kept, noted, value = null] = facts.slice(index * 3);
      return [name, { number, type, kept: Number(kept), noted: Number(noted), value }];
    }),
  );
}

/** Values are shown to people: more of them is of no use. */
const LONGEST_SHOWN = 400;
const TIME = /^(?:date$|timestamp)/;

/** Three expressions: the rows with the value, those with the time of a change, and the value of a row. */
function factsOf(name: string, type: string, value: string): string[] {
  const column = quoteIdentifier(name);
  const noted = TIME.test(type)
    ? `(count(*) FILTER (WHERE ${column} >= transaction_timestamp() - interval '2 days'))::text`
    : "'0'";
  return [
    `(count(*) FILTER (WHERE (${column})::text = ${quoteText(value)}))::text`,
    noted,
    `min(left((${column})::text, ${LONGEST_SHOWN}))`,
  ];
}
