/** One table in a backup. */
export interface BackedUpTable {
  /** Schema-qualified and quoted. */
  readonly name: string;
  readonly rows: number;
  /** SHA-256 (hex) of the rows in COPY format. */
  readonly checksum: string;
}

/** "sql": SQL written by pgstep. "custom": pg_dump's custom format. */
export type BackupKind = "sql" | "custom";

/** "contents" checks the rows in the backup; "full" also restores it into another database. */
export const VERIFICATIONS = ["contents", "full"] as const;
export type Verification = (typeof VERIFICATIONS)[number];

/** When a run makes a backup: before steps that destroy data, before every run, or never. */
export const BACKUP_OCCASIONS = ["automatic", "always", "never"] as const;
export type BackupOccasion = (typeof BACKUP_OCCASIONS)[number];

/** "automatic": made by a run. "manual": made by the command `backup`. */
export const BACKUP_ORIGINS = ["automatic", "manual"] as const;
export type BackupOrigin = (typeof BACKUP_ORIGINS)[number];

/** The parts of a backup's file name. */
export interface BackupName {
  readonly database: string;
  /** The newest applied version, "0" for none. */
  readonly version: string;
  /** UTC, as in `2026-01-31T120000.000Z`. */
  readonly time: string;
  readonly kind: BackupKind;
  /** Undefined for a file of a version that did not write it into the name. */
  readonly origin: BackupOrigin | undefined;
}

export interface BackupEntry extends BackupName {
  readonly path: string;
  readonly bytes: number;
}

/** `app-012-20260131T120000123Z-manual.sql`; characters of the database name that some file systems reject become %hh. */
export function backupFileName(
  name: Omit<BackupName, "time"> & { readonly origin: BackupOrigin },
  time: Date,
  compressed: boolean,
): string {
  const database = encodeURIComponent(name.database).replace(/[!'()*~]/g, percent);
  const stamp = time.toISOString().replace(/[-:.]/g, "");
  const ending = name.kind === "custom" ? "dump" : compressed ? "sql.gz" : "sql";
  return `${database}-${name.version}-${stamp}-${name.origin}.${ending}`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

const NAME = /^(.+)-(\d+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z(?:-(automatic|manual))?\.(sql|sql\.gz|dump)$/;

/** Undefined for a file name that is not a backup's. */
export function readBackupName(fileName: string): BackupName | undefined {
  const [, database, version, year, month, day, hour, minute, second, milliseconds, origin, ending] =
    NAME.exec(fileName) ?? [];
  if (database === undefined || version === undefined) return undefined;
  try {
    return {
      database: decodeURIComponent(database),
      version,
      time: `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`,
      kind: ending === "dump" ? "custom" : "sql",
      origin: origin as BackupOrigin | undefined,
    };
  } catch {
    return undefined;
  }
}

const UNFINISHED = /^(.+?\.(?:sql|sql\.gz|dump))(?:\.restore)?\.part(?:\.|$)/;

/** The database of an unfinished backup or restore file; undefined for every other file. */
export function unfinishedDatabase(fileName: string): string | undefined {
  return readBackupName(UNFINISHED.exec(fileName)?.[1] ?? "")?.database;
}

/** The database's automatic backups apart from the newest `keep`; these may be deleted. */
export function backupsToRemove(
  entries: readonly BackupEntry[],
  database: string,
  keep: number,
): readonly BackupEntry[] {
  const own = entries.filter((entry) => entry.database === database && entry.origin === "automatic");
  return [...own].sort((one, other) => (one.time < other.time ? 1 : -1)).slice(keep);
}

/** The first line of an SQL backup. */
export interface BackupHead {
  /** 1: until version 0.1, always for tables of a database that has everything else. 2: the present one. */
  readonly format: 1 | 2;
  readonly database: string;
  readonly createdAt: string;
  readonly version: string;
  /** "all": restores into an empty database. "tables": replaces the tables of a database that has everything else. */
  readonly scope: "all" | "tables";
  readonly tables: readonly string[];
  /** Versions in the history when the backup was made. */
  readonly history: readonly string[];
  /** Versions that stay in the history after a restore: the same run applied them before it destroyed data. */
  readonly kept: readonly string[];
}

/** The last line of an SQL backup; without it the backup is incomplete. */
export interface BackupTail {
  readonly tables: readonly BackedUpTable[];
}

const HEAD = "-- pgstep backup ";
const TAIL = "-- pgstep end ";

/** One line of ASCII, whatever the names contain. */
export function headLine(head: BackupHead): string {
  return HEAD + asciiJson(head);
}

export function tailLine(tail: BackupTail): string {
  return TAIL + asciiJson(tail);
}

/** Undefined if the text does not start like a pgstep backup. */
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
