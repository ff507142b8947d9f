import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import { type Host, isSocket, type ServerTarget } from "../../core/connection/target.ts";
import type { TlsSettings } from "./tls.ts";
import { clientCertificate, revocationLists, rootCertificates } from "./tls-files.ts";

/**
 * How to try a host, in order: with which TLS settings, or with none.
 * The modes are libpq's (PostgreSQL documentation, 32.19.3); Unix sockets are never encrypted.
 */
export function tlsAttempts({ tls }: ServerTarget, host: Host): (TlsSettings | undefined)[] {
  if (isSocket(host) || tls.mode === "disable") return [undefined];
  const settings = (optional: boolean): TlsSettings => ({
    optional,
    direct: tls.direct,
    // Certificates and keys are read only once TLS is about to begin, so that a mode that can do without does.
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
 * Where there are roots they are used, whatever the mode: so does libpq.
 * @throws Failure settings when a certificate or key cannot be used, runtime-unsupported
 */
function tlsOptions(tls: ServerTarget["tls"], host: Host): ConnectionOptions {
  const roots = rootCertificates(tls);
  const revoked = roots === undefined ? [] : revocationLists(tls);
  return {
    // Addresses are not sent (RFC 6066, section 3); there is no `host` beside it, which Deno would send instead.
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
