import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { SslMode } from "../../core/connection/target.ts";
import { type Check, good, warning } from "../../core/reports/diagnosis.ts";

const SOON_MS = 30 * 86_400_000;

/** Protocol, cipher and verification of a connection; not every runtime reports the first two. */
export function encryptionCheck(stream: Duplex, mode: SslMode): Check {
  const known = stream instanceof TLSSocket ? [stream.getProtocol?.(), stream.getCipher?.()?.name] : [];
  const verified = mode === "verify-ca" || mode === "verify-full";
  const note = verified ? "the certificate is verified" : `the certificate is not verified: sslmode=${mode}`;
  return good("TLS", [...known.filter((part) => part), note].join(", "));
}

/** The names in the server's certificate, and its validity. */
export function certificateChecks(stream: Duplex): Check[] {
  if (!(stream instanceof TLSSocket)) return [];
  const { subject, subjectaltname: names, valid_to: end, valid_from: start } = stream.getPeerCertificate();
  if (!end) return [];
  const commonName = Array.isArray(subject?.CN) ? subject.CN.join(", ") : subject?.CN;
  const who = names ?? (commonName === undefined ? "no name" : `CN=${commonName}`);
  const message = `for ${who}, valid from ${day(start)} until ${day(end)}`;
  const leftMs = Date.parse(end) - Date.now();
  const renew = "Renew the server's certificate.";
  // Only without verification: otherwise the connection would have failed.
  if (leftMs < 0) return [warning("certificate", `${message}: it has expired`, renew)];
  if (Date.parse(start) > Date.now())
    return [warning("certificate", `${message}: it is not valid yet`, "Check the clocks of both machines.")];
  if (leftMs < SOON_MS) return [warning("certificate", `${message}: it expires soon`, renew)];
  return [good("certificate", message)];
}

function day(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString().slice(0, 10);
}
