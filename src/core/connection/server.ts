import { Failure } from "../error.ts";
import { nearest } from "../spelling.ts";
import type { PasswordWanted } from "./files.ts";
import { type ConnectionParameters, FOREIGN_PARAMETERS, PARAMETERS } from "./parameters.ts";
import {
  type Host,
  isSocketDirectory,
  SERVER_ROLES,
  type ServerRole,
  type ServerTarget,
  SSL_MODES,
  type SslMode,
} from "./target.ts";

/** What the machine supplies where no parameter does. */
export interface ConnectionDefaults {
  /** A socket's directory or a host name. */
  readonly host: string;
  /** The operating system's user; undefined where it cannot be known. */
  readonly user: string | undefined;
  /** A password file that was passed over because others may read it. */
  readonly ignoredPasswordFile: string | undefined;
  /** Looks a password up in the password file. */
  readonly password: (wanted: PasswordWanted) => string | undefined;
}

/**
 * The server that merged parameters name; where several sources named one parameter the caller has chosen already.
 * @throws Failure settings for a parameter that is unknown, unsupported or malformed
 */
export function serverTarget(parameters: ConnectionParameters, defaults: ConnectionDefaults): ServerTarget {
  checkKnown(parameters);
  const value = (name: string) => parameters.get(name)?.value || undefined;
  const user = value("user") ?? defaults.user;
  if (user === undefined) {
    throw new Failure("settings", "Cannot connect: no user is named, and the system does not tell who you are", {
      hint: "Name one: postgres://user@host/database, or PGUSER.",
    });
  }
  const database = value("dbname") ?? user;
  const options = value("options");
  const sslRootCertificate = value("sslrootcert");
  const sslMode = chosen<SslMode>(
    parameters,
    "sslmode",
    SSL_MODES,
    sslRootCertificate === "system" ? "verify-full" : "prefer",
  );
  const sslDirect = chosen(parameters, "sslnegotiation", ["postgres", "direct"], "postgres") === "direct";
  if (sslRootCertificate === "system" && sslMode !== "verify-full") {
    throw contradiction(`sslmode=${sslMode}`, "sslrootcert=system", "Write sslmode=verify-full.");
  }
  if (sslDirect && ["disable", "allow", "prefer"].includes(sslMode)) {
    throw contradiction(`sslmode=${sslMode}`, "sslnegotiation=direct", "Write sslmode=require or stricter.");
  }
  return {
    kind: "server",
    hosts: hosts(parameters, defaults, database, user),
    user,
    database,
    sslMode,
    sslDirect,
    sslRootCertificate,
    ignoredPasswordFile: defaults.ignoredPasswordFile,
    connectTimeoutMs: 1_000 * wholeNumber(parameters, "connect_timeout", 0, 2_000_000, DEFAULT_TIMEOUT_SECONDS),
    keepAlive: wholeNumber(parameters, "keepalives", 0, 1, 1) === 1,
    serverRole: chosen<ServerRole>(parameters, "target_session_attrs", SERVER_ROLES, "any"),
    startup: {
      application_name: value("application_name") ?? value("fallback_application_name") ?? "pgstep",
      ...(options !== undefined && { options }),
    },
  };
}

const DEFAULT_TIMEOUT_SECONDS = 10;
const DEFAULT_PORT = 5432;

function hosts(parameters: ConnectionParameters, defaults: ConnectionDefaults, database: string, user: string): Host[] {
  const list = (name: string) =>
    parameters
      .get(name)
      ?.value.split(",")
      .map((entry) => entry.trim()) ?? [];
  const names = list("host");
  const addresses = list("hostaddr");
  const ports = list("port");
  const count = Math.max(names.length, addresses.length, 1);
  if (names.length > 0 && addresses.length > 0 && names.length !== addresses.length) {
    throw contradiction(
      `${names.length} hosts`,
      `${addresses.length} host addresses`,
      "Name as many as there are hosts.",
    );
  }
  if (ports.length > 1 && ports.length !== count) {
    throw contradiction(`${count} hosts`, `${ports.length} ports`, "Name one port, or one for each host.");
  }
  return Array.from({ length: count }, (_, index) => {
    const address = addresses[index] || undefined;
    const name = names[index] || address || defaults.host;
    const port = portNumber(parameters, ports[ports.length === 1 ? 0 : index] || String(DEFAULT_PORT));
    const given = parameters.get("password")?.value || undefined;
    // The default socket goes by the name localhost in password files.
    const passwordHost = isSocketDirectory(name) && names[index] === undefined ? "localhost" : name;
    return {
      name,
      address,
      port,
      password: () => given ?? defaults.password({ host: passwordHost, port, database, user }),
    };
  });
}

function portNumber(parameters: ConnectionParameters, text: string): number {
  const port = Number(text);
  if (/^[0-9]+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw malformed(parameters, "port", "a port is a number from 1 to 65535");
}

function wholeNumber(
  parameters: ConnectionParameters,
  name: string,
  least: number,
  most: number,
  otherwise: number,
): number {
  const text = parameters.get(name)?.value;
  if (text === undefined || text === "") return otherwise;
  const number = Number(text);
  if (/^[0-9]+$/.test(text) && number >= least && number <= most) return number;
  throw malformed(parameters, name, `${name} is a whole number from ${least} to ${most}`);
}

function chosen<Choice extends string>(
  parameters: ConnectionParameters,
  name: string,
  choices: readonly Choice[],
  otherwise: Choice,
): Choice {
  const text = parameters.get(name)?.value;
  if (text === undefined || text === "") return otherwise;
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw malformed(parameters, name, `${name}=${text} is not supported`, `Write one of: ${choices.join(", ")}.`);
}

function malformed(parameters: ConnectionParameters, name: string, what: string, hint?: string): Failure {
  const source = parameters.get(name)?.source ?? "the settings";
  return new Failure("settings", `Cannot use the connection settings from ${source}: ${what}`, {
    hint: hint ?? `Correct ${name} there.`,
  });
}

function contradiction(one: string, other: string, hint: string): Failure {
  return new Failure("settings", `Cannot use the connection settings: ${one} and ${other} contradict each other`, {
    hint,
  });
}

function checkKnown(parameters: ConnectionParameters): void {
  for (const [name, { value, source }] of parameters) {
    const use = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (use === "used" || use === "ignored" || value === "") continue;
    const where = `Cannot use the connection settings from ${source}`;
    if (use === undefined) {
      const foreign = Object.hasOwn(FOREIGN_PARAMETERS, name) ? FOREIGN_PARAMETERS[name] : undefined;
      const meant = nearest(name, Object.keys(PARAMETERS));
      throw new Failure("settings", `${where}: the parameter "${name}" is not known`, {
        hint: foreign ?? (meant ? `Did you mean "${meant}"?` : "Remove it; the known ones are those of libpq."),
      });
    }
    if (use === "refused") {
      throw new Failure("settings", `${where}: the parameter "${name}" is not supported`, {
        hint: "Remove it, or connect through something that takes care of it.",
      });
    }
    if (!use.includes(value)) {
      throw new Failure("settings", `${where}: ${name}=${value} is not supported`, {
        hint: `Remove it, or write ${name}=${use[0] ?? ""}.`,
      });
    }
  }
}
