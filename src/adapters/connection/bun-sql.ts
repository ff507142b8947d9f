import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { DEFAULT_TIMEOUT_SECONDS } from "../../core/connection/server-target.ts";
import {
  type DriverConnection,
  type DriverTls,
  driverConnection,
  passwordOf,
  socketHost,
  textOf,
  unusable,
} from "./driver-settings.ts";

/**
 * The settings of `Bun.sql` or a `new Bun.SQL(...)`, recognised by the name of their adapter.
 * @throws Failure settings for a database other than PostgreSQL
 */
export function bunSql(instance: object): DriverConnection | undefined {
  const options: unknown = Reflect.get(instance, "options");
  if (typeof options !== "object" || options === null || !("adapter" in options)) return undefined;
  const { adapter } = options;
  if (adapter === "postgres") return connection({ ...options });
  throw unusable(`it is one to ${String(adapter)}`, "Pass a connection to PostgreSQL.");
}

function connection(options: Readonly<Record<string, unknown>>): DriverConnection {
  const port = Number(options.port) || 5432;
  const path = textOf(options.path);
  const user = textOf(options.username) ?? "";
  return driverConnection({
    hosts: [path ? socketHost(path, port) : { name: textOf(options.hostname) ?? "localhost", port }],
    user,
    database: textOf(options.database) ?? user,
    password: () => passwordOf(options.password),
    tls: driverTls(Number(options.sslMode), options.tls),
    connectTimeoutMs: Number(options.connectionTimeout) || DEFAULT_TIMEOUT_SECONDS * 1_000,
    startup: startupParameters(textOf(options.query) ?? ""),
  });
}

/** Bun keeps start-up parameters as a list of names and values, each with a NUL after it. */
function startupParameters(list: string): Record<string, string> {
  const words = list.split("\0");
  const pairs = words.flatMap((name, index): [string, string][] =>
    index % 2 === 0 && name !== "" ? [[name, words[index + 1] ?? ""]] : [],
  );
  return Object.fromEntries(pairs);
}

/** Bun's numbers for libpq's modes: disable, prefer, require, verify-ca, verify-full. */
const MODES = { disable: 0, prefer: 1, require: 2, verifyCa: 3 } as const;

function driverTls(mode: number, tls: unknown): DriverTls | undefined {
  if (!(mode > MODES.disable)) return undefined;
  const options: ConnectionOptions & { serverName?: string } =
    typeof tls === "object" && tls !== null ? { ...tls } : {};
  // Bun spells the name differently, and does not verify the server in the weaker modes unless asked to.
  const { serverName, ...own } = options;
  const verifies = mode >= MODES.verifyCa || own.rejectUnauthorized === true || own.ca !== undefined;
  return {
    optional: mode === MODES.prefer,
    direct: false,
    options: {
      ...(serverName !== undefined && isIP(serverName) === 0 && { servername: serverName }),
      ...own,
      rejectUnauthorized: own.rejectUnauthorized ?? verifies,
      ...(mode === MODES.verifyCa && { checkServerIdentity: () => undefined }),
    },
  };
}
