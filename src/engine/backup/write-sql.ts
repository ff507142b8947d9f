import { type BackedUpTable, type BackupHead, headLine, tailLine } from "../../core/backup/backup-file.ts";
import { CopiedRows } from "../../core/backup/copied-rows.ts";
import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { BackupSink } from "../../ports/backups.ts";
import type { Session } from "../../ports/session.ts";
import {
  closingQueries,
  columnsQuery,
  loneSequencesQuery,
  openingQueries,
  sequencesQuery,
} from "../catalog/definitions-sql.ts";
import { createHistorySql, type TableNames } from "../history/history-table.ts";
import { RESET_MARK } from "../history/journal.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { TableInScope } from "./scope.ts";

/** The input for a backup that pgstep writes itself. */
export interface SqlBackup {
  readonly head: BackupHead;
  readonly tables: readonly TableInScope[];
  readonly names: TableNames;
  readonly state: DatabaseState;
}

/** Makes the script independent of the settings of the session that runs it. */
const PREAMBLE = `BEGIN;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL standard_conforming_strings = on;
SET LOCAL check_function_bodies = off;
SET LOCAL client_min_messages = warning;
SET LOCAL row_security = off;
SET LOCAL search_path = '';
`;

/**
 * Writes the tables as SQL that restores them in one transaction, with psql or pgstep. Streams the rows one at a time.
 * @param begun called before the rows of each table are written
 */
export async function writeSql(
  session: Session,
  sink: BackupSink,
  { head, tables, names, state }: SqlBackup,
  begun: (table: TableInScope) => void,
): Promise<readonly BackedUpTable[]> {
  const oids = tables.map(({ oid }) => oid);
  const write = (...lines: string[]) => sink.write(lines.map((line) => `${line}\n`).join(""));
  const writeAll = async (queries: readonly string[]) => {
    for (const query of queries) write(...(await session.query(query)).map((row) => String(row.sql)));
  };
  write(headLine(head));
  sink.write(PREAMBLE);
  const all = head.scope === "all";
  await writeAll(openingQueries(oids, all));
  const columns = new Map((await session.query(columnsQuery(oids))).map((row) => [row.oid, row.columns]));
  const copied: BackedUpTable[] = [];
  const copy = async (source: string, from = source) => {
    const rows = new CopiedRows();
    write(`COPY ${source} FROM stdin;`);
    await session.copyOut(`COPY ${from} TO STDOUT`, (row) => {
      rows.take(row);
      sink.write(row);
    });
    write("\\.");
    return rows.result(source);
  };
  for (const table of tables) {
    const list = columns.get(table.oid);
    if (!table.hasRows || typeof list !== "string") continue;
    begun(table);
    copied.push({ ...(await copy(`${table.name} (${list})`)), name: table.name });
  }
  for (const { name } of await session.query(sequencesQuery(oids))) {
    const [value] = await session.query(`SELECT last_value::text AS value, is_called::text AS called FROM ${name}`);
    write(`SELECT pg_catalog.setval(${literal(String(name))}, ${value?.value}, ${value?.called});`);
  }
  // Others may have taken values since: never set a sequence back.
  for (const { name, up } of await session.query(loneSequencesQuery(oids, all))) {
    const [value] = await session.query(`SELECT last_value::text AS value, is_called::text AS called FROM ${name}`);
    const behind = `last_value ${up === "true" ? "<" : ">"} ${value?.value} OR last_value = ${value?.value} AND NOT is_called`;
    write(
      `SELECT pg_catalog.setval(${literal(String(name))}, ${value?.value}, ${value?.called}) FROM ${name} WHERE ${behind};`,
    );
  }
  await writeAll(closingQueries(oids));
  await writeHistory(write, copy, { head, names, state });
  write("COMMIT;", tailLine({ tables: copied }));
  return copied;
}

async function writeHistory(
  write: (...lines: string[]) => void,
  copy: (source: string, from: string) => Promise<unknown>,
  { head, names, state }: Pick<SqlBackup, "head" | "names" | "state">,
): Promise<void> {
  const { history, journal } = names;
  const columns = state.columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  write(
    `${createHistorySql(names, state.schemaExists)};`,
    `CREATE TEMPORARY TABLE pgstep_history (LIKE ${history}) ON COMMIT DROP;`,
  );
  if (state.historyExists) await copy(`pg_temp.pgstep_history (${columns})`, `${history} (${columns})`);
  const kept = head.kept.map(quoteText).join(", ");
  const others = head.kept.length > 0 ? ` AND version NOT IN (${kept})` : "";
  write(
    `DELETE FROM ONLY ${history} WHERE version NOT IN (SELECT version FROM pg_temp.pgstep_history)${others};`,
    ...(state.historyExists
      ? [
          `INSERT INTO ${history} (${columns}) SELECT ${columns} FROM pg_temp.pgstep_history b WHERE NOT EXISTS (SELECT FROM ONLY ${history} h WHERE h.version = b.version);`,
        ]
      : []),
    // Replacing the tables also undoes a partly applied step.
    `DO ${literal(`BEGIN IF pg_catalog.to_regclass(${literal(journal)}) IS NOT NULL THEN DELETE FROM ONLY ${journal} WHERE version <> ${literal(RESET_MARK)}; END IF; END`)};`,
  );
}

/** A constant, which is all that DO accepts, for the preamble's standard_conforming_strings. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
