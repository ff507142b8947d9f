import { shellWord } from "../../core/command-line/consent.ts";
import type { Host, ServerTarget } from "../../core/connection/target.ts";
import type { FailureCode } from "../../core/failure/failure.ts";
import { systemCode } from "../../core/failure/system-error.ts";
import { sqlName } from "../../core/reports/diagnosis.ts";
import { type Explanation, explainNetwork, failed } from "../network/network-failure.ts";
import { ProtocolError } from "../session/answer-rules.ts";
import type { StartupRefused } from "../session/open-session.ts";

/** Explains why the server refused the log-in, or ended the connection during it. */
export function explainStartup(target: ServerTarget, host: Host, refused: StartupRefused): Explanation {
  const { server } = refused;
  if (!server) return explainEnd(host, refused);
  const { message } = server;
  const meant = REFUSALS.find(({ states, said }) => states.includes(server.code) && (!said || said.test(message)));
  const { code, hint } = meant ?? UNKNOWN_REFUSAL;
  return { code, reason: message, hint: typeof hint === "string" ? hint : hint(target, host), server };
}

/** Explains a log-in that ended without an error message from the server. */
function explainEnd(host: Host, { cause, message }: StartupRefused): Explanation {
  if (cause instanceof ProtocolError) {
    return failed(cause.message, "Check the port, and any proxy or pooler between pgstep and the server.");
  }
  const known = systemCode(cause);
  if (known?.startsWith("ERR_SSL")) {
    return failed(
      `the server ended the TLS connection (${message})`,
      "It may not trust the client certificate that sslcert names, or require one: see the server's log.",
    );
  }
  if (known !== undefined && known !== "ECONNRESET" && known !== "EPIPE") return explainNetwork(host, cause);
  return failed(
    "the server closed the connection during the log-in",
    "Check the server's log; a proxy or a TLS requirement may be the cause.",
  );
}

interface Refusal {
  readonly code: FailureCode;
  readonly hint: string | ((target: ServerTarget, host: Host) => string);
}

/** A refusal that is known by its SQLSTATE, and by its message if one SQLSTATE has several meanings. */
interface KnownRefusal extends Refusal {
  readonly states: readonly string[];
  readonly said?: RegExp;
}

const UNKNOWN_REFUSAL: Refusal = { code: "connection-failed", hint: "Check the server's log for details." };

/** An unknown role, or a failed proof of identity. */
const UNPROVEN = { code: "authentication-failed", states: ["28P01", "28000"] } as const;

/** The first match counts. */
const REFUSALS: readonly KnownRefusal[] = [
  {
    ...UNPROVEN,
    said: /pg_hba\.conf/,
    hint: ({ tls }) =>
      `Allow this user, database and address in the server's pg_hba.conf${tls.mode === "disable" ? ", or try sslmode=require" : ""}.`,
  },
  {
    ...UNPROVEN,
    said: /not permitted to log in/,
    hint: ({ user }) => `Connect as a role that may log in, or run: ALTER ROLE ${sqlName(user)} LOGIN;`,
  },
  {
    ...UNPROVEN,
    said: /^role /,
    hint: ({ user }, host) => `Check the user's name, or create it: createuser ${at(host)} ${shellWord(user)}`,
  },
  {
    ...UNPROVEN,
    said: /client certificate|certificate authentication/,
    hint: "Name a certificate for this user and its key with sslcert=<file>&sslkey=<file>, and use sslmode=require.",
  },
  {
    ...UNPROVEN,
    hint: "Check user and password; in a URL, percent-encode any of : / ? # @ % in the password.",
  },
  {
    code: "authentication-failed",
    states: ["3D000"],
    hint: "Check the name, or create the database and migrate it: pgstep up --create-database",
  },
  {
    code: "privilege-missing",
    states: ["42501"],
    hint: ({ database, user }) => `Run: GRANT CONNECT ON DATABASE ${sqlName(database)} TO ${sqlName(user)};`,
  },
  {
    code: "connection-failed",
    states: ["53300"],
    hint: "Close idle connections, or raise max_connections on the server.",
  },
  {
    code: "connection-failed",
    states: ["57P03"],
    hint: "Retry when the server is up; pg_isready shows when that is.",
  },
  {
    code: "connection-failed",
    states: ["08P01", "42704", "22023"],
    hint: "Remove the start-up options (PGOPTIONS, options=) that the server refuses.",
  },
];

/** The server, as options of PostgreSQL's own programs. */
function at({ name, port }: Host): string {
  return `-h ${shellWord(name)} -p ${port}`;
}

/** How to supply the password that the server asks for. */
export function passwordHint({ ignoredPasswordFile: ignored }: ServerTarget): string {
  if (ignored !== undefined) return `${ignored} was ignored, since others may read it. Run: chmod 600 ${ignored}`;
  return "Set PGPASSWORD, name a file with --password-file, or add a line to ~/.pgpass.";
}
