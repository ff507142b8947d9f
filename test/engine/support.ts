import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { disk } from "../../src/adapters/files/disk.ts";
import { withParts } from "../../src/adapters/files/file-parts.ts";
import { systemClock } from "../../src/adapters/process/system-clock.ts";
import { openDatabase } from "../../src/adapters/target/open-database.ts";
import { resolveTarget } from "../../src/adapters/target/resolve-target.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../src/core/configuration/settings.ts";
import { Failure, type FailureCode } from "../../src/core/failure/failure.ts";
import type { DownTarget, UpTarget } from "../../src/core/migrations/plan.ts";
import type { Event } from "../../src/core/reports/event.ts";
import type { RunReport, StatusReport, StepOutcome } from "../../src/core/reports/report.ts";
import { migrate, redo, undo } from "../../src/engine/run/migrate.ts";
import type { RunOptions } from "../../src/engine/run/run-plan.ts";
import type { DatabaseContext } from "../../src/engine/session/context.ts";
import { readStatus } from "../../src/engine/verbs/status.ts";
import type { FileSystem } from "../../src/ports/file-system.ts";
import type { Database, Row } from "../../src/ports/session.ts";
import { temporaryPlace, writeFiles } from "../support/place.ts";
import { type PostgresServer, sharedServer } from "../support/postgres-server.ts";
import { untilTrue } from "../support/until.ts";

/** File name to text. */
export type Files = Readonly<Record<string, string>>;

/** One user of pgstep: a database of its own, a directory of migrations, and everything the engine told. */
export interface World {
  readonly database: Database;
  readonly directory: string;
  readonly context: DatabaseContext;
  readonly events: Event[];
  /** Called with each event as it happens. */
  onEvent: (event: Event) => void;
  abort: AbortController;
  /** Writes further files, or the same anew. */
  write(files: Files): void;
  remove(...names: string[]): void;
  up(target?: UpTarget, options?: RunOptions): Promise<RunReport>;
  down(target: DownTarget, options?: RunOptions): Promise<RunReport>;
  redo(count: number, options?: RunOptions): Promise<RunReport>;
  status(): Promise<StatusReport>;
  /** The rows of one query, run beside the engine. */
  rows(sql: string): Promise<Row[]>;
  /** Its first value. */
  value(sql: string): Promise<unknown>;
  /** Recorded versions in the order of their spelling; none while there is no history. */
  history(): Promise<string[]>;
  /** Names of the tables in public that are not pgstep's. */
  tables(): Promise<string[]>;
}

/** A world on a server, whose database can be reached from beside. */
export interface ServerWorld extends World {
  readonly server: PostgresServer;
  readonly databaseName: string;
  readonly url: string;
  /** Another user of the same database and directory, on connections of its own. */
  beside(settings?: Partial<Settings>, options?: { url?: string; fileSystem?: FileSystem }): ServerWorld;
  /** Waits until `sql` gives a true value. */
  until(sql: string): Promise<void>;
}

export interface WorldOptions extends Partial<Settings> {
  readonly major?: 15 | 18;
  /** Run as superuser before anything else. */
  readonly before?: string;
  readonly server?: PostgresServer;
  readonly fileSystem?: FileSystem;
}

/** A new database on the shared server. */
export async function world(files: Files, options: WorldOptions = {}): Promise<ServerWorld> {
  const { major, before, server: given, fileSystem, ...settings } = options;
  const server = given ?? (await sharedServer(major ?? 18));
  const { name, url } = await server.createDatabase(before);
  return serverWorld(server, name, url, temporaryPlace("engine", files), settings, fileSystem);
}

function serverWorld(
  server: PostgresServer,
  databaseName: string,
  url: string,
  directory: string,
  settings: Partial<Settings>,
  fileSystem: FileSystem = disk,
): ServerWorld {
  // As superuser whoever the engine connects as. Ends itself, so that the tests need not.
  const client = postgres(server.url(databaseName), { max: 1, idle_timeout: 0.5, onnotice: () => {} });
  const rows = async (sql: string): Promise<Row[]> => [...(await client.unsafe<Row[]>(sql))];
  return Object.assign(inhabited(open(url), directory, settings, fileSystem, rows), {
    server,
    databaseName,
    url,
    beside: (
      other: Partial<Settings> = {},
      { url: otherUrl = url, fileSystem: otherFiles = fileSystem }: { url?: string; fileSystem?: FileSystem } = {},
    ): ServerWorld => serverWorld(server, databaseName, otherUrl, directory, { ...settings, ...other }, otherFiles),
    until: (sql: string) => untilTrue(rows, sql),
  });
}

/** The embedded database of this process, emptied. Worlds of it must not overlap. */
export async function embeddedWorld(files: Files, settings: Partial<Settings> = {}): Promise<World> {
  embedded ??= open("pglite:memory");
  const database = embedded;
  const rows = async (sql: string) => {
    const session = await database.open();
    try {
      return await session.query(sql);
    } finally {
      await session.close();
    }
  };
  const schemas = await rows(
    "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'",
  );
  for (const { nspname } of schemas) await rows(`DROP SCHEMA "${nspname}" CASCADE`);
  for (const { pubname } of await rows("SELECT pubname FROM pg_publication"))
    await rows(`DROP PUBLICATION "${pubname}"`);
  await rows("CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC");
  return inhabited(database, temporaryPlace("engine", files), settings, disk, rows);
}

let embedded: Database | undefined;

export function open(url: string): Database {
  const target = resolveTarget({ url, environment: {} });
  assert.ok(target);
  return openDatabase(target);
}

function inhabited(
  database: Database,
  directory: string,
  settings: Partial<Settings>,
  fileSystem: FileSystem,
  rows: World["rows"],
): World {
  const events: Event[] = [];
  const used: Settings = { ...DEFAULT_SETTINGS, directory, ...settings };
  const self: World = {
    database,
    directory,
    events,
    onEvent: () => {},
    abort: new AbortController(),
    context: {
      settings: used,
      fileSystem: withParts(fileSystem),
      clock: systemClock,
      emit: (event) => {
        events.push(event);
        self.onEvent(event);
      },
      get signal() {
        return self.abort.signal;
      },
      toolVersion: "test",
      database,
    },
    write: (files) => writeFiles(directory, files),
    remove: (...names) => {
      for (const name of names) rmSync(join(directory, name));
    },
    up: (target = {}, options = {}) => migrate(self.context, target, options),
    down: (target, options = {}) => undo(self.context, target, options),
    redo: (count, options = {}) => redo(self.context, count, options),
    status: () => readStatus(self.context),
    rows,
    value: async (sql) => Object.values((await rows(sql))[0] ?? {})[0],
    async history() {
      const found = await rows(
        `SELECT 1 FROM pg_tables WHERE schemaname = '${used.schema.replaceAll("'", "''")}' AND tablename = '${used.table.replaceAll("'", "''")}'`,
      );
      if (found.length === 0) return [];
      const recorded = await rows(`SELECT version FROM "${used.schema}"."${used.table}" ORDER BY version`);
      return recorded.map((row) => String(row.version));
    },
    async tables() {
      const found = await rows(
        `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT starts_with(tablename, '${used.table}') ORDER BY tablename`,
      );
      return found.map((row) => String(row.tablename));
    },
  };
  return self;
}

/** What is said of each step: "001 applied". */
export function outcomes(report: RunReport): string[] {
  return report.steps.map((step) => `${step.version} ${step.outcome}`);
}

/** Fails with the failure's own words unless the run came through. */
export function succeeded(report: RunReport): RunReport {
  const { failure } = report;
  assert.equal(failure, undefined, failure && `${failure.code}: ${failure.message}\n${failure.hint}`);
  return report;
}

/** The failure in a report, which must have this code. */
export function failureOf(report: RunReport, code: FailureCode): Failure {
  assert.ok(report.failure, `nothing failed: ${outcomes(report).join(", ")}`);
  assert.equal(report.failure.code, code, report.failure.message);
  return report.failure;
}

/** The failure a call was rejected with, which must have this code. */
export async function refusal(promise: Promise<unknown>, code: FailureCode): Promise<Failure> {
  const reason: unknown = await promise.then(
    (value) => assert.fail(`nothing was refused: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!(reason instanceof Failure)) throw reason;
  assert.equal(reason.code, code, reason.message);
  return reason;
}

/** Steps of versions and one outcome, as `outcomes` gives them. */
export function all(versions: readonly string[], outcome: StepOutcome): string[] {
  return versions.map((version) => `${version} ${outcome}`);
}

/** Each entry's version and state, lowest first. */
export async function states(of: World): Promise<string[]> {
  const { entries } = await of.status();
  return entries.map((entry) => `${entry.version} ${entry.state}`);
}

/** A session of its own for what must stay open beside the engine: a lock, a transaction. */
export async function holding<T>(
  of: ServerWorld,
  sql: string,
  work: (release: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const session = await open(of.url).open();
  try {
    await session.execute(sql);
    return await work(() => session.close());
  } finally {
    await session.close();
  }
}

/** Fails when a promise does not settle in time: the engine must never hang. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not end within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** SQL that gives every new session of its database a setting. */
export function databaseSetting(name: string, value: string): string {
  return `DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I SET ${name} = %L', current_database(), '${value}'); END $$;`;
}

/** Ends the backend that runs a query like this, as an administrator or a failover would. */
export async function terminate(of: ServerWorld, queryLike: string): Promise<void> {
  const victims = `FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '${queryLike}'`;
  await of.until(`SELECT count(*) > 0 ${victims}`);
  await of.rows(`SELECT pg_terminate_backend(pid) ${victims}`);
}
