import { isIP } from "node:net";
import { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import type postgres from "postgres";
import { ANY_METHOD } from "../../core/authentication/require-auth.ts";
import {
  type Host,
  isSocketDirectory,
  SERVER_ROLES,
  type ServerRole,
  type ServerTarget,
  type SslMode,
} from "../../core/connection/target.ts";
import { Failure } from "../../core/failure/failure.ts";
import { type Dial, dialsTo } from "../network/dial.ts";
import type { TlsSettings } from "../network/tls.ts";
import { PostgresDatabase } from "./postgres-database.ts";

/**
 * The database of the caller's `postgres` instance, reached with the instance's own settings, password function, TLS
 * options and socket function, on a connection outside its pool. The pool's connections cannot be used for a session:
 * they drop notices, end the process when used after an unnoticed loss, and stop pipelining once the pipeline is full.
 * @throws Failure settings if the value is not such an instance
 */
export function databaseOfDriver(sql: Pick<postgres.Sql, "options">): PostgresDatabase {
  const settings = readSettings(sql);
  const target = driverTarget(settings);
  return new PostgresDatabase(
    target,
    {},
    {
      dials: settings.socket ? async () => [dialWith(sql.options, settings.socket)] : dialsTo,
      tlsAttempts: (_, host) => [driverTls(settings, host)],
    },
  );
}

/** The driver options that are read; its types lack most of them. */
interface DriverSettings {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path: string | undefined;
  readonly user: string;
  readonly database: string;
  readonly pass: unknown;
  readonly ssl: unknown;
  readonly direct: boolean;
  readonly connectTimeoutSeconds: number;
  readonly connection: Readonly<Record<string, unknown>>;
  readonly role: ServerRole;
  readonly socket: ((options: unknown) => unknown) | undefined;
}

function readSettings(sql: Pick<postgres.Sql, "options">): DriverSettings {
  const options: unknown = sql.options;
  if (options === null || typeof options !== "object" || !("host" in options)) {
    throw new Failure("settings", "Cannot use the given sql: it is not an instance of the postgres package", {
      hint: 'Pass what postgres(...) of the package "postgres" returns, or a url.',
    });
  }
  const {
    host,
    port,
    path,
    user,
    database,
    ssl,
    connect_timeout,
    connection,
    target_session_attrs: role,
  } = sql.options;
  const pass: unknown = Reflect.get(options, "pass");
  const socket: unknown = Reflect.get(options, "socket");
  return {
    host,
    port,
    path: path || undefined,
    user,
    database,
    pass,
    ssl,
    direct: Reflect.get(options, "sslnegotiation") === "direct",
    connectTimeoutSeconds: connect_timeout,
    connection: { ...connection },
    role: SERVER_ROLES.find((known) => known === role) ?? "any",
    socket: typeof socket === "function" ? (given) => Reflect.apply(socket, undefined, [given]) : undefined,
  };
}

function driverTarget(settings: DriverSettings): ServerTarget {
  const startup = Object.entries(settings.connection).filter(([, value]) => value);
  const names = settings.path ? [settings.path.slice(0, settings.path.lastIndexOf("/"))] : settings.host;
  const hosts = names.map((name, index) => ({
    name,
    address: undefined,
    port: settings.port[index] ?? settings.port[0] ?? 5432,
    password: () => password(settings.pass),
  }));
  return {
    kind: "server",
    hosts,
    user: settings.user,
    database: settings.database,
    shuffled: false,
    tls: {
      mode: sslMode(settings.ssl),
      direct: settings.direct,
      sendsName: true,
      rootCertificate: undefined,
      clientCertificate: undefined,
      clientKey: undefined,
      clientKeyPassword: () => undefined,
      showsCertificate: true,
      revocationList: undefined,
      revocationDirectory: undefined,
      minimumVersion: "TLSv1.2",
      maximumVersion: undefined,
    },
    // The driver itself sends clear-text passwords to any server that asks, so its user has accepted that.
    authentication: { ...ANY_METHOD, clearTextAgreed: true, guard: undefined, channelBinding: "prefer" },
    ignoredPasswordFile: undefined,
    connectTimeoutMs: (settings.connectTimeoutSeconds || 0) * 1_000,
    keepAliveMs: KEEP_ALIVE_MS,
    serverRole: settings.role,
    startup: {
      ...Object.fromEntries(startup.map(([name, value]) => [name, String(value)])),
      ...(settings.connection.application_name === "postgres.js" && { application_name: "pgstep" }),
    },
  };
}

const KEEP_ALIVE_MS = 60_000;

async function password(pass: unknown): Promise<string> {
  const given: unknown = typeof pass === "function" ? await pass() : pass;
  return typeof given === "string" ? given : "";
}

/** For messages only; `driverTls` has the actual options. */
function sslMode(ssl: unknown): SslMode {
  if (!ssl) return "disable";
  if (ssl === "prefer") return "prefer";
  return ssl === "require" || ssl === "allow" ? "require" : "verify-full";
}

/** The driver's own meaning of its `ssl` option: three words turn verification off, all other values leave it on. */
function driverTls(settings: DriverSettings, host: Host): TlsSettings | undefined {
  const { ssl } = settings;
  if (!ssl || isSocketDirectory(host.name)) return undefined;
  const unverified = ssl === "require" || ssl === "allow" || ssl === "prefer";
  const own: ConnectionOptions = typeof ssl === "object" ? { ...ssl } : {};
  return {
    optional: ssl === "prefer",
    direct: settings.direct,
    options: {
      ...(isIP(host.name) ? { host: host.name } : { servername: host.name }),
      ...(unverified && { rejectUnauthorized: false }),
      ...own,
    },
  };
}

function dialWith(options: unknown, socket: DriverSettings["socket"]): Dial {
  return async (signal) => {
    signal.throwIfAborted();
    const stream = await socket?.(options);
    if (stream instanceof Duplex) return stream;
    throw new Failure("settings", "Cannot use the given sql: its socket option returns no stream", {
      hint: "Pass a url instead.",
    });
  };
}
