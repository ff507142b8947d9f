/** Values of connection parameters by their libpq names, each with the place it was named in, for messages. */
export type ConnectionParameters = Map<string, { readonly value: string; readonly source: string }>;

/** What becomes of a parameter that libpq knows (PostgreSQL documentation, 32.1.2 Parameter Key Words). */
export type ParameterUse =
  | "used"
  /** Tunes what this program leaves to the system; harmless to leave out. */
  | "ignored"
  /** Changes what is trusted or sent; leaving it out could surprise. */
  | "refused"
  /** Fine when it has one of the listed values, which say what happens anyway. */
  | readonly string[];

export const PARAMETERS: Readonly<Record<string, ParameterUse>> = {
  host: "used",
  hostaddr: "used",
  port: "used",
  dbname: "used",
  user: "used",
  password: "used",
  passfile: "used",
  service: "used",
  servicefile: "used",
  connect_timeout: "used",
  application_name: "used",
  fallback_application_name: "used",
  options: "used",
  sslmode: "used",
  sslrootcert: "used",
  sslnegotiation: "used",
  target_session_attrs: "used",
  keepalives: "used",
  client_encoding: ["auto", "UTF8", "utf8", "UTF-8", "utf-8"],
  channel_binding: ["disable", "prefer"],
  gssencmode: ["disable", "prefer"],
  gssdelegation: ["0"],
  load_balance_hosts: ["disable"],
  replication: ["false", "off", "no", "0"],
  requiressl: ["0"],
  sslcompression: ["0"],
  sslsni: ["1"],
  ssl_min_protocol_version: ["TLSv1.2"],
  gsslib: "ignored",
  keepalives_count: "ignored",
  keepalives_idle: "ignored",
  keepalives_interval: "ignored",
  krbsrvname: "ignored",
  max_protocol_version: "ignored",
  min_protocol_version: ["3.0"],
  tcp_user_timeout: "ignored",
  oauth_client_id: "refused",
  oauth_client_secret: "refused",
  oauth_issuer: "refused",
  oauth_scope: "refused",
  require_auth: "refused",
  requirepeer: "refused",
  scram_client_key: "refused",
  scram_server_key: "refused",
  ssl_max_protocol_version: "refused",
  sslcert: "refused",
  sslcertmode: ["allow", "disable"],
  sslcrl: "refused",
  sslcrldir: "refused",
  sslkey: "refused",
  sslkeylogfile: "refused",
  sslpassword: "refused",
};

/** Environment variables and the parameter each stands for (PostgreSQL documentation, 32.15 Environment Variables). */
export const ENVIRONMENT_PARAMETERS: Readonly<Record<string, string>> = {
  PGHOST: "host",
  PGHOSTADDR: "hostaddr",
  PGPORT: "port",
  PGDATABASE: "dbname",
  PGUSER: "user",
  PGPASSWORD: "password",
  PGPASSFILE: "passfile",
  PGSERVICE: "service",
  PGSERVICEFILE: "servicefile",
  PGAPPNAME: "application_name",
  PGOPTIONS: "options",
  PGCONNECT_TIMEOUT: "connect_timeout",
  PGSSLMODE: "sslmode",
  PGSSLROOTCERT: "sslrootcert",
  PGSSLNEGOTIATION: "sslnegotiation",
  PGTARGETSESSIONATTRS: "target_session_attrs",
  PGCHANNELBINDING: "channel_binding",
  PGGSSENCMODE: "gssencmode",
  PGREQUIREAUTH: "require_auth",
  PGREQUIREPEER: "requirepeer",
  PGSSLCERT: "sslcert",
  PGSSLCERTMODE: "sslcertmode",
  PGSSLKEY: "sslkey",
  PGSSLCRL: "sslcrl",
  PGSSLCRLDIR: "sslcrldir",
  PGSSLMAXPROTOCOLVERSION: "ssl_max_protocol_version",
};

/** Parameters that other tools put into URLs, and what to do here instead. */
export const FOREIGN_PARAMETERS: Readonly<Record<string, string>> = {
  schema: "Remove it, and name the schema of the history table with --schema.",
  pgbouncer: "Remove it; poolers are recognised without it.",
  connection_limit: "Remove it; a run uses one or two connections.",
  pool_timeout: "Remove it; there is no pool.",
  sslaccept: "Write sslmode=require or sslmode=verify-full instead.",
  ssl: "Write sslmode=require (or disable, prefer, verify-full) instead.",
  uselibpqcompat: "Remove it; sslmode means here what libpq says.",
  currentSchema: "Write options=-csearch_path%3D<schema> instead.",
  search_path: "Write options=-csearch_path%3D<schema> instead.",
};

/** The parameters that environment variables give; empty ones count as absent, as in libpq. */
export function environmentParameters(environment: Readonly<Record<string, string | undefined>>): ConnectionParameters {
  const parameters: ConnectionParameters = new Map();
  for (const [variable, name] of Object.entries(ENVIRONMENT_PARAMETERS)) {
    const value = environment[variable];
    if (value !== undefined && value !== "") parameters.set(name, { value, source: variable });
  }
  return parameters;
}
