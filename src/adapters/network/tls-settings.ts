import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import { type Host, isSocket, type ServerTarget } from "../../core/connection/target.ts";
import type { TlsSettings } from "./tls.ts";
import { clientCertificate, revocationLists, rootCertificates } from "./tls-files.ts";

/**
 * The TLS settings to try on a host, in order; undefined for plain text.
 * The modes are libpq's (PostgreSQL documentation, 32.19.3); Unix sockets are never encrypted.
 */
export function tlsAttempts({ tls }: ServerTarget, host: Host): (TlsSettings | undefined)[] {
  if (isSocket(host) || tls.mode === "disable") return [undefined];
  const settings = (optional: boolean): TlsSettings => ({
    optional,
    direct: tls.direct,
    // Certificates and keys are read only when TLS begins, so that modes that do not need TLS do not need the files.
    get options() {
      return tlsOptions(tls, host);
    },
  });
  switch (tls.mode) {
    case "allow":
      return [undefined, settings(false)];
    case "prefer":
      return [settings(true), undefined];
    default:
      return [settings(false)];
  }
}

/**
 * If there are roots, they are used in every mode, as in libpq.
 * @throws Failure settings when a certificate or key cannot be used, runtime-unsupported
 */
function tlsOptions(tls: ServerTarget["tls"], host: Host): ConnectionOptions {
  const roots = rootCertificates(tls);
  const revoked = roots === undefined ? [] : revocationLists(tls);
  return {
    // Addresses are not sent (RFC 6066, section 3); `host` is not set, since Deno would send it instead.
    servername: tls.sendsName && isIP(host.name) === 0 ? host.name : "",
    minVersion: tls.minimumVersion,
    ...(tls.maximumVersion && { maxVersion: tls.maximumVersion }),
    ...clientCertificate(tls),
    rejectUnauthorized: roots !== undefined,
    ...(roots && { ca: [...roots] }),
    ...(revoked.length > 0 && { crl: [...revoked] }),
    checkServerIdentity: (_, certificate) =>
      tls.mode === "verify-full" ? checkServerIdentity(host.name, certificate) : undefined,
  };
}
