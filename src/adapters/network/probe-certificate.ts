import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { SslMode } from "../../core/connection/target.ts";
import { type Check, good, warning } from "../../core/reports/diagnosis.ts";

const SOON_MS = 30 * 86_400_000;

/** What an encrypted connection is; runtimes tell more of it or less. */
export function encryptionCheck(stream: Duplex, mode: SslMode): Check {
  const known = stream instanceof TLSSocket ? [stream.getProtocol?.(), stream.getCipher?.()?.name] : [];
  const verified = mode === "verify-ca" || mode === "verify-full";
  const remark = verified ? "the certificate is verified" : `the certificate is not verified: sslmode=${mode}`;
  return good("TLS", [...known.filter((part) => part), remark].join(", "));
}

/** Whose certificate the server has shown, and how long it is good. */
export function certificateChecks(stream: Duplex): Check[] {
  if (!(stream instanceof TLSSocket)) return [];
  const { subject, subjectaltname: names, valid_to: end, valid_from: start } = stream.getPeerCertificate();
  if (!end) return [];
  const commonName = Array.isArray(subject?.CN) ? subject.CN.join(", ") : subject?.CN;
  const who = names ?? (commonName === undefined ? "nobody by name" : `CN=${commonName}`);
  const message = `for ${who}, good from ${day(start)} until ${day(end)}`;
  const leftMs = Date.parse(end) - Date.now();
  const renew = "Renew the server's certificate.";
  // Where certificates are verified, there is no connection with such a one.
  if (leftMs < 0) return [warning("certificate", `${message}: it has expired`, renew)];
  if (Date.parse(start) > Date.now())
    return [warning("certificate", `${message}: not yet`, "Check the clocks of both machines.")];
  if (leftMs < SOON_MS) return [warning("certificate", `${message}: soon over`, renew)];
  return [good("certificate", message)];
}

function day(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString().slice(0, 10);
}
