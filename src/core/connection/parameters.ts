/** Values of connection parameters by libpq name, each with its source for messages. */
export type ConnectionParameters = Map<string, { readonly value: string; readonly source: string }>;

/** How pgstep handles a parameter of libpq (PostgreSQL documentation, 32.1.2 Parameter Key Words). */
export type ParameterUse =
  | "used"
  /** Accepted without effect, because it changes neither what is trusted nor what is sent; with the reason. */
  | { readonly ignored: string }
  /** Rejected, because ignoring it could surprise; with what to do instead. */
  | { readonly refused: string }
  /** Accepted with one of these values, which match what pgstep does anyway. */
  | { readonly only: readonly string[]; readonly instead?: string };

const NO_GSSAPI = "Remove it, and log in with a password or a client certificate: GSSAPI is not built in.";
const NO_OAUTH = "Remove it, and log in with a password or a client certificate: OAuth is not built in.";

export const PARAMETERS: Readonly<Record<string, ParameterUse>> = {
  host: "used",
  hostaddr: "used",
  port: "used",
  dbname: "used",
  user: "used",
  password: "used",
  passfile: "used",
  require_auth: "used",
  channel_binding: "used",
  connect_timeout: "used",
  client_encoding: { only: ["UTF8", "auto", "utf8", "UTF-8", "utf-8"], instead: "Migrations are UTF-8: convert them." },
  options: "used",
  application_name: "used",
  fallback_application_name: "used",
  keepalives: "used",
  keepalives_idle: "used",
  keepalives_interval: { ignored: "no runtime can set it; the system's value is used" },
  keepalives_count: { ignored: "no runtime can set it; the system's value is used" },
  tcp_user_timeout: { ignored: "no runtime can set it; the system's value is used" },
  replication: { only: ["false", "off", "no", "0"], instead: "Remove it: migrations need an ordinary session." },
  gssencmode: { only: ["disable", "prefer"], instead: "Write gssencmode=disable and sslmode=require." },
  sslmode: "used",
  requiressl: "used",
  sslnegotiation: "used",
  sslcompression: { ignored: "no TLS library compresses any more" },
  sslcert: "used",
  sslkey: "used",
  sslkeylogfile: { refused: "Remove it: pgstep does not log TLS keys." },
  sslpassword: "used",
  sslcertmode: {
    only: ["allow", "disable"],
    instead: "Write sslcertmode=allow, and let pg_hba.conf demand the certificate with clientcert=verify-full.",
  },
  sslrootcert: "used",
  sslcrl: "used",
  sslcrldir: "used",
  sslsni: "used",
  requirepeer: { refused: "Remove it, and verify the server with sslmode=verify-full instead." },
  ssl_min_protocol_version: "used",
  ssl_max_protocol_version: "used",
  min_protocol_version: { only: ["3.0"], instead: "Write min_protocol_version=3.0, the version that pgstep uses." },
  max_protocol_version: { only: ["3.0", "3.2", "latest"] },
  krbsrvname: { refused: NO_GSSAPI },
  gsslib: { refused: NO_GSSAPI },
  gssdelegation: { only: ["0"], instead: NO_GSSAPI },
  scram_client_key: { refused: "Remove it, and give the password." },
  scram_server_key: { refused: "Remove it, and give the password." },
  service: "used",
  servicefile: "used",
  target_session_attrs: "used",
  load_balance_hosts: "used",
  oauth_issuer: { refused: NO_OAUTH },
  oauth_client_id: { refused: NO_OAUTH },
  oauth_client_secret: { refused: NO_OAUTH },
  oauth_scope: { refused: NO_OAUTH },
};

/** Environment variables and the parameter that each sets (PostgreSQL documentation, 32.15 Environment Variables). */
export const ENVIRONMENT_PARAMETERS: Readonly<Record<string, string>> = {
  PGHOST: "host",
  PGHOSTADDR: "hostaddr",
  PGPORT: "port",
  PGDATABASE: "dbname",
  PGUSER: "user",
  PGPASSWORD: "password",
  PGPASSFILE: "passfile",
  PGREQUIREAUTH: "require_auth",
  PGCHANNELBINDING: "channel_binding",
  PGSERVICE: "service",
  PGSERVICEFILE: "servicefile",
  PGOPTIONS: "options",
  PGAPPNAME: "application_name",
  PGREQUIRESSL: "requiressl",
  PGSSLMODE: "sslmode",
  PGSSLNEGOTIATION: "sslnegotiation",
  PGSSLCOMPRESSION: "sslcompression",
  PGSSLCERT: "sslcert",
  PGSSLKEY: "sslkey",
  PGSSLCERTMODE: "sslcertmode",
  PGSSLROOTCERT: "sslrootcert",
  PGSSLCRL: "sslcrl",
  PGSSLCRLDIR: "sslcrldir",
  PGSSLSNI: "sslsni",
  PGREQUIREPEER: "requirepeer",
  PGSSLMINPROTOCOLVERSION: "ssl_min_protocol_version",
  PGSSLMAXPROTOCOLVERSION: "ssl_max_protocol_version",
  PGGSSENCMODE: "gssencmode",
  PGCONNECT_TIMEOUT: "connect_timeout",
  PGCLIENTENCODING: "client_encoding",
  PGTARGETSESSIONATTRS: "target_session_attrs",
  PGLOADBALANCEHOSTS: "load_balance_hosts",
  PGMINPROTOCOLVERSION: "min_protocol_version",
  PGMAXPROTOCOLVERSION: "max_protocol_version",
};

/** Variables that become settings of the session (32.15), and the setting that each sets. */
export const SESSION_VARIABLES: Readonly<Record<string, string>> = {
  PGDATESTYLE: "datestyle",
  PGTZ: "timezone",
  PGGEQO: "geqo",
};

/**
 * Variables of libpq that pgstep ignores, with the reason. They are often set for all programs of a machine, so they
 * are no reason to refuse a connection.
 */
export const UNREAD_VARIABLES: Readonly<Record<string, string>> = {
  PGKRBSRVNAME: "GSSAPI is not built in",
  PGGSSLIB: "GSSAPI is not built in",
  PGGSSDELEGATION: "GSSAPI is not built in",
  PGOAUTHDEBUG: "OAuth is not built in",
  PGLOCALEDIR: "it is for libpq's own translations",
};

/** How pgstep handles a parameter that other tools put into URLs. */
export type ForeignUse = { readonly ignored: string } | { readonly instead: string };

const NO_POOL: ForeignUse = { ignored: "a run uses one or two connections and no pool" };
const SEARCH_PATH: ForeignUse = { instead: "Write options=-csearch_path%3D<schema> instead." };

export const FOREIGN_PARAMETERS: Readonly<Record<string, ForeignUse>> = {
  schema: {
    instead: "Remove it, name the history table's schema with --schema, or set options=-csearch_path%3D<schema>.",
  },
  currentSchema: SEARCH_PATH,
  search_path: SEARCH_PATH,
  pgbouncer: { ignored: "pgstep detects poolers itself" },
  connection_limit: NO_POOL,
  pool_timeout: NO_POOL,
  pool_max_conns: NO_POOL,
  pool_min_conns: NO_POOL,
  pool: NO_POOL,
  single_use_connections: NO_POOL,
  statement_cache_size: { ignored: "no statements are prepared" },
  prepared_statements: { ignored: "no statements are prepared" },
  socket_timeout: { instead: "Remove it, and limit how long statements wait for locks with --lock-timeout." },
  sslaccept: { instead: "Write sslmode=verify-full for strict, sslmode=require for accept_invalid_certs." },
  sslidentity: { instead: "Write sslcert=<file>&sslkey=<file>; openssl pkcs12 -in <file> -nodes turns one into both." },
  sslfactory: { instead: "Write sslmode=require or sslmode=verify-full instead." },
  ssl: { instead: "Write sslmode=require (or disable, prefer, verify-full) instead." },
  serverVersion: { ignored: "the server reports its version" },
  charset: { ignored: "migrations are always UTF-8" },
  supa: { ignored: "a provider's marker, which the server does not use" },
  workaround: { ignored: "a provider's marker, which the server does not use" },
  uselibpqcompat: { ignored: "sslmode always works as in libpq" },
  endpoint: { instead: "Write options=endpoint%3D<id> instead." },
};

/** Sets a value; translates deprecated names as libpq does. */
export function setParameter(parameters: ConnectionParameters, name: string, value: string, source: string): void {
  if (name === "requiressl") parameters.set("sslmode", { value: value.startsWith("1") ? "require" : "prefer", source });
  else parameters.set(name, { value, source });
}

/** The parameters in environment variables; an empty variable counts as missing, as in libpq. */
export function environmentParameters(environment: Readonly<Record<string, string | undefined>>): ConnectionParameters {
  const parameters: ConnectionParameters = new Map();
  for (const [variable, name] of Object.entries(ENVIRONMENT_PARAMETERS)) {
    const value = environment[variable];
    // PGREQUIRESSL can only turn SSL on.
    if (value === undefined || value === "" || (variable === "PGREQUIRESSL" && !value.startsWith("1"))) continue;
    setParameter(parameters, name, value, variable);
  }
  return parameters;
}

/** The session's settings in environment variables; "default" leaves a setting to the server, as in libpq. */
export function sessionSettings(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [variable, name] of Object.entries(SESSION_VARIABLES)) {
    const value = environment[variable];
    if (value && value.toLowerCase() !== "default") settings[name] = value;
  }
  return settings;
}
