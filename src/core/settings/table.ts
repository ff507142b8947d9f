import { LAYOUTS } from "../layout/layout.ts";
import { BACKUP_SETTINGS } from "./backup-settings.ts";
import { CHECK_SETTINGS } from "./check-settings.ts";
import { hookCommands } from "./hook-commands-kind.ts";
import {
  choice,
  command,
  databaseUrl,
  duration,
  environmentName,
  identifier,
  type Kind,
  onOrOff,
  path,
} from "./kinds.ts";
import { LOCK_SETTINGS } from "./lock-settings.ts";
import { OUTPUT_SETTINGS } from "./output-settings.ts";
import { placeholderValues } from "./placeholder-kind.ts";
import { SCHEMA_SETTINGS } from "./schema-settings.ts";
import type { Setting } from "./setting.ts";
import { SHADOW_SETTINGS } from "./shadow-settings.ts";

/** NAMEDATALEN - 1. */
const MAX_IDENTIFIER_BYTES = 63;
/** pgstep's other tables are named after the history table. */
const LONGEST_SUFFIX = "_steps";

/**
 * Every setting, defined once: the order of the sources, help, the JSON schema, the reference and `pgstep config`
 * follow from it. The names are those of the library's options, in the order of help and reference.
 */
export const SETTINGS = {
  url: {
    kind: databaseUrl,
    flag: "url",
    variables: ["PGSTEP_URL", "DATABASE_URL"],
    // Other libpq variables (PGUSER, PGSSLMODE) are often set globally: they do not name a database.
    parts: ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"],
    key: "url",
    summary: "the database: postgres://user@host/database, pglite:<directory> or pglite:memory",
    everywhere: true,
    locates: "database",
  },
  passwordFile: {
    kind: path("file"),
    flag: "password-file",
    variables: ["PGSTEP_PASSWORD_FILE"],
    key: "passwordFile",
    summary: "a file that contains only the password",
    everywhere: true,
    locates: "database",
  },
  passwordCommand: {
    kind: command,
    flag: "password-command",
    variables: ["PGSTEP_PASSWORD_COMMAND"],
    summary: "a command that prints the password; no shell reads it",
    everywhere: true,
    locates: "database",
  },
  directory: {
    kind: path("directory"),
    flag: "dir",
    variables: ["PGSTEP_DIR"],
    key: "directory",
    default: "database/migrations",
    summary: "directory of the migrations",
    everywhere: true,
    locates: "files",
  },
  layout: {
    kind: choice("format", ["auto", ...LAYOUTS]),
    flag: "layout",
    variables: ["PGSTEP_LAYOUT"],
    key: "layout",
    default: "auto",
    summary: "format of the migrations directory: pgstep's own, or another tool's",
    everywhere: true,
    locates: "files",
  },
  repeatableDirectory: {
    kind: path("directory"),
    flag: "repeatable-dir",
    variables: ["PGSTEP_REPEATABLE_DIR"],
    key: "repeatableDirectory",
    summary: "directory of the repeatable migrations; default: repeatable next to the migrations",
    locates: "files",
  },
  hooksDirectory: {
    kind: path("directory"),
    flag: "hooks-dir",
    variables: ["PGSTEP_HOOKS_DIR"],
    key: "hooksDirectory",
    summary: "directory of the hooks; default: hooks next to the migrations",
    locates: "files",
  },
  hooks: {
    kind: hookCommands,
    flag: "hooks",
    variables: ["PGSTEP_HOOKS"],
    key: "hooks",
    summary: "commands to run as hooks",
  },
  hookFailure: {
    kind: choice("what", ["stop", "warn"]),
    flag: "hook-failure",
    variables: ["PGSTEP_HOOK_FAILURE"],
    key: "hookFailure",
    default: "stop",
    summary: "what happens to the run when a hook fails",
  },
  schema: {
    kind: identifier(MAX_IDENTIFIER_BYTES),
    flag: "schema",
    variables: ["PGSTEP_SCHEMA"],
    key: "schema",
    isSent: true,
    default: "public",
    summary: "schema of the history table",
    everywhere: true,
    locates: "database",
  },
  table: {
    kind: identifier(MAX_IDENTIFIER_BYTES - LONGEST_SUFFIX.length),
    flag: "table",
    variables: ["PGSTEP_TABLE"],
    key: "table",
    isSent: true,
    default: "schema_migrations",
    summary: "name of the history table",
    everywhere: true,
    locates: "database",
  },
  environment: {
    kind: environmentName,
    flag: "env",
    variables: ["PGSTEP_ENV"],
    key: "environment",
    outsideSections: true,
    summary: "the environment, e.g. production",
    everywhere: true,
    locates: "files",
  },
  readOnly: {
    kind: onOrOff,
    flag: "read-only",
    variables: ["PGSTEP_READ_ONLY"],
    key: "readOnly",
    ofProgram: true,
    default: "false",
    summary: "refuse every command that changes a database or its history",
    everywhere: true,
  },
  envFile: {
    kind: path("file"),
    flag: "env-file",
    // Node itself opens the file of every --env-file on its command line, and exits if it is missing.
    otherFlag: "dotenv",
    variables: ["PGSTEP_ENV_FILE"],
    early: true,
    summary: "a file of NAME=value lines that are read as environment variables",
    everywhere: true,
    locates: "files",
  },
  config: {
    kind: path("file"),
    flag: "config",
    variables: ["PGSTEP_CONFIG"],
    early: true,
    summary: "the project file, instead of the nearest pgstep.json or package.json",
    everywhere: true,
    locates: "files",
  },
  waitMs: {
    kind: duration,
    flag: "wait",
    variables: ["PGSTEP_WAIT"],
    key: "wait",
    ofProgram: true,
    summary: "wait up to this long for the database to accept connections",
    everywhere: true,
  },
  ...SHADOW_SETTINGS,
  seedsDirectory: {
    kind: path("directory"),
    flag: "seeds-dir",
    variables: ["PGSTEP_SEEDS_DIR"],
    key: "seedsDirectory",
    summary: "directory of the seeds; default: seeds next to the migrations",
    locates: "files",
  },
  placeholders: {
    kind: placeholderValues,
    flag: "set",
    variables: ["PGSTEP_SET"],
    variablesBeginWith: "PGSTEP_PLACEHOLDER_",
    key: "placeholders",
    summary: "placeholder values, for files with a Placeholders header",
    note: "each also as PGSTEP_PLACEHOLDER_<NAME>",
  },
  ...LOCK_SETTINGS,
  ...BACKUP_SETTINGS,
  ...SCHEMA_SETTINGS,
  ...CHECK_SETTINGS,
  ...OUTPUT_SETTINGS,
} as const satisfies Readonly<Record<string, Setting>>;

export type { Setting } from "./setting.ts";

export type SettingName = keyof typeof SETTINGS;

/** The value of each setting, merged from all sources. */
export type SettingValues = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

type ValueOf<Row extends Setting> =
  Row["kind"] extends Kind<infer Value>
    ? Row extends { readonly default: string }
      ? Value
      : Value | undefined
    : never;

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** The setting, with the type of any setting. */
export function settingOf(name: SettingName): Setting {
  return SETTINGS[name];
}

/** Its key in the project file, or the key it would have. */
export function keyOf(name: SettingName): string {
  const { key, flag } = settingOf(name);
  return key ?? flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
