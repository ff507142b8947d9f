import type { BackedUpTable } from "../../core/backup/backup-file.ts";
import { CopiedRows, copiedTables } from "../../core/backup/copied-rows.ts";
import { Failure } from "../../core/failure/failure.ts";
import { NotUtf8 } from "../../core/text/source.ts";
import type { BackupTools, DumpProgram } from "../../ports/backups.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { TableInScope } from "./scope.ts";

/**
 * Reads a backup back from disk and compares the row count and checksum of each table with the database, in the same
 * snapshot. Returns the tables in the backup.
 * @throws Failure backup-failed
 */
export async function verifyContents(
  context: DatabaseContext,
  session: Session,
  tools: BackupTools,
  path: string,
  program: DumpProgram | undefined,
  tables: readonly TableInScope[],
): Promise<readonly BackedUpTable[]> {
  if (!program) return compare(context, session, tools, path, tables);
  const listed = await program.list(path);
  if (!listed.some((line) => line.includes(" TABLE DATA ")) && tables.some(({ hasRows }) => hasRows)) {
    throw unlike(path, "its table of contents has no table data");
  }
  const script = `${path}.sql`;
  try {
    tools.store.create(script).close();
    await program.script(path, script);
    return await compare(context, session, tools, script, tables);
  } finally {
    tools.store.remove(script);
  }
}

async function compare(
  { settings }: DatabaseContext,
  session: Session,
  { store }: BackupTools,
  path: string,
  tables: readonly TableInScope[],
): Promise<readonly BackedUpTable[]> {
  const found: BackedUpTable[] = [];
  try {
    for (const inFile of copiedTables(store.read(path))) {
      const source = inFile.name.replace(/^pg_temp\.pgstep_history(?= \()/, () => tableNames(settings).history);
      const rows = new CopiedRows();
      await session.copyOut(`COPY ${source} TO STDOUT`, (row) => rows.take(row));
      const inDatabase = rows.result(inFile.name);
      if (inDatabase.rows !== inFile.rows) {
        throw unlike(path, `${source} has ${inDatabase.rows} rows in the database and ${inFile.rows} in the backup`);
      }
      if (inDatabase.checksum !== inFile.checksum) {
        throw unlike(path, `the rows of ${source} differ between the backup and the database`);
      }
      const table = tables.find(({ name }) => source.startsWith(`${name} (`));
      if (table) found.push({ ...inFile, name: table.name });
    }
  } catch (error) {
    if (error instanceof NotUtf8) throw unlike(path, error.message);
    throw error;
  }
  const missing = tables.find(({ name, hasRows }) => hasRows && !found.some((one) => one.name === name));
  if (missing && (await hasColumns(session, missing))) throw unlike(path, `${missing.name} is missing`);
  return found;
}

/** False for a table without columns to copy, which a backup has no rows of. */
async function hasColumns(session: Session, { oid }: TableInScope): Promise<boolean> {
  const [row] = await session.query(
    `SELECT pg_catalog.count(*)::text AS count FROM pg_catalog.pg_attribute WHERE attrelid = ${oid} AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
  );
  return row?.count !== "0";
}

function unlike(path: string, how: string): Failure {
  return new Failure("backup-failed", `Cannot verify the backup ${path.replace(/\.part.*/s, "")}: ${how}`, {
    hint: "Check the disk and its free space, then run the command again. Nothing was changed.",
  });
}
