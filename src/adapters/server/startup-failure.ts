import { shellWord } from "../../core/command-line/consent.ts";
import type { Host, ServerTarget } from "../../core/connection/target.ts";
import type { FailureCode } from "../../core/failure/failure.ts";
import { systemCode } from "../../core/failure/system-error.ts";
import { sqlName } from "../../core/reports/diagnosis.ts";
import { type Explanation, explainNetwork, failed } from "../network/network-failure.ts";
import { ProtocolFault } from "../session/answer-rules.ts";
import type { StartupRefused } from "../session/open-session.ts";

/** What a server's refusal of the log-in means, or the end of the connection in the middle of it. */
export function explainStartup(target: ServerTarget, host: Host, refused: StartupRefused): Explanation {
  const { server } = refused;
  if (!server) {
    if (refused.cause instanceof ProtocolFault) {
      return failed(refused.cause.message, "Check the port, and any proxy or pooler between pgstep and the server.");
    }
    const known = systemCode(refused.cause);
    if (known?.startsWith("ERR_SSL")) {
      return failed(
        `the server ended the TLS connection (${refused.message})`,
        "It may not trust the client certificate that sslcert names, or want one: see the server's log.",
      );
    }
    if (known !== undefined && known !== "ECONNRESET" && known !== "EPIPE") return explainNetwork(host, refused.cause);
    return failed(
      "the server closed the connection during the log-in",
      "Look into the server's log; a proxy or a TLS requirement may stand in between.",
    );
  }
  const refusedAs = (code: FailureCode, hint: string): Explanation => ({ code, reason: server.message, hint, server });
  switch (server.code) {
    case "28P01":
    case "28000":
      if (/pg_hba\.conf/.test(server.message)) {
        return refusedAs(
          "authentication-failed",
          target.tls.mode === "disable"
            ? "Allow this user, database and address in the server's pg_hba.conf, or try sslmode=require."
            : "Allow this user, database and address in the server's pg_hba.conf.",
        );
      }
      if (/not permitted to log in/.test(server.message)) {
        return refusedAs(
          "authentication-failed",
          `Connect as a role that may log in, or run: ALTER ROLE ${sqlName(target.user)} LOGIN;`,
        );
      }
      if (/^role /.test(server.message))
        return refusedAs(
          "authentication-failed",
          `Check the user's name, or create it: createuser ${at(host)} ${shellWord(target.user)}`,
        );
      if (/client certificate|certificate authentication/.test(server.message)) {
        return refusedAs(
          "authentication-failed",
          "Name a certificate for this user and its key with sslcert=<file>&sslkey=<file>, and use sslmode=require.",
        );
      }
      return refusedAs(
        "authentication-failed",
        "Check user and password; in a URL, percent-encode any of : / ? # @ % in the password.",
      );
    case "3D000":
      return refusedAs(
        "authentication-failed",
        `Check the name, or create the database: createdb ${at(host)} ${shellWord(target.database)}`,
      );
    case "42501":
      return refusedAs(
        "privilege-missing",
        `Run: GRANT CONNECT ON DATABASE ${sqlName(target.database)} TO ${sqlName(target.user)};`,
      );
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

/** The server, as PostgreSQL's own programs want it named. */
function at({ name, port }: Host): string {
  return `-h ${shellWord(name)} -p ${port}`;
}

/** How to give the password that the server asks for. */
export function passwordHint({ ignoredPasswordFile: ignored }: ServerTarget): string {
  if (ignored !== undefined) return `Others may read ${ignored}, so it was passed over. Run: chmod 600 ${ignored}`;
  return "Set PGPASSWORD, name a file with --password-file, or add a line to ~/.pgpass.";
}
