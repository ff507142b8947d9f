import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import * as tls from "node:tls";
import type { TlsDemands } from "../../core/connection/target.ts";
import { Failure } from "../../core/failure/failure.ts";
import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import { homeDirectory } from "./home-directory.ts";

/** libpq's default location of a TLS file (PostgreSQL documentation, 32.19.6 SSL Client File Usage). */
function userFile(name: string): string {
  if (process.platform === "win32") return join(process.env.APPDATA ?? homeDirectory(), "postgresql", name);
  return join(homeDirectory(), ".postgresql", name);
}

/**
 * The trusted roots in PEM; undefined if there are none and none are needed.
 * @throws Failure settings
 */
export function rootCertificates({ rootCertificate: named, mode }: TlsDemands): readonly string[] | undefined {
  if (named === "system") return systemRoots();
  const path = named ?? userFile("root.crt");
  if (statusOf(path)) return [read(path, "the root certificate")];
  if (mode !== "verify-ca" && mode !== "verify-full") return undefined;
  throw new Failure("settings", `Cannot verify the server's certificate: there is no root certificate in ${path}`, {
    hint: "Name one with sslrootcert=<file>, or trust the usual authorities with sslrootcert=system.",
  });
}

/** The roots in the file that SSL_CERT_FILE names, as in OpenSSL; else the system's, else those of the runtime. */
function systemRoots(): readonly string[] {
  const files = process.env.SSL_CERT_FILE ? [process.env.SSL_CERT_FILE] : SYSTEM_ROOTS;
  const found = files.find((path) => statusOf(path));
  if (found !== undefined) return [read(found, "the root certificates")];
  // Missing in Node 20 and older releases of Bun.
  const ask: unknown = Reflect.get(tls, "getCACertificates");
  const certificates: unknown = typeof ask === "function" ? Reflect.apply(ask, tls, ["system"]) : undefined;
  return Array.isArray(certificates) && certificates.length > 0 ? certificates.map(String) : tls.rootCertificates;
}

/** Debian and its derivatives, Alpine; Fedora and its derivatives; the BSDs and macOS. */
const SYSTEM_ROOTS = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/**
 * The certificate revocation lists in PEM; empty without any.
 * @throws Failure settings if a named list cannot be read, runtime-unsupported if the runtime does not support lists
 */
export function revocationLists({ revocationList, revocationDirectory }: TlsDemands): readonly string[] {
  const given = revocationList ?? revocationDirectory;
  const standard = userFile("root.crl");
  if (given === undefined && !statusOf(standard)) return [];
  if (process.versions.deno !== undefined) {
    throw new Failure(
      "runtime-unsupported",
      `Cannot use the revocation list ${given ?? standard}: Deno does not support them`,
      {
        hint: "Run pgstep on Node or Bun, or remove sslcrl and sslcrldir (PGSSLCRL, PGSSLCRLDIR).",
      },
    );
  }
  if (given === undefined) return [read(standard, REVOCATIONS)];
  const lists = revocationList === undefined ? [] : [read(revocationList, REVOCATIONS)];
  return revocationDirectory === undefined ? lists : [...lists, ...hashedLists(revocationDirectory)];
}

/** The lists in a directory that c_rehash prepared: <hash of the issuer's name>.r<number>. */
function hashedLists(directory: string): string[] {
  try {
    const names = readdirSync(directory).filter((name) => /^[0-9a-f]{8}\.r[0-9]+$/.test(name));
    return names.sort().map((name) => read(join(directory, name), REVOCATIONS));
  } catch (error) {
    throw unreadable(REVOCATIONS, directory, error);
  }
}

const REVOCATIONS = "the revocation list";

/** Certificate and decrypted key, in PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * The certificate for a server that asks for one; undefined if there is none, or it must not be sent.
 * @throws Failure settings
 */
export function clientCertificate(demands: TlsDemands): ClientCertificate | undefined {
  const path = demands.clientCertificate ?? userFile("postgresql.crt");
  // A missing file means no certificate, even if it is named: the server decides whether it needs one.
  if (!demands.showsCertificate || !statusOf(path)) return undefined;
  const cert = read(path, "the client certificate");
  const keyPath = demands.clientKey ?? userFile("postgresql.key");
  const key = readKey(keyPath, demands.clientKeyPassword());
  if (!parsed(path, cert).checkPrivateKey(key)) {
    throw new Failure("settings", `Cannot use the client certificate ${path}: ${keyPath} is not its key`, {
      hint: "Name the matching key with sslkey (PGSSLKEY).",
    });
  }
  return { cert, key: key.export({ type: "pkcs8", format: "pem" }).toString() };
}

function parsed(path: string, cert: string): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch (error) {
    throw new Failure("settings", `Cannot read the client certificate ${path}: it is not in PEM`, {
      hint: "Convert it to PEM: openssl x509 -inform der -in <file> -out <file>.",
      cause: error,
    });
  }
}

function readKey(path: string, password: string | undefined): KeyObject {
  const status = statusOf(path);
  if (!status?.isFile()) {
    throw new Failure("settings", `Cannot use the client certificate: there is no key file ${path}`, {
      hint: "Name the certificate's key with sslkey (PGSSLKEY).",
    });
  }
  if (process.platform !== "win32" && (status.mode & (status.uid === 0 ? BEYOND_GROUP : OTHERS)) !== 0) {
    throw new Failure("settings", `Cannot use the key ${path}: others may read it`, { hint: `Run: chmod 600 ${path}` });
  }
  const bytes = readFileSync(path);
  const passphrase = password === undefined ? {} : { passphrase: password };
  const forms = [
    { key: bytes, format: "pem", ...passphrase },
    { key: bytes, format: "der", type: "pkcs8", ...passphrase },
    { key: bytes, format: "der", type: "pkcs1", ...passphrase },
    { key: bytes, format: "der", type: "sec1", ...passphrase },
  ] as const;
  let failure: unknown;
  for (const form of forms) {
    try {
      return createPrivateKey(form);
    } catch (error) {
      failure ??= error;
    }
  }
  if (/ENCRYPTED/.test(bytes.toString("latin1"))) {
    const reason = password === undefined ? "it is encrypted and no password is given" : "the password is wrong";
    throw new Failure("settings", `Cannot use the key ${path}: ${reason}`, {
      hint: "Give the key's password with sslpassword=<password>.",
    });
  }
  throw new Failure("settings", `Cannot use the key ${path}: it is neither PEM nor DER`, {
    hint: "Name a file with a private key.",
    cause: failure,
  });
}

/** As in libpq: no access for others, except that a group may read root's files. */
const OTHERS = 0o077;
const BEYOND_GROUP = 0o037;

/** Undefined if there is no such file. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOTDIR" || code === "ENOENT") return undefined;
    throw unreadable("the file", path, error);
  }
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(what, path, error);
  }
}

function unreadable(what: string, path: string, error: unknown): Failure {
  return new Failure("settings", `Cannot read ${what} ${path}: ${systemWords(error, "file")}`, {
    hint: "Check the file that the ssl parameter (or PGSSL variable) names.",
    cause: error,
  });
}
