/** One table in a backup. */
export interface BackedUpTable {
  /** Quoted and with its schema. */
  readonly name: string;
  readonly rows: number;
  /** SHA-256 in hex of its rows as COPY gives them. */
  readonly checksum: string;
}

/** How a backup is written: by pgstep, as SQL, or by pg_dump, in its custom format. */
export type BackupKind = "sql" | "custom";

/** How much of a backup is verified: what is in it, or by restoring it elsewhere as well. */
export const VERIFICATIONS = ["contents", "full"] as const;
export type Verification = (typeof VERIFICATIONS)[number];

/** When a run makes a backup: before what destroys data, before anything, or never. */
export const BACKUP_OCCASIONS = ["automatic", "always", "never"] as const;
export type BackupOccasion = (typeof BACKUP_OCCASIONS)[number];

/** What the name of a backup tells. */
export interface BackupName {
  readonly database: string;
  /** The newest applied version, "0" for none. */
  readonly version: string;
  /** UTC, as in `2026-01-31T120000.000Z`. */
  readonly time: string;
  readonly kind: BackupKind;
}

export interface BackupEntry extends BackupName {
  readonly path: string;
  readonly bytes: number;
}

/** `app-012-20260131T120000123Z.sql`; bytes of the database's name that not every disk takes are written as %hh. */
export function backupFileName(name: Omit<BackupName, "time">, time: Date, compressed: boolean): string {
  const database = encodeURIComponent(name.database).replace(/[!'()*~]/g, percent);
  const stamp = time.toISOString().replace(/[-:.]/g, "");
  const ending = name.kind === "custom" ? "dump" : compressed ? "sql.gz" : "sql";
  return `${database}-${name.version}-${stamp}.${ending}`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

const NAME = /^(.+)-(\d+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z\.(sql|sql\.gz|dump)$/;

/** Undefined for a file whose name is not one that pgstep gives. */
export function readBackupName(fileName: string): BackupName | undefined {
  const [, database, version, year, month, day, hour, minute, second, milliseconds, ending] = NAME.exec(fileName) ?? [];
  if (database === undefined || version === undefined) return undefined;
  try {
    return {
      database: decodeURIComponent(database),
      version,
      time: `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`,
      kind: ending === "dump" ? "custom" : "sql",
    };
  } catch {
    return undefined;
  }
}

const UNFINISHED = /^(.+?\.(?:sql|sql\.gz|dump))(?:\.restore)?\.part(?:\.|$)/;

/** The database of a file that a backup or a restore works with; undefined for every other file. */
export function unfinishedDatabase(fileName: string): string | undefined {
  return readBackupName(UNFINISHED.exec(fileName)?.[1] ?? "")?.database;
}

/** The backups of a database beyond the newest so many, which may go. */
export function superfluous(entries: readonly BackupEntry[], database: string, keep: number): readonly BackupEntry[] {
  const own = entries.filter((entry) => entry.database === database);
  return [...own].sort((one, other) => (one.time < other.time ? 1 : -1)).slice(keep);
}

/** What the first line of a backup in SQL tells. */
export interface BackupHead {
  readonly format: 1;
  readonly database: string;
  readonly createdAt: string;
  readonly version: string;
  /** Whether it is of all tables, or of those that a run touches. */
  readonly scope: "all" | "tables";
  readonly tables: readonly string[];
  /** Versions of the history at that time. */
  readonly history: readonly string[];
  /** Versions that stay in the history when it is put back: applied by the same run, before anything was destroyed. */
  readonly kept: readonly string[];
}

/** What its last line tells: a backup without it is not whole. */
export interface BackupTail {
  readonly tables: readonly BackedUpTable[];
}

const HEAD = "-- pgstep backup ";
const TAIL = "-- pgstep end ";

/** All ASCII and on one line, whatever names are in it. */
export function headLine(head: BackupHead): string {
  return HEAD + asciiJson(head);
}

export function tailLine(tail: BackupTail): string {
  return TAIL + asciiJson(tail);
}

/** Undefined when the text does not begin as a backup of pgstep's does. */
export function readHead(text: string): BackupHead | undefined {
  return readLine<BackupHead>(text.slice(0, text.indexOf("\n")), HEAD);
}

export function readTail(text: string): BackupTail | undefined {
  return readLine<BackupTail>(text.trimEnd().split("\n").at(-1) ?? "", TAIL);
}

function readLine<Value>(line: string, mark: string): Value | undefined {
  if (!line.startsWith(mark)) return undefined;
  try {
    return JSON.parse(line.slice(mark.length)) as Value;
  } catch {
    return undefined;
  }
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
