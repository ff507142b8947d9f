import { Socket } from "node:net";
import process from "node:process";
import type { ConnectionOptions } from "node:tls";
import { findPassword } from "../../core/connection/libpq-files.ts";
import { DEFAULT_TIMEOUT_SECONDS } from "../../core/connection/server-target.ts";
import { isSocketDirectory } from "../../core/connection/target.ts";
import { defaultPasswordFile, readPasswordFile } from "../target/connection-files.ts";
import {
  type DriverConnection,
  type DriverTls,
  driverConnection,
  passwordOf,
  textOf,
  unusable,
} from "./driver-settings.ts";

/**
 * The settings of a Client or a Pool of the package `pg`, which has read its connection string and the PG* variables.
 * Only a Client has them all, so for a Pool one is made with the Pool's options, and never connected.
 * @throws Failure settings for settings that pgstep cannot carry over
 */
export function pgConnection(given: object): DriverConnection | undefined {
  if (isClient(given)) return connection(given);
  const options: unknown = Reflect.get(given, "options");
  const Client: unknown = Reflect.get(given, "Client");
  if (typeof Client !== "function" || typeof options !== "object" || options === null) return undefined;
  if ("stream" in options && options.stream) throw ownStream();
  const client: unknown = Reflect.construct(Client, [options]);
  if (typeof client === "object" && client !== null && isClient(client)) return connection(client);
  throw unusable("the Client of its Pool is not that of the package pg");
}

/** The part of a Client that is read; its types lack most of it. */
interface Client {
  readonly connectionParameters: Readonly<Record<string, unknown>>;
  readonly connection?: { readonly stream?: unknown };
  readonly _connectionTimeoutMillis?: number;
}

function isClient(value: object): value is Client {
  const parameters: unknown = Reflect.get(value, "connectionParameters");
  return typeof parameters === "object" && parameters !== null && "host" in parameters;
}

function connection(client: Client): DriverConnection {
  const { connectionParameters: given, connection: wire, _connectionTimeoutMillis: limitMs } = client;
  const stream = wire?.stream;
  if (stream !== undefined && !(stream instanceof Socket)) throw ownStream();
  const host = textOf(given.host) ?? "localhost";
  const port = Number(given.port) || 5432;
  const user = textOf(given.user);
  if (user === undefined) throw unusable("it names no user", "Name one, as in postgres://user@host/database.");
  const database = textOf(given.database) ?? user;
  const startup = {
    application_name: textOf(given.application_name) ?? textOf(given.fallback_application_name),
    options: textOf(given.options),
  };
  return driverConnection({
    hosts: [{ name: host, port }],
    user,
    database,
    password: async () => {
      const password = await passwordOf(given.password);
      return password || passwordInFile({ host: isSocketDirectory(host) ? "localhost" : host, port, database, user });
    },
    tls: driverTls(given.ssl, given.sslnegotiation === "direct"),
    // The parameter has whole seconds only.
    connectTimeoutMs: limitMs || 1_000 * (Number(given.connect_timeout) || DEFAULT_TIMEOUT_SECONDS),
    startup: Object.fromEntries(Object.entries(startup).flatMap(([name, value]) => (value ? [[name, value]] : []))),
  });
}

/** As the driver does without a password. */
function passwordInFile(wanted: Parameters<typeof findPassword>[1]): string {
  const found = readPasswordFile(process.env.PGPASSFILE || defaultPasswordFile(process.env));
  return (typeof found === "object" && findPassword(found.text, wanted)?.password) || "";
}

/** The driver verifies the server unless an option says otherwise. */
function driverTls(ssl: unknown, direct: boolean): DriverTls | undefined {
  if (!ssl) return undefined;
  const options: ConnectionOptions = {};
  if (typeof ssl === "object") {
    // The driver hides the key from enumeration.
    for (const name of Reflect.ownKeys(ssl)) Reflect.set(options, name, Reflect.get(ssl, name));
  }
  const foreign = FOREIGN.filter((name) => name in options);
  if (foreign.length > 0)
    throw unusable(`its ssl option has ${foreign.join(", ")}, which only the native client reads`);
  return { optional: false, direct, options };
}

const FOREIGN = ["sslmode", "sslrootcert", "sslcert", "sslkey", "sslca"];

function ownStream() {
  return unusable("its connections come from a stream of its own, which pgstep cannot open");
}
