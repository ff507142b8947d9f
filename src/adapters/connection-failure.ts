import { describeHost, type Host, isSocketDirectory, type ServerTarget } from "../core/connection/target.ts";
import { Failure, type FailureCode, type ServerMessage } from "../core/error.ts";
import { ProtocolFault } from "./driver-socket.ts";
import { StartupRefused } from "./postgres-session.ts";
import { NotPostgres, TlsFailed, TlsRefused } from "./tls.ts";

/** The host did not answer in time. */
export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
}

/** The server is not of the kind that target_session_attrs asks for. */
export class RoleUnfit extends Error {
  override readonly name = "RoleUnfit";
}

interface Explanation {
  readonly code: FailureCode;
  /** What is the case, after "Cannot connect to <host>: ". */
  readonly reason: string;
  readonly hint: string;
  readonly server?: ServerMessage;
}

/** The failure that tells why no session could be opened on `host`, and what to do about it. */
export function connectionFailure(target: ServerTarget, host: Host, error: unknown): Failure {
  const { code, reason, hint, server } = explain(target, host, error);
  return new Failure(code, `Cannot connect to ${target.database} on ${describeHost(host)}: ${reason}`, {
    hint,
    ...(server && { server }),
    cause: error,
  });
}

function explain(target: ServerTarget, host: Host, error: unknown): Explanation {
  if (error instanceof StartupRefused) return explainStartup(target, host, error);
  if (error instanceof ConnectTimeout) {
    return failed(
      `it did not answer within ${target.connectTimeoutMs / 1000} s`,
      "Check the host, the port and any firewall in between, or allow more time with connect_timeout=<seconds> in the URL.",
    );
  }
  if (error instanceof TlsRefused) {
    return failed(
      `sslmode=${target.sslMode} wants TLS and the server does not offer it`,
      "Turn ssl on in the server's postgresql.conf, or connect with sslmode=prefer or sslmode=disable.",
    );
  }
  if (error instanceof TlsFailed) return explainTls(target, host, error);
  if (error instanceof RoleUnfit) {
    return failed(error.message, "Name the host that accepts writes, or all hosts of the cluster: host1,host2.");
  }
  if (error instanceof NotPostgres) {
    return failed(error.message, "Check the port: something other than PostgreSQL listens there.");
  }
  return explainNetwork(host, error);
}

const failed = (reason: string, hint: string): Explanation => ({ code: "connection-failed", reason, hint });

function explainNetwork(host: Host, error: unknown): Explanation {
  const text = error instanceof Error ? error.message : String(error);
  switch (errorCode(error)) {
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
      return failed("the connection was refused", isSocketDirectory(host.name) ? START_SOCKET : START_NETWORK);
    case "EACCES":
    case "EPERM":
      return failed(
        "permission denied",
        isSocketDirectory(host.name)
          ? "Let this user into the socket's directory, or connect through TCP with a host name."
          : "Check the firewall and sandbox rules for this process.",
      );
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return failed("the host cannot be reached", "Check the host, the network and any firewall in between.");
    default:
      return failed(text, "Check the host and port in the URL, and that a PostgreSQL server listens there.");
  }
}

const START_NETWORK =
  "Start the server, or check host and port in the URL; listen_addresses in postgresql.conf must include this address.";
const START_SOCKET = "Start the server: its socket file is there but nothing listens on it.";

function errorCode(error: unknown): string | undefined {
  if (error === null || typeof error !== "object") return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  if ("errors" in error && Array.isArray(error.errors)) return errorCode(error.errors[0]);
  return undefined;
}

function explainTls(target: ServerTarget, host: Host, error: TlsFailed): Explanation {
  const code = errorCode(error.cause) ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || /altname|not valid for name|hostname/i.test(error.message)) {
    return failed(
      `the server's certificate is not for "${host.name}"`,
      "Connect by the name that the certificate carries, or use sslmode=verify-ca when another name is expected.",
    );
  }
  if (/EXPIRED/i.test(code) || /expired/i.test(error.message)) {
    return failed("the server's certificate has expired", "Renew the server's certificate.");
  }
  if (
    /SELF_SIGNED|UNABLE_TO|CERT_|UnknownIssuer|unknown ?issuer|self.signed|certificate/i.test(
      `${code} ${error.message}`,
    )
  ) {
    return failed(
      `the server's certificate is not trusted (${error.message})`,
      target.sslRootCertificate === undefined || target.sslRootCertificate === "system"
        ? "Name the root certificate file with sslrootcert=<file> in the URL or in PGSSLROOTCERT."
        : `Check that ${target.sslRootCertificate} holds the certificate that signed the server's.`,
    );
  }
  return failed(`the TLS handshake failed (${error.message})`, "Check the server's ssl settings and its log.");
}

function explainStartup(target: ServerTarget, host: Host, refused: StartupRefused): Explanation {
  const { server } = refused;
  if (!server) {
    if (refused.cause instanceof ProtocolFault) {
      return failed(refused.cause.message, "Check the port, and the authentication that pg_hba.conf asks for.");
    }
    const known = errorCode(refused.cause);
    if (known !== undefined && known !== "ECONNRESET" && known !== "EPIPE") return explainNetwork(host, refused.cause);
    return failed(
      "the server closed the connection during the log-in",
      "Look into the server's log; a proxy or a TLS requirement may stand in between.",
    );
  }
  const hasPassword = host.password() !== undefined;
  const refusedAs = (code: FailureCode, hint: string): Explanation => ({ code, reason: server.message, hint, server });
  switch (server.code) {
    case "28P01":
    case "28000":
      if (/pg_hba\.conf/.test(server.message)) {
        return refusedAs(
          "authentication-failed",
          target.sslMode === "disable"
            ? "Allow this user, database and address in the server's pg_hba.conf, or try sslmode=require."
            : "Allow this user, database and address in the server's pg_hba.conf.",
        );
      }
      if (/^role /.test(server.message))
        return refusedAs("authentication-failed", `Check the user's name, or create it: createuser ${target.user}`);
      if (refused.passwordAsked && !hasPassword) {
        return {
          code: "authentication-failed",
          reason: `a password is asked for user "${target.user}" and none was given`,
          hint:
            target.ignoredPasswordFile === undefined
              ? "Set PGPASSWORD, add a line to ~/.pgpass, or put the password into the URL."
              : `Others may read ${target.ignoredPasswordFile}, so it was passed over. Run: chmod 600 ${target.ignoredPasswordFile}`,
          server,
        };
      }
      return refusedAs(
        "authentication-failed",
        "Check user and password; in a URL, percent-encode any of : / ? # @ % in the password.",
      );
    case "3D000":
      return refusedAs(
        "authentication-failed",
        `Check the name, or create the database: psql -c 'CREATE DATABASE "${target.database}"' postgres`,
      );
    case "42501":
      return refusedAs("privilege-missing", `Run: GRANT CONNECT ON DATABASE "${target.database}" TO "${target.user}"`);
    case "53300":
      return refusedAs("connection-failed", "Close idle connections, or raise max_connections on the server.");
    case "57P03":
      return refusedAs("connection-failed", "Try again when the server is up; pg_isready tells when.");
    case "08P01":
    case "42704":
    case "22023":
      return refusedAs(
        "connection-failed",
        "Remove the start-up options (PGOPTIONS, options=) that the server refuses.",
      );
    default:
      return refusedAs("connection-failed", "Look into the server's log for more.");
  }
}
