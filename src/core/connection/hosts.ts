import type { PasswordWanted } from "./libpq-files.ts";
import { contradiction, malformed, textValue } from "./parameter-values.ts";
import type { ConnectionParameters } from "./parameters.ts";
import { type Host, isSocketDirectory } from "./target.ts";

/** Host values that the parameters do not give. */
export interface HostDefaults {
  /** The directory of a socket, or a host name. */
  readonly host: string;
  /** Looks a password up in the password file. */
  readonly password: (wanted: PasswordWanted) => string | undefined | Promise<string>;
}

/**
 * The hosts in `host`, `hostaddr` and `port`: lists of equal length, or one port for all hosts.
 * @throws Failure settings
 */
export function hostsOf(
  parameters: ConnectionParameters,
  defaults: HostDefaults,
  login: { readonly database: string; readonly user: string },
): Host[] {
  const names = list(parameters, "host");
  const addresses = list(parameters, "hostaddr");
  const ports = list(parameters, "port");
  const count = Math.max(names.length, addresses.length, 1);
  if (names.length > 0 && addresses.length > 0 && names.length !== addresses.length) {
    throw contradiction(
      `${names.length} hosts`,
      `${addresses.length} host addresses`,
      "Give one host address for each host.",
    );
  }
  if (ports.length > 1 && ports.length !== count) {
    throw contradiction(`${count} hosts`, `${ports.length} ports`, "Give one port, or one for each host.");
  }
  const given = textValue(parameters, "password");
  return Array.from({ length: count }, (_, index) => {
    const address = numeric(parameters, addresses[index]);
    const name = names[index] || address || defaults.host;
    const port = portNumber(parameters, ports[ports.length === 1 ? 0 : index] || DEFAULT_PORT);
    // Password files call the default socket localhost.
    const passwordHost = isSocketDirectory(name) && name === defaults.host ? "localhost" : name;
    return {
      name,
      address,
      port,
      password: () => given ?? defaults.password({ host: passwordHost, port, ...login }),
    };
  });
}

export const DEFAULT_PORT = "5432";

function list(parameters: ConnectionParameters, name: string): string[] {
  const value = textValue(parameters, name);
  return value === undefined ? [] : value.split(",").map((entry) => entry.trim());
}

/** A host address is never resolved, so it cannot be a name; colons are IPv6's. */
function numeric(parameters: ConnectionParameters, address: string | undefined): string | undefined {
  if (!address || address.includes(":") || /^[0-9.]+$/.test(address)) return address || undefined;
  throw malformed(
    parameters,
    "hostaddr",
    `hostaddr=${address} is not an IP address`,
    "Give a name as the host instead.",
  );
}

function portNumber(parameters: ConnectionParameters, text: string): number {
  const port = Number(text);
  if (/^[0-9]+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw malformed(parameters, "port", "a port is a number from 1 to 65535");
}
