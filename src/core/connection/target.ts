import type { AuthenticationDemands } from "../authentication/require-auth.ts";

/** The database a run is about, with everything needed to reach it. */
export type Target = ServerTarget | EmbeddedTarget;

/** PGlite, in memory or in a directory. */
export interface EmbeddedTarget {
  readonly kind: "embedded";
  /** As the user wrote it; undefined for one in memory. */
  readonly directory: string | undefined;
}

export interface ServerTarget {
  readonly kind: "server";
  /** At least one; tried in this order unless they are shuffled. */
  readonly hosts: readonly Host[];
  /** Whether hosts, and the addresses of each, are tried in an order left to chance. */
  readonly shuffled: boolean;
  readonly user: string;
  readonly database: string;
  readonly tls: TlsDemands;
  readonly authentication: AuthenticationDemands;
  /** A password file that was passed over because others may read it. */
  readonly ignoredPasswordFile: string | undefined;
  /** For one address; 0 waits as long as it takes. */
  readonly connectTimeoutMs: number;
  /** Silence after which the system asks whether the other side is still there; 0 is the system's own, undefined never. */
  readonly keepAliveMs: number | undefined;
  readonly serverRole: ServerRole;
  /** Start-up parameters: application_name, and `options` and session settings where they were given. */
  readonly startup: Readonly<Record<string, string>>;
}

/** Files are named as they were given; undefined where libpq looks below ~/.postgresql. */
export interface TlsDemands {
  readonly mode: SslMode;
  /** Whether TLS starts at once (PostgreSQL 17 and newer) instead of being asked for first. */
  readonly direct: boolean;
  /** Whether the host's name is sent in the open, for proxies that choose a server by it. */
  readonly sendsName: boolean;
  /** A file of trusted root certificates; "system" for those of the system. */
  readonly rootCertificate: string | undefined;
  readonly clientCertificate: string | undefined;
  readonly clientKey: string | undefined;
  /** A function, so that no log or dump of the target can show it. */
  readonly clientKeyPassword: () => string | undefined;
  /** Whether a certificate is shown to a server that asks for one. */
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
  /** A function, so that no log or dump of the target can show it. */
  readonly password: () => string | undefined | Promise<string>;
}

/** As libpq defines them (PostgreSQL documentation, 32.19.3 Protection Provided in Different Modes). */
export const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof SSL_MODES)[number];

export const TLS_VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** Which servers will do (libpq's target_session_attrs). */
export const SERVER_ROLES = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"] as const;
export type ServerRole = (typeof SERVER_ROLES)[number];

/** Whether a host is the directory of a Unix socket; "@" marks Linux's abstract ones. */
export function isSocketDirectory(host: string): boolean {
  return host.startsWith("/") || host.startsWith("@");
}

/** Whether a host is reached through a Unix socket: an address beside the directory's name is one on the network. */
export function isSocket({ name, address }: Pick<Host, "name" | "address">): boolean {
  return isSocketDirectory(name) && address === undefined;
}

/** Directories that only the system's administrator can make, and PostgreSQL's own user can write to. */
const SYSTEM_SOCKETS: readonly string[] = ["/var/run/postgresql", "/run/postgresql"];

/**
 * Whether nobody but the machine's own server can answer there. Others could listen at a port of localhost, in /tmp, or in
 * a directory of a checkout.
 */
export function isSystemSocket(host: Pick<Host, "name" | "address">): boolean {
  return isSocket(host) && SYSTEM_SOCKETS.includes(host.name);
}

/** For people, without password: "app on localhost:5432", "pglite:./data". */
export function describeTarget(target: Target): string {
  if (target.kind === "embedded") return `pglite:${target.directory ?? "memory"}`;
  return `${target.database} on ${target.hosts.map(describeHost).join(", ")}`;
}

/** A host as people write it: "localhost:5432", "[::1]:5432", "/var/run/postgresql:5432". */
export function describeHost(host: Host): string {
  const name = host.name.includes(":") && !isSocketDirectory(host.name) ? `[${host.name}]` : host.name;
  return `${name}:${host.port}`;
}
