/** Ways of proving who one is, by the names of libpq's require_auth (PostgreSQL documentation, 32.1.2). */
export const AUTHENTICATION_METHODS = ["password", "md5", "gss", "sspi", "scram-sha-256", "oauth", "none"] as const;
export type AuthenticationMethod = (typeof AUTHENTICATION_METHODS)[number];

/** Which ways of authentication are gone along with. */
export interface AuthenticationDemands {
  readonly allowed: ReadonlySet<AuthenticationMethod>;
  /** Whether the password may be sent as it is over a line that others could listen to. */
  readonly clearTextAgreed: boolean;
  /** Limits what proves a password that the user meant for another server; undefined where nothing does. */
  readonly guard: PasswordGuard | undefined;
  /** Whether the log-in is tied to the server's certificate (SCRAM-SHA-256-PLUS). */
  readonly channelBinding: ChannelBinding;
}

/** A password goes to a server that only a project file names, and must not be readable there. */
export interface PasswordGuard {
  /** The place that names the server, for messages. */
  readonly origin: string;
  /** Whether the certificate is verified against a root that the user has chosen, which proves the server as well. */
  readonly verifiesServer: boolean;
}

export const CHANNEL_BINDINGS = ["disable", "prefer", "require"] as const;
export type ChannelBinding = (typeof CHANNEL_BINDINGS)[number];

type Methods = Pick<AuthenticationDemands, "allowed" | "clearTextAgreed">;

/** Every method, without clear text over an open line. */
export const ANY_METHOD: Methods = {
  allowed: new Set(AUTHENTICATION_METHODS),
  clearTextAgreed: false,
};

/**
 * What `md5,scram-sha-256` or `!password,!none` allows; undefined where libpq refuses the list too: an unknown or
 * repeated method, or some that are wanted beside some that are not. Naming `password` is agreeing to clear text.
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
