import { ScramError } from "../../core/authentication/scram.ts";
import { describeHost, type Host, type ServerTarget } from "../../core/connection/target.ts";
import { Failure } from "../../core/failure/failure.ts";
import { systemCode } from "../../core/failure/system-error.ts";
import { type Explanation, explainNetwork, failed } from "../network/network-failure.ts";
import { NotPostgres, TlsFailed, TlsRefused } from "../network/tls.ts";
import { ProtocolError } from "../session/answer-rules.ts";
import { StartupRefused } from "../session/open-session.ts";
import { AuthenticationRefused, PasswordMissing } from "./authentication.ts";
import { RoleUnfit } from "./server-role.ts";
import { explainStartup, passwordHint } from "./startup-failure.ts";

/** The host did not answer in time. */
export class ConnectTimeout extends Error {
  override readonly name = "ConnectTimeout";
}

/** Explains why no session could be opened on `host`, and what to do. */
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
      `sslmode=${target.tls.mode} needs TLS, and the server does not support it`,
      "Turn ssl on in the server's postgresql.conf, or connect with sslmode=prefer or sslmode=disable.",
    );
  }
  if (error instanceof TlsFailed) return explainTls(target, host, error);
  if (error instanceof PasswordMissing) return { ...refusedLogin(error.message), hint: passwordHint(target) };
  if (error instanceof AuthenticationRefused) return { ...refusedLogin(error.message), hint: error.hint };
  if (error instanceof ScramError) {
    return { ...refusedLogin(error.message), hint: "Check that this is your server and not an impostor." };
  }
  if (error instanceof RoleUnfit) {
    const wanted = /^(read-only|standby)$/.test(target.serverRole) ? "is a standby" : "accepts writes";
    return failed(error.message, `Name the host that ${wanted}, or all hosts of the cluster: host1,host2.`);
  }
  if (error instanceof NotPostgres) {
    return failed(error.message, "Check the port: something other than PostgreSQL listens there.");
  }
  if (error instanceof ProtocolError) {
    return failed(error.message, "Check the port, and any proxy or pooler between pgstep and the server.");
  }
  return explainNetwork(host, error);
}

const refusedLogin = (reason: string) => ({ code: "authentication-failed", reason }) as const;

function explainTls(target: ServerTarget, host: Host, error: TlsFailed): Explanation {
  const code = systemCode(error.cause) ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || /altname|not valid for name|hostname/i.test(error.message)) {
    return failed(
      `the server's certificate is not for "${host.name}"`,
      "Connect by the name in the certificate, or use sslmode=verify-ca if another name is expected.",
    );
  }
  if (/EXPIRED/i.test(code) || /expired/i.test(error.message)) {
    return failed("the server's certificate has expired", "Renew the server's certificate.");
  }
  if (/REVOKED/i.test(code) || /revoked/i.test(error.message)) {
    return failed(
      "the server's certificate has been revoked",
      "Give the server a new certificate, or check the list that sslcrl names.",
    );
  }
  if (
    /SELF_SIGNED|UNABLE_TO|CERT_|UnknownIssuer|unknown ?issuer|self.signed|certificate/i.test(
      `${code} ${error.message}`,
    )
  ) {
    return failed(
      `the server's certificate is not trusted (${error.message})`,
      target.tls.rootCertificate === undefined || target.tls.rootCertificate === "system"
        ? "Name the root certificate file with sslrootcert=<file> in the URL or in PGSSLROOTCERT."
        : `Check that ${target.tls.rootCertificate} contains the certificate that signed the server's.`,
    );
  }
  return failed(`the TLS handshake failed (${error.message})`, "Check the server's ssl settings and its log.");
}
