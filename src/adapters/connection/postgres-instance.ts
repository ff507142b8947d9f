import { Duplex } from "node:stream";
import type postgres from "postgres";
import { SERVER_ROLES } from "../../core/connection/target.ts";
import type { Dial } from "../network/dial.ts";
import {
  type DriverConnection,
  type DriverTls,
  driverConnection,
  passwordOf,
  socketHost,
  unusable,
} from "./driver-settings.ts";

type Options = postgres.Sql["options"];

/** The settings of an instance of the package `postgres`, recognised by its lists of hosts and ports. */
export function postgresInstance(instance: object): DriverConnection | undefined {
  const options: unknown = Reflect.get(instance, "options");
  return isOptions(options) ? connection(options) : undefined;
}

function isOptions(options: unknown): options is Options {
  return typeof options === "object" && options !== null && "host" in options && Array.isArray(options.host);
}

/** The driver's types lack some of its options. */
function connection(options: Options): DriverConnection {
  const { host, port, path, user, database, ssl, connect_timeout, target_session_attrs } = options;
  const socket: unknown = Reflect.get(options, "socket");
  const firstPort = port[0] ?? 5432;
  const startup = Object.entries(options.connection).filter(([, value]) => value);
  const ownName = options.connection.application_name === "postgres.js" ? { application_name: "" } : {};
  return driverConnection({
    hosts: path ? [socketHost(path, firstPort)] : host.map((name, index) => ({ name, port: port[index] ?? firstPort })),
    user,
    database,
    password: () => passwordOf(Reflect.get(options, "pass")),
    tls: driverTls(ssl, Reflect.get(options, "sslnegotiation") === "direct"),
    connectTimeoutMs: (connect_timeout || 0) * 1_000,
    role: SERVER_ROLES.find((known) => known === target_session_attrs) ?? "any",
    startup: { ...Object.fromEntries(startup.map(([name, value]) => [name, String(value)])), ...ownName },
    ...(typeof socket === "function" && {
      dials: async () => [dialWith(() => Reflect.apply(socket, undefined, [options]))],
    }),
  });
}

/** The driver's own meaning of its `ssl` option: three words turn verification off, all other values leave it on. */
function driverTls(ssl: unknown, direct: boolean): DriverTls | undefined {
  if (!ssl) return undefined;
  const isUnverified = ssl === "require" || ssl === "allow" || ssl === "prefer";
  return {
    optional: ssl === "prefer",
    direct,
    options: { ...(isUnverified && { rejectUnauthorized: false }), ...(typeof ssl === "object" && ssl) },
  };
}

function dialWith(open: () => unknown): Dial {
  return async (signal) => {
    signal.throwIfAborted();
    const stream = await open();
    if (stream instanceof Duplex) return stream;
    throw unusable("its socket option returns no stream");
  };
}
