import { BACKUP_OCCASIONS, VERIFICATIONS } from "../backup/backup-file.ts";
import { choice, onOrOff, path, size, text, wholeNumber } from "./kinds.ts";
import type { Setting } from "./setting.ts";

/** The settings of backups. */
export const BACKUP_SETTINGS = {
  backup: {
    kind: choice("when", BACKUP_OCCASIONS),
    flag: "backup-when",
    variables: ["PGSTEP_BACKUP"],
    key: "backup",
    ofProgram: true,
    default: "automatic",
    summary: "when a run makes a backup first",
    note: "only before data is destroyed",
    shorthands: [
      { flag: "backup", value: "always", summary: "make a backup of the whole database first" },
      { flag: "no-backup", value: "never", summary: "make no backup, even if data is destroyed" },
    ],
  },
  backupDirectory: {
    kind: path("directory"),
    flag: "backup-dir",
    variables: ["PGSTEP_BACKUP_DIR"],
    key: "backupDirectory",
    ofProgram: true,
    default: ".pgstep/backups",
    summary: "directory of the backups",
  },
  backupKeep: {
    kind: wholeNumber,
    flag: "keep",
    variables: ["PGSTEP_BACKUP_KEEP"],
    key: "backupKeep",
    ofProgram: true,
    default: "5",
    summary: "how many automatic backups of a database to keep, removing older ones",
  },
  backupLimit: {
    kind: size,
    flag: "backup-limit",
    variables: ["PGSTEP_BACKUP_LIMIT"],
    key: "backupLimit",
    ofProgram: true,
    default: "100MB",
    summary: "the size of tables above which a run warns instead of backing them up",
  },
  backupVerify: {
    kind: choice("how", VERIFICATIONS),
    flag: "verify",
    variables: ["PGSTEP_BACKUP_VERIFY"],
    key: "backupVerify",
    ofProgram: true,
    default: "contents",
    summary: "how a backup is verified",
    note: "full: restored into the shadow database as well",
  },
  backupGzip: {
    kind: onOrOff,
    flag: "gzip",
    variables: ["PGSTEP_BACKUP_GZIP"],
    key: "backupGzip",
    ofProgram: true,
    default: "false",
    summary: "compress backups; the custom format of --pg-dump always is",
  },
  pgDump: {
    kind: text("program"),
    flag: "pg-dump",
    variables: ["PGSTEP_PG_DUMP"],
    key: "pgDump",
    ofProgram: true,
    summary: "a pg_dump that backs up whole databases in its custom format",
    note: "with pg_restore next to it",
  },
} as const satisfies Readonly<Record<string, Setting>>;
