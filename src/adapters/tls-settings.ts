import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { type Host, isSocketDirectory, type ServerTarget } from "../core/connection/target.ts";
import { Failure } from "../core/error.ts";
import type { TlsSettings } from "./tls.ts";

/**
 * How to try a host, in order: with which TLS settings, or with none.
 * The modes are libpq's (PostgreSQL documentation, 32.19.3); Unix sockets are never encrypted.
 * @throws Failure settings when the root certificate cannot be read
 */
export function tlsAttempts(target: ServerTarget, host: Host): (TlsSettings | undefined)[] {
  if (isSocketDirectory(host.name) || target.sslMode === "disable") return [undefined];
  const settings = { optional: false, direct: target.sslDirect, options: tlsOptions(target, host) };
  switch (target.sslMode) {
    case "allow":
      return [undefined, settings];
    case "prefer":
      return [{ ...settings, optional: true }];
    default:
      return [settings];
  }
}

function tlsOptions(target: ServerTarget, host: Host): ConnectionOptions {
  const named = isIP(host.name) === 0 ? { servername: host.name } : { host: host.name };
  const mode = target.sslMode;
  if (mode === "allow" || mode === "prefer") return { ...named, rejectUnauthorized: false };
  const roots = rootCertificates(target);
  if (mode === "require" && roots === undefined) return { ...named, rejectUnauthorized: false };
  return {
    ...named,
    rejectUnauthorized: true,
    ...(roots !== "system" && roots !== undefined && { ca: roots }),
    ...(mode !== "verify-full" && { checkServerIdentity: () => undefined }),
  };
}

/** The trusted roots in PEM, "system" for those of the runtime, undefined where there are none. */
function rootCertificates(target: ServerTarget): string | undefined {
  const named = target.sslRootCertificate;
  if (named === "system") return named;
  const path = named ?? join(homedir(), ".postgresql", "root.crt");
  if (named === undefined && !existsSync(path)) {
    if (target.sslMode === "require") return undefined;
    throw new Failure("settings", `Cannot verify the server's certificate: there is no root certificate in ${path}`, {
      hint: "Name one with sslrootcert=<file>, or trust the usual authorities with sslrootcert=system.",
    });
  }
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure("settings", `Cannot read the root certificate ${path}: ${reason}`, {
      hint: "Check the file that sslrootcert (or PGSSLROOTCERT) names.",
      cause: error,
    });
  }
}
