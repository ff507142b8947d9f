/** Authentication methods, as libpq's require_auth names them (PostgreSQL documentation, 32.1.2). */
export const AUTHENTICATION_METHODS = ["password", "md5", "gss", "sspi", "scram-sha-256", "oauth", "none"] as const;
export type AuthenticationMethod = (typeof AUTHENTICATION_METHODS)[number];

/** The authentication methods that pgstep accepts. */
export interface AuthenticationDemands {
  readonly allowed: ReadonlySet<AuthenticationMethod>;
  /** True if the password may be sent in clear text over an unencrypted connection. */
  readonly clearTextAgreed: boolean;
  /** Restricts how the password is proved to a server that only a project file names; undefined for no restriction. */
  readonly guard: PasswordGuard | undefined;
  /** Ties the login to the server's certificate (SCRAM-SHA-256-PLUS). */
  readonly channelBinding: ChannelBinding;
}

/** For a server that only a project file names: it must not be able to read the user's password. */
export interface PasswordGuard {
  /** The place that names the server, for messages. */
  readonly origin: string;
  /** True if the certificate is verified against a root that the user chose, which also authenticates the server. */
  readonly verifiesServer: boolean;
}

export const CHANNEL_BINDINGS = ["disable", "prefer", "require"] as const;
export type ChannelBinding = (typeof CHANNEL_BINDINGS)[number];

type Methods = Pick<AuthenticationDemands, "allowed" | "clearTextAgreed">;

/** All methods, but no clear-text password over an unencrypted connection. */
export const ANY_METHOD: Methods = {
  allowed: new Set(AUTHENTICATION_METHODS),
  clearTextAgreed: false,
};

/**
 * Parses `md5,scram-sha-256` or `!password,!none`. Undefined where libpq rejects the list too: an unknown or repeated
 * method, or a mix of plain and negated ones. Naming `password` permits clear text.
 */
export function parseRequireAuth(text: string): Methods | undefined {
  const entries = text.split(",").map((entry) => entry.trim());
  const negated = entries[0]?.startsWith("!") ?? false;
  const named = new Set<AuthenticationMethod>();
  for (const entry of entries) {
    const method = AUTHENTICATION_METHODS.find((candidate) => candidate === entry.replace(/^!/, ""));
    if (method === undefined || named.has(method) || entry.startsWith("!") !== negated) return undefined;
    named.add(method);
  }
  if (!negated) return { allowed: named, clearTextAgreed: named.has("password") };
  return { allowed: new Set(AUTHENTICATION_METHODS.filter((method) => !named.has(method))), clearTextAgreed: false };
}
