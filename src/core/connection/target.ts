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
  /** Tried in this order; at least one. */
  readonly hosts: readonly Host[];
  readonly user: string;
  readonly database: string;
  readonly sslMode: SslMode;
  /** Whether TLS starts at once (PostgreSQL 17 and newer) instead of being asked for first. */
  readonly sslDirect: boolean;
  /** A file of trusted root certificates; "system" for those of the runtime. */
  readonly sslRootCertificate: string | undefined;
  /** A password file that was passed over because others may read it. */
  readonly ignoredPasswordFile: string | undefined;
  /** For one host; 0 waits as long as it takes. */
  readonly connectTimeoutMs: number;
  readonly keepAlive: boolean;
  readonly serverRole: ServerRole;
  /** Start-up parameters: application_name, and `options` where it was given. */
  readonly startup: Readonly<Record<string, string>>;
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

/** Which servers will do (libpq's target_session_attrs); those that only read are of no use to a migration. */
export const SERVER_ROLES = ["any", "read-write", "primary"] as const;
export type ServerRole = (typeof SERVER_ROLES)[number];

/** Whether a host is the directory of a Unix socket; "@" marks Linux's abstract ones. */
export function isSocketDirectory(host: string): boolean {
  return host.startsWith("/") || host.startsWith("@");
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
