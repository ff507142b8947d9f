/* Made by `npm run docs` from the table of settings. */
import type { SettingValues } from "../settings/table.ts";

type Given<Name extends keyof SettingValues> = Exclude<SettingValues[Name], undefined>;

/** Settings as options of the library. A missing one comes from its variable, or has its default. */
export interface GivenSettings {
  /**
   * The database: postgres://user@host/database, pglite:<directory> or pglite:memory. Variables: PGSTEP_URL,
   * DATABASE_URL.
   */
  readonly url?: Given<"url">;
  /** A file that contains only the password. Variable: PGSTEP_PASSWORD_FILE. */
  readonly passwordFile?: Given<"passwordFile">;
  /** A command that prints the password; no shell reads it. Variable: PGSTEP_PASSWORD_COMMAND. */
  readonly passwordCommand?: Given<"passwordCommand">;
  /** Directory of the migrations. Default: "database/migrations". Variable: PGSTEP_DIR. */
  readonly directory?: Given<"directory">;
  /**
   * Format of the migrations directory: pgstep's own, or another tool's. One of auto, pgstep, golang-migrate, goose,
   * dbmate, flyway, sqlx, prisma, diesel. Default: "auto". Variable: PGSTEP_LAYOUT.
   */
  readonly layout?: Given<"layout">;
  /**
   * Directory of the repeatable migrations. Default: repeatable next to the migrations. Variable:
   * PGSTEP_REPEATABLE_DIR.
   */
  readonly repeatableDirectory?: Given<"repeatableDirectory">;
  /** Directory of the hooks. Default: hooks next to the migrations. Variable: PGSTEP_HOOKS_DIR. */
  readonly hooksDirectory?: Given<"hooksDirectory">;
  /** Commands to run as hooks. Variable: PGSTEP_HOOKS. */
  readonly hooks?: Given<"hooks">;
  /** What happens to the run when a hook fails. One of stop, warn. Default: "stop". Variable: PGSTEP_HOOK_FAILURE. */
  readonly hookFailure?: Given<"hookFailure">;
  /** Schema of the history table. Default: "public". Variable: PGSTEP_SCHEMA. */
  readonly schema?: Given<"schema">;
  /** Name of the history table. Default: "schema_migrations". Variable: PGSTEP_TABLE. */
  readonly table?: Given<"table">;
  /** The environment, e.g. production. Variable: PGSTEP_ENV. */
  readonly environment?: Given<"environment">;
  /** A file of NAME=value lines that are read as environment variables. */
  readonly envFile?: Given<"envFile">;
  /** The project file. Default: none. */
  readonly config?: Given<"config">;
  /** Directory of the seeds. Default: seeds next to the migrations. Variable: PGSTEP_SEEDS_DIR. */
  readonly seedsDirectory?: Given<"seedsDirectory">;
  /**
   * Placeholder values, for files with a Placeholders header. Each also as PGSTEP_PLACEHOLDER_<NAME>. Variable:
   * PGSTEP_SET.
   */
  readonly placeholders?: Given<"placeholders">;
  /** How long to wait for another run to end, in milliseconds. Default: 300000. Variable: PGSTEP_LOCK_WAIT. */
  readonly lockWaitMs?: Given<"lockWaitMs">;
  /**
   * How long a statement may wait for a table lock before pgstep retries, in milliseconds. 0 for no limit. Default:
   * 5000. Variable: PGSTEP_LOCK_TIMEOUT.
   */
  readonly lockTimeoutMs?: Given<"lockTimeoutMs">;
  /**
   * How long to retry after a lock timeout or deadlock, in milliseconds. Default: 300000. Variable: PGSTEP_RETRY_FOR.
   */
  readonly retryMs?: Given<"retryMs">;
}
