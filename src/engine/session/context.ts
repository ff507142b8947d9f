import type { Settings } from "../../core/configuration/settings.ts";
import type { EventListener } from "../../core/reports/event.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { Clock } from "../../ports/clock.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { Programs } from "../../ports/programs.ts";
import type { SchemaDump } from "../../ports/schema-dump.ts";
import type { Database } from "../../ports/session.ts";
import type { SqlParser } from "../../ports/sql-parser.ts";
import type { StatementWatch } from "./statement-watch.ts";

/** The dependencies of every engine command. */
export interface Context {
  readonly settings: Settings;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly emit: EventListener;
  /** An environment variable that a file names; absent where a file must not read any. */
  readonly variable?: (name: string) => string | undefined;
  /** Aborted when the user wants to stop; its reason is "interrupt" or "terminate". */
  readonly signal: AbortSignal;
  /** Recorded with each step. */
  readonly toolVersion: string;
  /** Starts hooks that are commands; absent if none can be started. */
  readonly programs?: Programs;
  /** Loads PostgreSQL's parser, once; undefined if this copy of pgstep lacks its files. */
  readonly sqlParser?: () => Promise<SqlParser | undefined>;
  /** Loads pg_dump, once; only the calling program's context may lack it. */
  readonly schemaDump?: () => Promise<SchemaDump>;
  /** The place in the project file that names the command hooks; undefined if the user named them. */
  readonly hooksNamedIn?: string | undefined;
  /** True for a trial run on a private database: no hooks run. */
  readonly isRehearsal?: true;
  /** Watches the statements of a trial run. */
  readonly watch?: StatementWatch;
  /** True for a statement of a file that a trial run does not send. */
  readonly leavesOut?: (statement: Statement, path: string) => boolean;
}

/** A context with a database to work on. */
export interface DatabaseContext extends Context {
  readonly database: Database;
  /** The path of the project's file that has prepared a shadow database. */
  readonly preparedBy?: string | undefined;
}
