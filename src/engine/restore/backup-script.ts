import {
  type BackedUpTable,
  type BackupHead,
  readBackupName,
  readHead,
  readTail,
} from "../../core/backup/backup-file.ts";
import { copiedTables } from "../../core/backup/copied-rows.ts";
import { Failure } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import type { BackupTools, DumpProgram } from "../../ports/backups.ts";

/** A backup that was read and found complete. */
export interface BackupScript {
  /** The SQL: the backup itself, or the script that pg_restore wrote from it. */
  readonly path: string;
  readonly databaseName: string;
  readonly createdAt: string;
  /** Undefined for a backup that pg_dump made. */
  readonly head: BackupHead | undefined;
  readonly tables: readonly BackedUpTable[];
  /** Removes the temporary script, if there is one. */
  close(): void;
}

/**
 * Opens a backup and reads it once to check that it is complete.
 * @throws Failure backup-unusable
 */
export async function openBackup({ store, restoreProgram }: BackupTools, path: string): Promise<BackupScript> {
  const start = firstBytes(store.read(path), path);
  return start.subarray(0, 5).toString("latin1") === "PGDMP"
    ? openArchive(store, path, await restoreProgram())
    : openSql(store, path, start);
}

function openSql(store: BackupTools["store"], path: string, start: Buffer): BackupScript {
  // The head may be longer than the first part.
  const head = readHead(start.includes("\n") ? start.toString() : textOfStart(store, path));
  if (head === undefined) {
    throw unusable(path, "it was not made by pgstep or pg_dump -Fc", "Name a file that pgstep backup --list shows.");
  }
  if (head.format !== 1 && head.format !== 2) {
    throw unusable(path, "a newer version of pgstep made it", "Update pgstep, or restore it with psql.");
  }
  const tables = readTail(lastLine(store.read(path)))?.tables;
  if (!tables) throw unusable(path, "its end is missing", OTHER);
  const found = [...copiedTables(store.read(path))];
  for (const table of tables) {
    const inFile = found.find(({ name }) => name.startsWith(`${table.name} (`));
    if (inFile?.rows !== table.rows || inFile.checksum !== table.checksum) {
      throw unusable(path, `the rows of ${table.name} do not match the recorded count and checksum`, OTHER);
    }
  }
  return { path, databaseName: head.database, createdAt: head.createdAt, head, tables, close: () => {} };
}

async function openArchive(
  store: BackupTools["store"],
  path: string,
  program: DumpProgram | undefined,
): Promise<BackupScript> {
  if (!program) {
    throw unusable(
      path,
      "it needs pg_restore, which was not found",
      "Install PostgreSQL's client programs, or name one: --pg-dump <path>.",
    );
  }
  const about = (await program.list(path)).join("\n");
  const script = `${path}.restore.part`;
  store.remove(script);
  try {
    store.create(script).close();
    await program.script(path, script);
    const tables = [...copiedTables(store.read(script))];
    return {
      path: script,
      databaseName: /^;\s+dbname: (.*)$/m.exec(about)?.[1] ?? "",
      createdAt:
        readBackupName(path.slice(path.lastIndexOf("/") + 1))?.time ??
        /^; Archive created at (.*)$/m.exec(about)?.[1] ??
        "",
      head: undefined,
      tables,
      close: () => store.remove(script),
    };
  } catch (error) {
    store.remove(script);
    throw error;
  }
}

function firstBytes(parts: Iterable<Uint8Array>, path: string): Buffer {
  try {
    for (const part of parts) return Buffer.from(part);
    return Buffer.alloc(0);
  } catch (cause) {
    const reason = systemCode(cause)?.startsWith("E") ? systemWords(cause, "file") : "it is damaged";
    throw unusable(path, reason, "Name a file that pgstep backup --list shows.", cause);
  }
}

function textOfStart(store: BackupTools["store"], path: string): string {
  const parts: Buffer[] = [];
  for (const part of store.read(path)) {
    parts.push(Buffer.from(part));
    if (part.includes(LINE_FEED)) break;
  }
  return Buffer.concat(parts).toString();
}

/** Keeps no more than one line in memory. */
function lastLine(parts: Iterable<Uint8Array>): string {
  let line = Buffer.alloc(0);
  for (const part of parts) {
    const before = part.lastIndexOf(LINE_FEED, part.length - 2);
    // The file ends with a line feed, which may arrive as a separate part.
    line = before === -1 ? Buffer.concat([line, part]) : Buffer.from(part.subarray(before + 1));
  }
  return line.toString();
}

const LINE_FEED = 10;
const OTHER = "Use another backup: pgstep backup --list.";

function unusable(path: string, reason: string, hint: string, cause?: unknown): Failure {
  return new Failure("backup-unusable", `Cannot restore ${path}: ${reason}`, { hint, cause });
}
