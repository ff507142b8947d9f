import postgres from "postgres";
import type { ServerMessage } from "../../core/failure/failure.ts";
import { DriverSocket } from "./driver-socket.ts";
import { PostgresSession, type SessionSettings } from "./postgres-session.ts";
import type { Wire } from "./wire.ts";

/** The connection attempt ended before the backend was ready. */
export class StartupRefused extends Error {
  override readonly name = "StartupRefused";
  /** The server's error; undefined if the connection just ended. */
  readonly server: ServerMessage | undefined;
  readonly passwordAsked: boolean;
  constructor(server: ServerMessage | undefined, passwordAsked: boolean, cause: Error | undefined) {
    super(server?.message ?? cause?.message ?? "the connection was closed", { cause });
    this.server = server;
    this.passwordAsked = passwordAsked;
  }
}

/**
 * Logs in over a connected wire and returns the session.
 * @throws StartupRefused if the server refuses or the wire closes first; destroying the wire ends the attempt.
 */
export async function openSession(wire: Wire, settings: SessionSettings): Promise<PostgresSession> {
  let session: PostgresSession | undefined;
  let isReady = () => {};
  let hasClosed = (_error: Error | undefined) => {};
  const ready = new Promise<void>((resolve, reject) => {
    isReady = resolve;
    hasClosed = (error) => reject(new StartupRefused(socket.lastWord, socket.passwordAsked, error));
  });
  const socket = new DriverSocket(wire, {
    ready: () => isReady(),
    notice: (notice, answered) => session?.noticed(notice, answered),
    closed: (error) => (session ? session.lost(error) : hasClosed(error)),
  });
  const sql = connectDriver(socket, settings);
  const reserving = sql.reserve();
  reserving.catch(() => {});
  await ready;
  session = new PostgresSession(await reserving, socket, settings);
  return session;
}

/**
 * The driver on our socket, with all options set: the driver would read missing ones from the environment. It prefers
 * PGTARGETSESSIONATTRS even to an explicit undefined, so the options are completed in two steps.
 */
function connectDriver(socket: DriverSocket, settings: SessionSettings): postgres.Sql {
  let connected = false;
  const options = {
    host: "wire",
    port: 0,
    user: settings.user,
    database: settings.database,
    pass: settings.password ?? "",
    connection: settings.startup,
    max: 1,
    max_lifetime: null,
    max_pipeline: Number.MAX_SAFE_INTEGER,
    idle_timeout: 0,
    connect_timeout: 0,
    keep_alive: null,
    backoff: () => 0,
    prepare: false,
    fetch_types: false,
    ssl: false,
    debug: false,
    no_subscribe: true,
    onnotice: () => {},
    socket: () => {
      if (connected) throw new Error("the connection was closed");
      connected = true;
      return socket;
    },
  };
  const complete: object = postgres({ ...options, target_session_attrs: "read-write" }).options;
  return postgres({ ...complete, target_session_attrs: undefined });
}
