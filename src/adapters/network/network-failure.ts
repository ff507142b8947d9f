import { type Host, isSocketDirectory } from "../../core/connection/target.ts";
import { refusedPermission } from "../../core/failure/deno-permission.ts";
import type { FailureCode, ServerMessage } from "../../core/failure/failure.ts";
import { messageOf, systemCode } from "../../core/failure/system-error.ts";

/** Why a connection could not be made, for people. */
export interface Explanation {
  readonly code: FailureCode;
  /** The text after "Cannot connect to <host>: ". */
  readonly reason: string;
  readonly hint: string;
  readonly server?: ServerMessage;
}

/** The explanation of a server that could not be reached. */
export function failed(reason: string, hint: string): Explanation {
  return { code: "connection-failed", reason, hint };
}

/** Explains an error of the system or the network. */
export function explainNetwork(host: Host, error: unknown): Explanation {
  const refused = refusedPermission(error);
  if (refused) return { code: "runtime-unsupported", ...refused };
  switch (systemCode(error)) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NODATA":
    case "EAI_NONAME":
      return failed("the host name is not known", `Check the spelling of "${host.name}" in the URL.`);
    case "ENOENT":
      return failed(
        "there is no server socket",
        "Start the server, or name the directory its socket is in as the host.",
      );
    case "ECONNREFUSED":
      return failed("the connection was refused", startHint(host));
    case "EACCES":
    case "EPERM":
      return failed(
        "permission denied",
        isSocketDirectory(host.name)
          ? "Give this user access to the socket's directory, or connect through TCP with a host name."
          : "Check the firewall and sandbox rules for this process.",
      );
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return failed("the host cannot be reached", "Check the host, the network and any firewall in between.");
    default:
      return failed(
        messageOf(error),
        "Check the host and port in the URL, and that a PostgreSQL server listens there.",
      );
  }
}

function startHint({ name }: Host): string {
  if (name.startsWith("@")) return START_ABSTRACT;
  return isSocketDirectory(name) ? START_SOCKET : START_NETWORK;
}

/** Node 20 pads an abstract name with NULs, which changes the name. */
const START_ABSTRACT =
  "Start the server, or check the name after the @; abstract sockets do not work on Node 20: use Node 22, Bun or Deno.";
const START_NETWORK =
  "Start the server, or check host and port in the URL; listen_addresses in postgresql.conf must include this address.";
const START_SOCKET = "Start the server: its socket file exists, but nothing listens on it.";
