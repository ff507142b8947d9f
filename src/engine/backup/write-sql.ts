import { type BackedUpTable, type BackupHead, headLine, tailLine } from "../../core/backup/backup-file.ts";
import { CopiedRows } from "../../core/backup/copied-rows.ts";
import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { BackupSink } from "../../ports/backups.ts";
import type { Session } from "../../ports/session.ts";
import { block, inString } from "../catalog/table-dependents-sql.ts";
import { createHistorySql, type TableNames } from "../history/history-table.ts";
import { RESET_MARK } from "../history/journal.ts";
import type { DatabaseState } from "../history/read-state.ts";
import type { SchemaParts } from "./schema-parts.ts";
import { copySource, copyTarget, type TableInScope } from "./scope.ts";

/** The input for a backup that pgstep writes itself. */
export interface SqlBackup {
  readonly head: BackupHead;
  readonly parts: SchemaParts;
  /** The tables whose rows are copied. */
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
SET LOCAL xmloption = content;
SET LOCAL client_min_messages = warning;
SET LOCAL row_security = off;
SET LOCAL search_path = '';
`;

type Copy = (target: string, source: string) => Promise<BackedUpTable>;

/**
 * Writes SQL that restores the tables in one transaction, with psql or pgstep. Streams the rows one at a time.
 * @param begun called before the rows of each table are written
 */
export async function writeSql(
  session: Session,
  sink: BackupSink,
  { head, parts, tables, names, state }: SqlBackup,
  begun: (table: TableInScope) => void,
): Promise<void> {
  const write = (...lines: string[]) => sink.write(lines.map((line) => `${line}\n`).join(""));
  write(headLine(head));
  sink.write(PREAMBLE);
  sink.write(parts.before);
  const copied: BackedUpTable[] = [];
  const copy: Copy = async (target, source) => {
    const rows = new CopiedRows();
    write(`COPY ${target} FROM stdin;`);
    await session.copyOut(`COPY ${source} TO STDOUT`, (row) => {
      rows.take(row);
      sink.write(row);
    });
    write("\\.");
    return rows.result(target);
  };
  for (const table of tables) {
    const [target, source] = [copyTarget(table), copySource(table)];
    if (target === undefined || source === undefined) continue;
    begun(table);
    const rows = await copy(target, source);
    // The restored table also has the rows that the extension creates.
    if (table.condition === null) copied.push({ ...rows, name: table.name });
  }
  write(...(await sequenceValues(session, parts)));
  sink.write(parts.after);
  if (head.scope === "tables") await writeHistory(write, copy, { head, names, state });
  write("COMMIT;", tailLine({ tables: copied }));
}

/** Sequences whose values one query reads. */
const TOGETHER = 200;

async function sequenceValues(session: Session, { sequences: { exact, forward } }: SchemaParts): Promise<string[]> {
  const oids = [...exact, ...forward];
  const found =
    await session.query(`SELECT c.oid::text AS oid, c.oid::pg_catalog.regclass::text AS name, (q.seqincrement > 0)::text AS up
 FROM pg_catalog.pg_sequence q JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid WHERE c.oid = ANY ('{${oids.join(",")}}'::pg_catalog.oid[]) ORDER BY 2`);
  const lines: string[] = [];
  for (let start = 0; start < found.length; start += TOGETHER) {
    const part = found.slice(start, start + TOGETHER);
    const values = await session.query(
      part
        .map(
          ({ name }, place) =>
            `SELECT ${place} AS place, last_value::text AS value, is_called::text AS called FROM ${name}`,
        )
        .join(" UNION ALL "),
    );
    const sorted = [...values].sort((one, other) => Number(one.place) - Number(other.place));
    for (const [place, { value, called }] of sorted.entries()) {
      const { oid, name, up } = part[place] ?? {};
      const set = `SELECT pg_catalog.setval(${inString(String(name))}, ${value}, ${called})`;
      const behind = `last_value ${up === "true" ? "<" : ">"} ${value} OR last_value = ${value} AND NOT is_called`;
      lines.push(forward.includes(String(oid)) ? `${set} FROM ${name} WHERE ${behind};` : `${set};`);
    }
  }
  return lines;
}

async function writeHistory(
  write: (...lines: string[]) => void,
  copy: Copy,
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
    block(
      `BEGIN IF pg_catalog.to_regclass(${inString(journal)}) IS NOT NULL THEN DELETE FROM ONLY ${journal} WHERE version <> ${inString(RESET_MARK)}; END IF; END`,
    ),
  );
}
