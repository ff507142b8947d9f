import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { ANY_METHOD } from "../../core/authentication/require-auth.ts";
import { DEFAULT_NAME } from "../../core/connection/server-target.ts";
import {
  type Host,
  isSocketDirectory,
  type ServerRole,
  type ServerTarget,
  type SslMode,
} from "../../core/connection/target.ts";
import { Failure } from "../../core/failure/failure.ts";
import { dialsTo } from "../network/dial.ts";
import type { TlsSettings } from "../network/tls.ts";
import type { Reach } from "../server/postgres-database.ts";

/** The server that a driver's settings name, and how to reach it. */
export interface DriverConnection {
  readonly target: ServerTarget;
  readonly reach: Reach;
}

/** A driver's settings, in the words of pgstep. */
export interface DriverSettings {
  /** Names, addresses or directories of Unix sockets. */
  readonly hosts: readonly Pick<Host, "name" | "port">[];
  readonly user: string;
  readonly database: string;
  readonly password: Host["password"];
  /** Undefined for plain text. */
  readonly tls: DriverTls | undefined;
  /** 0 for no limit. */
  readonly connectTimeoutMs: number;
  readonly role?: ServerRole;
  /** Start-up parameters. */
  readonly startup: Readonly<Record<string, string>>;
  /** For a driver that opens its connections itself. */
  readonly dials?: Reach["dials"];
}

export interface DriverTls extends Pick<TlsSettings, "optional" | "direct"> {
  /** As the driver would pass them to the runtime. */
  readonly options: ConnectionOptions;
}

/** The target of these settings. Its values are the driver's own; pgstep's variables and defaults have no effect. */
export function driverConnection(settings: DriverSettings): DriverConnection {
  const { hosts, user, database, password, tls, connectTimeoutMs, role = "any", startup, dials = dialsTo } = settings;
  return {
    target: {
      kind: "server",
      hosts: hosts.map((host) => ({ ...host, address: undefined, password })),
      user,
      database,
      shuffled: false,
      tls: {
        mode: sslMode(tls),
        direct: tls?.direct ?? false,
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
      // The drivers send clear-text passwords to any server that asks, so their users have accepted that.
      authentication: { ...ANY_METHOD, clearTextAgreed: true, guard: undefined, channelBinding: "prefer" },
      ignoredPasswordFile: undefined,
      connectTimeoutMs,
      keepAliveMs: KEEP_ALIVE_MS,
      serverRole: role,
      startup: { ...startup, application_name: startup.application_name || DEFAULT_NAME },
    },
    reach: { dials, tlsAttempts: (_, host) => [tlsSettings(tls, host)] },
  };
}

const KEEP_ALIVE_MS = 60_000;

/** For messages and URLs; `tlsSettings` has the actual options. */
function sslMode(tls: DriverTls | undefined): SslMode {
  if (!tls) return "disable";
  if (tls.optional) return "prefer";
  return tls.options.rejectUnauthorized === false ? "require" : "verify-full";
}

function tlsSettings(tls: DriverTls | undefined, host: Host): TlsSettings | undefined {
  if (!tls || isSocketDirectory(host.name)) return undefined;
  const name = isIP(host.name) ? { host: host.name } : { servername: host.name };
  return { ...tls, options: { ...name, ...tls.options } };
}

/** The directory and port in the path of a Unix socket: "/tmp/.s.PGSQL.5432". */
export function socketHost(path: string, port: number): Pick<Host, "name" | "port"> {
  const [, directory = path, number] = /^(.*)\/\.s\.PGSQL\.(\d+)$/.exec(path) ?? [];
  return { name: directory, port: number === undefined ? port : Number(number) };
}

/** The password from a driver's option: a text, or a function that returns one. */
export async function passwordOf(given: unknown): Promise<string> {
  const password: unknown = typeof given === "function" ? await given() : given;
  return typeof password === "string" ? password : "";
}

/** A text of a driver's settings, which may have another type; undefined if it is empty or missing. */
export function textOf(value: unknown): string | undefined {
  return value === undefined || value === null || value === "" || value === false ? undefined : String(value);
}

/** @throws Failure settings */
export function unusable(reason: string, hint: string = "Pass a url instead."): Failure {
  return new Failure("settings", `Cannot use the given connection: ${reason}`, { hint });
}
