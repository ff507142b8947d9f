import { parseDuration } from "./duration.ts";
import { Failure } from "./error.ts";
import { DEFAULT_SETTINGS, type Settings } from "./settings.ts";

/** Settings that somebody gave by name, on the command line or to the library's constructor. */
export interface GivenSettings {
  readonly url?: string | undefined;
  readonly directory?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly environment?: string | undefined;
  readonly lockWaitMs?: number | undefined;
  readonly lockTimeoutMs?: number | undefined;
  readonly retryMs?: number | undefined;
}

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface MergedSettings {
  readonly settings: Settings;
  /** Undefined when only DATABASE_URL or PG* variables, or nothing, tell of the database. */
  readonly url: string | undefined;
}

/**
 * What was given, else PGSTEP_* variables, else the defaults. A variable that is empty counts as not set; a given
 * value that is empty is an error, since most often it is a shell variable that turned out empty.
 * @throws Failure settings
 */
export function mergeSettings(given: GivenSettings, variables: Variables): MergedSettings {
  const schema = pick(given.schema, "schema", variables.PGSTEP_SCHEMA) ?? DEFAULT_SETTINGS.schema;
  const table = pick(given.table, "table", variables.PGSTEP_TABLE) ?? DEFAULT_SETTINGS.table;
  const environment = pick(given.environment, "environment", variables.PGSTEP_ENV);
  checkIdentifier("schema", schema, MAX_IDENTIFIER_BYTES);
  checkIdentifier("table", table, MAX_IDENTIFIER_BYTES - LONGEST_SUFFIX.length);
  if (environment !== undefined && /[\s,]/.test(environment)) {
    throw new Failure("settings", `Cannot use environment "${environment}": it is more than one word`, {
      hint: "Name one environment, e.g. --env production.",
    });
  }
  return {
    url: pick(given.url, "url", variables.PGSTEP_URL || variables.DATABASE_URL),
    settings: {
      ...DEFAULT_SETTINGS,
      directory: pick(given.directory, "directory", variables.PGSTEP_DIR) ?? DEFAULT_SETTINGS.directory,
      schema,
      table,
      environment,
      lockWaitMs: given.lockWaitMs ?? durationOf(variables, "PGSTEP_LOCK_WAIT") ?? DEFAULT_SETTINGS.lockWaitMs,
      lockTimeoutMs:
        given.lockTimeoutMs ?? durationOf(variables, "PGSTEP_LOCK_TIMEOUT") ?? DEFAULT_SETTINGS.lockTimeoutMs,
      retryMs: given.retryMs ?? durationOf(variables, "PGSTEP_RETRY_FOR") ?? DEFAULT_SETTINGS.retryMs,
    },
  };
}

/** The failure of a command that needs a database when nothing names one. */
export function noDatabaseNamed(): Failure {
  return new Failure("settings", "Cannot choose a database: no URL is given", {
    hint:
      "Name a server with --url postgres://user@host/database or DATABASE_URL, " +
      "or use the embedded database with --url pglite:./data.",
  });
}

function pick(given: string | undefined, name: string, variable: string | undefined): string | undefined {
  if (given === "") {
    throw new Failure("settings", `Cannot use the ${name} that is given: it is empty`, {
      hint: "Give it a value, or leave it out.",
    });
  }
  return given ?? (variable || undefined);
}

/** NAMEDATALEN - 1: PostgreSQL cuts longer names without saying so. */
const MAX_IDENTIFIER_BYTES = 63;

/** pgstep's further tables are named after the history table. */
const LONGEST_SUFFIX = "_steps";

function checkIdentifier(kind: string, name: string, maxBytes: number): void {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes <= maxBytes && !name.includes("\0")) return;
  throw new Failure("settings", `Cannot use ${kind} ${name}: a name may have at most ${maxBytes} bytes here`, {
    hint: `Choose a shorter one with --${kind}.`,
  });
}

function durationOf(variables: Variables, name: string): number | undefined {
  const text = variables[name];
  if (!text) return undefined;
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return durationMs;
  throw new Failure("settings", `Cannot use ${name}=${text}: it is not a duration`, {
    hint: "Write it like 500ms, 30s or 5m; 0 means no time at all for waiting, and for ever for a timeout.",
  });
}
