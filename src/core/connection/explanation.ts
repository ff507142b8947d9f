import type { ConnectionParameters } from "./parameters.ts";
import type { ServerTarget } from "./target.ts";

/** A connection parameter with its value and the origin of the value. */
export interface TargetValue {
  /** The parameter's name in libpq; "url" for the embedded database. */
  readonly name: string;
  /** For people; passwords are masked. */
  readonly value: string;
  /** "--url", "DATABASE_URL", "PGHOST", "service file /x/y:4 [name]", "~/.pgpass:3", "default". */
  readonly origin: string;
}

/** Origins that the parameters do not record. */
export interface TargetOrigins {
  /** Origin of the default host. */
  readonly host: string;
  readonly user: string;
  /** Where the hosts' passwords were found; empty if no password is known. */
  readonly passwords: readonly string[];
}

/** The values of a server target with their origins: first the address, then given parameters, then defaults. */
export function explainServer(
  target: ServerTarget,
  parameters: ConnectionParameters,
  origins: TargetOrigins,
): TargetValue[] {
  const source = (name: string) => (parameters.get(name)?.value ? parameters.get(name)?.source : undefined);
  const named = source("host") ?? source("hostaddr");
  const rows: TargetValue[] = [
    { name: "host", value: target.hosts.map(({ name }) => name).join(","), origin: named ?? origins.host },
    {
      name: "port",
      value: [...new Set(target.hosts.map(({ port }) => port))].join(","),
      origin: source("port") ?? DEFAULT,
    },
    { name: "dbname", value: target.database, origin: source("dbname") ?? `${DEFAULT}, the user's name` },
    { name: "user", value: target.user, origin: source("user") ?? origins.user },
    passwordRow(target, source("password"), origins.passwords),
    { name: "sslmode", value: target.tls.mode, origin: source("sslmode") ?? DEFAULT },
  ];
  const listed = new Set([...rows.map(({ name }) => name), "passfile"]);
  for (const [name, given] of parameters) {
    if (listed.has(name) || given.value === "") continue;
    listed.add(name);
    rows.push({ name, value: SECRET.has(name) ? MASK : given.value, origin: given.source });
  }
  const defaults: Readonly<Record<string, string>> = {
    connect_timeout: String(target.connectTimeoutMs / 1_000),
    application_name: target.startup.application_name ?? "",
    channel_binding: target.authentication.channelBinding,
    target_session_attrs: target.serverRole,
  };
  for (const [name, value] of Object.entries(defaults))
    if (!listed.has(name)) rows.push({ name, value, origin: DEFAULT });
  return rows;
}

function passwordRow(target: ServerTarget, given: string | undefined, found: readonly string[]): TargetValue {
  const ignored = target.ignoredPasswordFile;
  if (given === undefined && found.length === 0) {
    const origin = ignored === undefined ? "not given" : `${ignored} is ignored, because other users can read it`;
    return { name: "password", value: "(none)", origin };
  }
  return { name: "password", value: MASK, origin: given ?? found.join(", ") };
}

const DEFAULT = "default";
const MASK = "********";
const SECRET: ReadonlySet<string> = new Set(["password", "sslpassword"]);
