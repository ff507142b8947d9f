import { quoteText } from "../../core/sql/quote.ts";
import type { Session } from "../../ports/session.ts";
import type { RowTable } from "./choose-relations.ts";

/** COPY statements with the rows of these tables, in a fixed order, and the positions of their sequences. */
export async function dumpRows(session: Session, tables: readonly RowTable[]): Promise<string> {
  const parts: string[] = [];
  for (const table of tables) {
    const { sql: name } = table;
    const columns = table.columns.join(", ");
    const from = table.isPartitioned ? name : `ONLY ${name}`;
    const order = table.order.length > 0 ? table.order.join(", ") : 't.*::text COLLATE pg_catalog."C"';
    const rows: string[] = [];
    await session.copyOut(`COPY (SELECT ${columns} FROM ${from} t ORDER BY ${order}) TO STDOUT`, (row) => {
      rows.push(Buffer.from(row).toString("utf8"));
    });
    parts.push(`\n\n--\n-- Rows of ${name.replace(/[\r\n]/g, " ")}\n--\n\nCOPY ${name} (${columns}) FROM stdin;\n`);
    parts.push(...rows, "\\.\n");
    for (const { name: sequence, column, descends } of table.sequences) {
      const [last] = await session.query(`SELECT ${descends ? "min" : "max"}(${column})::text AS value FROM ${from}`);
      if (typeof last?.value !== "string") continue;
      parts.push(`\nSELECT pg_catalog.setval(${quoteText(sequence)}, ${last.value}, true);\n`);
    }
  }
  return `${parts.join("")}\n`;
}
