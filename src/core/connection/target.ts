import type { AuthenticationDemands } from "../authentication/require-auth.ts";
import type { ExtraExtensions } from "../stand-ins/stand-in.ts";

/** The database of a run, with everything needed to connect to it. */
export type Target = ServerTarget | EmbeddedTarget;

/** PGlite, in memory or in a directory. */
export interface EmbeddedTarget {
  readonly kind: "embedded";
  /** As the user wrote it; undefined for a database in memory. */
  readonly directory: string | undefined;
  /**
   * Parameters that the server starts with. A database in memory with parameters is for trial runs: a statement that
   * runs in it can be stopped, which ends the database.
   */
  readonly parameters?: Readonly<Record<string, string>>;
  /** For such a database: the image of another one, to start with. */
  readonly image?: Uint8Array;
  /** More extensions, only for a shadow database in memory: data must not depend on a stand-in. */
  readonly extensions?: ExtraExtensions;
}

export interface ServerTarget {
  readonly kind: "server";
  /** At least one; tried in this order unless they are shuffled. */
  readonly hosts: readonly Host[];
  /** True if the hosts, and the addresses of each, are tried in random order. */
  readonly shuffled: boolean;
  readonly user: string;
  readonly database: string;
  readonly tls: TlsDemands;
  readonly authentication: AuthenticationDemands;
  /** A password file that is ignored because other users can read it. */
  readonly ignoredPasswordFile: string | undefined;
  /** For each address; 0 for no limit. */
  readonly connectTimeoutMs: number;
  /** Idle time before TCP keepalive probes; 0 for the system's default, undefined for no keepalive. */
  readonly keepAliveMs: number | undefined;
  readonly serverRole: ServerRole;
  /** Start-up parameters: application_name, and `options` and session settings if given. */
  readonly startup: Readonly<Record<string, string>>;
}

/** Paths as given; undefined where libpq looks below ~/.postgresql. */
export interface TlsDemands {
  readonly mode: SslMode;
  /** True if TLS starts at once (PostgreSQL 17 and newer), without an SSLRequest first. */
  readonly direct: boolean;
  /** True if the host's name is sent unencrypted (SNI), for proxies that choose a server by it. */
  readonly sendsName: boolean;
  /** A file of trusted root certificates; "system" for the system's own. */
  readonly rootCertificate: string | undefined;
  readonly clientCertificate: string | undefined;
  readonly clientKey: string | undefined;
  /** A function, so that the value does not show in a log or dump of the target. */
  readonly clientKeyPassword: () => string | undefined;
  /** True if a client certificate is sent to a server that asks for one. */
  readonly showsCertificate: boolean;
  readonly revocationList: string | undefined;
  readonly revocationDirectory: string | undefined;
  readonly minimumVersion: TlsVersion;
  readonly maximumVersion: TlsVersion | undefined;
}

export interface Host {
  /** A name or address for TCP, or an absolute path: the directory of a Unix socket. */
  readonly name: string;
  /** The address to use instead of looking the name up. */
  readonly address: string | undefined;
  readonly port: number;
  /** A function, so that the value does not show in a log or dump of the target. */
  readonly password: () => string | undefined | Promise<string>;
}

/** As libpq defines them (PostgreSQL documentation, 32.19.3 Protection Provided in Different Modes). */
export const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof SSL_MODES)[number];

export const TLS_VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** The kinds of server to accept (libpq's target_session_attrs). */
export const SERVER_ROLES = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"] as const;
export type ServerRole = (typeof SERVER_ROLES)[number];

/** True if a host is the directory of a Unix socket; "@" marks Linux's abstract sockets. */
export function isSocketDirectory(host: string): boolean {
  return host.startsWith("/") || host.startsWith("@");
}

/** True if a host is reached through a Unix socket, which is not so if it has an address as well. */
export function isSocket({ name, address }: Pick<Host, "name" | "address">): boolean {
  return isSocketDirectory(name) && address === undefined;
}

/** Directories that only the administrator can create and only PostgreSQL's user can write to. */
const SYSTEM_SOCKETS: readonly string[] = ["/var/run/postgresql", "/run/postgresql"];

/**
 * True if only the machine's own server can answer there. On a port of localhost, in /tmp or in a directory of a
 * checkout, others could listen.
 */
export function isSystemSocket(host: Pick<Host, "name" | "address">): boolean {
  return isSocket(host) && SYSTEM_SOCKETS.includes(host.name);
}

/** For people, without the password: "app on localhost:5432", "pglite:./data". */
export function describeTarget(target: Target): string {
  if (target.kind === "embedded") return `pglite:${target.directory ?? "memory"}`;
  return `${target.database} on ${target.hosts.map(describeHost).join(", ")}`;
}

/** A host for messages: "localhost:5432", "[::1]:5432", "/var/run/postgresql:5432". */
export function describeHost(host: Host): string {
  const name = host.name.includes(":") && !isSocketDirectory(host.name) ? `[${host.name}]` : host.name;
  return `${name}:${host.port}`;
}

/** The same database, where these parameters are the defaults of each session. */
export function withParameters<One extends Target>(target: One, parameters: Readonly<Record<string, string>>): One {
  return target.kind === "embedded"
    ? { ...target, parameters: { ...target.parameters, ...parameters } }
    : { ...target, startup: { ...target.startup, ...parameters } };
}
