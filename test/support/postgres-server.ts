import { type ChildProcess, execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import postgres from "postgres";
import { atEnd } from "./at-end.ts";
import { type Major, postgresBinaries, type ServerUser, serverUser } from "./postgres-binaries.ts";
import {
  end,
  exited,
  launchPostmaster,
  postmasterPid,
  randomPort,
  START_TIMEOUT_MS,
  type StopMode,
  watchdog,
} from "./postgres-process.ts";
import { copyData } from "./standby.ts";
import { untilTrue } from "./until.ts";

export type { StopMode } from "./postgres-process.ts";

export interface ServerOptions {
  /** PostgreSQL major version; 18 when absent. */
  readonly major?: Major;
  /** postgresql.conf settings beside those that make tests fast. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of pg_hba.conf; everyone is trusted when absent. */
  readonly authentication?: string;
  /** Further files of the data directory (certificates and keys), readable by the server alone. */
  readonly files?: Readonly<Record<string, string>>;
  /** Makes it a standby of this server, of the same major, whose data it begins with. */
  readonly standbyOf?: PostgresServer;
  /** The directory that all of it, data included, must lie in; without it the data is in memory where there is room. */
  readonly place?: string;
}

export type Rows = Record<string, unknown>[];

/** A running PostgreSQL server of our own. */
export interface PostgresServer {
  readonly major: Major;
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Holds the Unix socket. */
  readonly socketDirectory: string;
  readonly superuser: "postgres";
  /** Process id of the postmaster; another one after `restart`. */
  readonly pid: number;
  url(database: string, user?: string, password?: string): string;
  /** Makes a database of a name never used before, from template0 with UTF8 and C.UTF-8, and runs `sql` in it. */
  createDatabase(sql?: string): Promise<{ name: string; url: string }>;
  /**
   * Copies a database after its connections are closed. The server itself waits for them in 50 pauses, but each DROP
   * DATABASE of another test ends a pause.
   */
  copyDatabase(template: string, name: string): Promise<void>;
  /** The rows of the last statement of `sql`, run as superuser on a connection of its own. */
  query(database: string, sql: string): Promise<Rows>;
  /** Everything the server has logged. */
  log(): string;
  /** Stops it and starts it again on the same port and data. "immediate" is a crash: it recovers when it starts. */
  restart(mode?: StopMode): Promise<void>;
  /** Ends the server and removes its data. Safe to call twice. */
  stop(mode?: StopMode): Promise<void>;
}

/** What another process needs to use a running server. */
export interface ServerAddress {
  readonly major: Major;
  readonly port: number;
  readonly directory: string;
}

const FAST_SETTINGS: Readonly<Record<string, string>> = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "100",
  max_wal_size: "1GB",
  autovacuum: "off",
  listen_addresses: "127.0.0.1",
  log_min_messages: "log",
  lc_messages: "C",
};

/**
 * Starts a server on a free port with a data directory of its own. It ends, and its data goes, when this process does,
 * however that happens.
 */
export async function startPostgres(options: ServerOptions = {}): Promise<PostgresServer> {
  const major = options.major ?? 18;
  const binaries = postgresBinaries(major);
  const user = serverUser();
  const directory = mkdtempSync(join(options.place ?? tmpdir(), "pgstep-server-"));
  chmodSync(directory, 0o755);
  const data = makeDataDirectory(directory, options.place === undefined && hasRoom(MEMORY));
  const guard = watchdog(directory);
  mkdirSync(join(directory, "socket"), { mode: 0o755 });
  for (const owned of [data, join(directory, "socket")]) if (user) chownSync(owned, user.uid, user.gid);
  if (options.standbyOf) await copyData(options.standbyOf, data, user);
  else await initialize(join(binaries, "bin", "initdb"), data, user);
  const add = (name: string, text: string) => {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    if (user) chownSync(join(data, name), user.uid, user.gid);
  };
  for (const [name, text] of Object.entries(options.files ?? {})) add(name, text);
  if (options.authentication !== undefined) add("pg_hba.conf", options.authentication);
  const settings = { ...FAST_SETTINGS, unix_socket_directories: join(directory, "socket"), ...options.settings };
  const launch = (port: number) =>
    launchPostmaster({ binaries, directory, settings: { ...settings, port: `${port}` } });
  let running: ChildProcess | undefined;
  let port = 0;
  for (let attempt = 1; running === undefined; attempt++) {
    port = randomPort();
    running = await launch(port).catch((error: unknown) => {
      if (attempt < 10 && /Address already in use|could not create any TCP/.test(String(error))) return undefined;
      guard.stdin?.end();
      throw error;
    });
  }
  let child = running;
  let stopped: Promise<void> | undefined;
  return {
    ...connections({ major, port, directory }),
    get pid() {
      return child.pid ?? 0;
    },
    async restart(mode = "fast") {
      await end(child, mode);
      child = await launch(port);
    },
    stop(mode = "fast") {
      stopped ??= end(child, mode).then(() => {
        guard.ref();
        guard.stdin?.end();
        return exited(guard);
      });
      return stopped;
    },
  };
}

/** A file system in memory. */
const MEMORY = "/dev/shm";
const ENOUGH_BYTES = 8 * 2 ** 30;

/**
 * In memory where there is room, and then `data` in the directory leads there: a run of all tests makes thousands of
 * databases of hundreds of files, and most of the time of CREATE DATABASE and of their removal is the disk's.
 */
function makeDataDirectory(directory: string, memory: boolean): string {
  const data = join(directory, "data");
  if (!memory) {
    mkdirSync(data, { mode: 0o700 });
    return data;
  }
  const inMemory = mkdtempSync(join(MEMORY, "pgstep-data-"));
  symlinkSync(inMemory, data);
  return inMemory;
}

function hasRoom(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}

async function initialize(initdb: string, data: string, user: ServerUser | undefined): Promise<void> {
  await promisify(execFile)(
    initdb,
    [
      ...["--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"],
      ...["--no-sync", "--no-instructions"],
    ],
    { ...user, cwd: data, timeout: START_TIMEOUT_MS },
  );
}

/** A server that another process started and will stop. */
export function attachToServer(address: ServerAddress): PostgresServer {
  const server = connections(address);
  const refuse = () =>
    Promise.reject(new Error("This server is shared by all test files: start one with startPostgres."));
  const names: string[] = [];
  // The server goes on for other test files; its databases are in memory.
  atEnd(() => dropDatabases(server.socketDirectory, address.port, names));
  return {
    ...server,
    async createDatabase(sql) {
      const made = await server.createDatabase(sql);
      names.push(made.name);
      return made;
    },
    pid: postmasterPid(address.directory),
    restart: refuse,
    stop: refuse,
  };
}

/** The environment variable in which the test runner hands its server of that major to the test files. */
export function sharedServerVariable(major: Major): string {
  return `PGSTEP_TEST_SERVER_${major}`;
}

export function serverAddress(server: PostgresServer): ServerAddress {
  return { major: server.major, port: server.port, directory: join(server.socketDirectory, "..") };
}

const shared = new Map<Major, Promise<PostgresServer>>();

/**
 * The one server of that major for all tests of this process, or of the whole run when the test runner started it.
 * Tests keep apart by a new database each; one that changes the server itself starts its own.
 */
export function sharedServer(major: Major = 18): Promise<PostgresServer> {
  let server = shared.get(major);
  if (!server) {
    const given = process.env[sharedServerVariable(major)];
    server = given ? Promise.resolve(attachToServer(JSON.parse(given) as ServerAddress)) : startPostgres({ major });
    shared.set(major, server);
  }
  return server;
}

/** Best effort: a replication slot, for example, keeps its database. */
async function dropDatabases(socketDirectory: string, port: number, names: readonly string[]): Promise<void> {
  const sql = throughSocket(socketDirectory, port, "postgres");
  for (const name of names) await sql.unsafe(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`).catch(() => {});
  await sql.end({ timeout: 5 });
}

/** The superuser comes through the Unix socket, which the tests of passwords and TLS leave alone. */
function throughSocket(socketDirectory: string, port: number, database: string): postgres.Sql {
  const path = join(socketDirectory, `.s.PGSQL.${port}`);
  return postgres({ path, database, username: "postgres", max: 1, onnotice: () => {} });
}

/** The rows of the last statement of a text that may have had several. */
export function rowsOfLast(result: readonly unknown[]): Rows {
  const last = result.at(-1);
  return (Array.isArray(last) ? [...last] : [...result]) as Rows;
}

/** What needs no more than the server's address. */
function connections({ major, port, directory }: ServerAddress) {
  const url = (database: string, user = "postgres", password?: string) => {
    const secret = password === undefined ? "" : `:${encodeURIComponent(password)}`;
    return `postgres://${encodeURIComponent(user)}${secret}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  };
  const socketDirectory = join(directory, "socket");
  const query = async (database: string, text: string): Promise<Rows> => {
    const sql = throughSocket(socketDirectory, port, database);
    try {
      return rowsOfLast(await sql.unsafe(text));
    } finally {
      await sql.end({ timeout: 5 });
    }
  };
  let databases = 0;
  // By itself, 15 and newer write each page to the log as well, which takes twice as long.
  const strategy = major >= 15 ? " STRATEGY FILE_COPY" : "";
  return {
    major,
    host: "127.0.0.1" as const,
    port,
    socketDirectory,
    superuser: "postgres" as const,
    url,
    query,
    async createDatabase(sql?: string) {
      databases++;
      const name = `test_${process.pid}_${databases}_${Math.random().toString(36).slice(2, 8)}`;
      await query("postgres", `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'${strategy}`);
      if (sql) await query(name, sql);
      return { name, url: url(name) };
    },
    async copyDatabase(template: string, name: string) {
      const open = `SELECT FROM pg_stat_activity WHERE datname = '${template}'`;
      await untilTrue((sql) => query("postgres", sql), `SELECT NOT EXISTS (${open})`);
      await query("postgres", `CREATE DATABASE "${name}" TEMPLATE "${template}"${strategy}`);
    },
    log: () => readFileSync(join(directory, "log"), "utf8"),
  };
}
