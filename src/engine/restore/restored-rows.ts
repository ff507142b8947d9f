import type { BackedUpTable } from "../../core/backup/backup-file.ts";
import { CopiedRows } from "../../core/backup/copied-rows.ts";
import type { Session } from "../../ports/session.ts";
import { readAlike } from "../backup/snapshot.ts";
import type { BackupScript } from "./backup-script.ts";

/** A table has other rows after the restore than in the backup. */
export class RestoredOtherwise extends Error {}

/**
 * Compares the rows of each restored table with the backup. The database returns the rows of a new table in the order
 * in which they came. Backups in the old format or by a program depend on settings that are unknown here, so that only
 * the rows are counted.
 * @throws RestoredOtherwise
 */
export async function requireSameRows(
  session: Session,
  { head, tables }: BackupScript,
  copied: readonly BackedUpTable[],
): Promise<void> {
  await readAlike(session);
  const hasChecksums = head?.format === 2;
  const names = new Set(tables.map(({ name }) => name));
  for (const { name, rows, checksum } of copied) {
    const table = name.replace(/ \([^(]*\)$/, "");
    if (!names.has(head ? table : name)) continue;
    const found = hasChecksums ? await rowsIn(session, name) : { rows: await count(session, table) };
    if (found.rows !== rows) {
      throw new RestoredOtherwise(`${table} has ${found.rows} rows, and ${rows} in the backup`);
    }
    if ("checksum" in found && found.checksum !== checksum) {
      throw new RestoredOtherwise(`the rows of ${table} differ from those in the backup`);
    }
  }
}

async function rowsIn(session: Session, source: string): Promise<BackedUpTable> {
  const rows = new CopiedRows();
  await session.copyOut(`COPY ${source} TO STDOUT`, (row) => rows.take(row));
  return rows.result(source);
}

async function count(session: Session, table: string): Promise<number> {
  const [row] = await session.query(`SELECT pg_catalog.count(*)::text AS count FROM ONLY ${table}`);
  return Number(row?.count);
}
