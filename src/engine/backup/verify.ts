import type { BackedUpTable } from "../../core/backup/backup-file.ts";
import { CopiedRows, copiedTables } from "../../core/backup/copied-rows.ts";
import { Failure } from "../../core/failure/failure.ts";
import { NotUtf8 } from "../../core/text/source.ts";
import type { BackupTools, DumpProgram } from "../../ports/backups.ts";
import type { Session } from "../../ports/session.ts";
import type { TableNames } from "../history/history-table.ts";
import { copySource, copyTarget, isTable, type TableInScope } from "./scope.ts";

interface Expected {
  /** Undefined for pgstep's own SQL. */
  readonly program: DumpProgram | undefined;
  readonly tables: readonly TableInScope[];
  readonly names: TableNames;
}

/**
 * Reads a backup back from disk and compares the row count and checksum of each table with the database, in the same
 * snapshot. Returns the tables in the backup.
 * @throws Failure backup-failed
 */
export async function verifyContents(
  session: Session,
  tools: BackupTools,
  path: string,
  expected: Expected,
): Promise<readonly BackedUpTable[]> {
  const { program, tables } = expected;
  if (!program) return compare(session, tools, path, expected);
  const listed = await program.list(path);
  if (!listed.some((line) => line.includes(" TABLE DATA ")) && tables.some(({ hasRows }) => hasRows)) {
    throw unlike(path, "its table of contents has no table data");
  }
  const script = `${path}.sql`;
  try {
    tools.store.create(script).close();
    await program.script(path, script);
    return await compare(session, tools, script, expected);
  } finally {
    tools.store.remove(script);
  }
}

async function compare(
  session: Session,
  { store }: BackupTools,
  path: string,
  { tables, names }: Expected,
): Promise<readonly BackedUpTable[]> {
  const found: BackedUpTable[] = [];
  const known = new Map(tables.map((table) => [copyTarget(table), table]));
  try {
    for (const inFile of copiedTables(store.read(path))) {
      const table = known.get(inFile.name);
      const name = inFile.name.replace(/^pg_temp\.pgstep_history(?= \()/, () => names.history);
      const rows = new CopiedRows();
      await session.copyOut(`COPY ${(table && copySource(table)) ?? name} TO STDOUT`, (row) => rows.take(row));
      const inDatabase = rows.result(inFile.name);
      if (inDatabase.rows !== inFile.rows) {
        throw unlike(path, `${name} has ${inDatabase.rows} rows in the database and ${inFile.rows} in the backup`);
      }
      if (inDatabase.checksum !== inFile.checksum) {
        throw unlike(path, `the rows of ${name} differ between the backup and the database`);
      }
      if (table) found.push({ ...inFile, name: table.name });
    }
  } catch (error) {
    if (error instanceof NotUtf8) throw unlike(path, error.message);
    throw error;
  }
  const isIn = (table: TableInScope) => found.some(({ name }) => name === table.name);
  const isExpected = (table: TableInScope) => table.condition === null && !isTable(table, names.lease);
  const missing = tables.find((table) => copyTarget(table) && isExpected(table) && !isIn(table));
  if (missing) throw unlike(path, `${missing.name} is missing`);
  return found;
}

function unlike(path: string, how: string): Failure {
  return new Failure("backup-failed", `Cannot verify the backup ${path.replace(/\.part.*/s, "")}: ${how}`, {
    hint: "Check the disk and its free space, then run the command again. Nothing was changed.",
  });
}
