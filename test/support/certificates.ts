import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

/** A certificate with its key, made by ourselves: no machine needs openssl for the tests. */
export interface Certificate {
  readonly name: string;
  readonly serial: Buffer;
  readonly privateKey: KeyObject;
  /** In PEM. */
  readonly certificate: string;
  readonly key: string;
  readonly der: Buffer;
}

export interface CertificateOptions {
  /** The common name of its subject. */
  readonly name: string;
  /** Who signs it; itself when absent, and then it may sign others. */
  readonly issuer?: Certificate;
  /** Host names and addresses it is for. */
  readonly hosts?: readonly string[];
  /** Until when it is good, in days from now; yesterday is -1. */
  readonly days?: number;
  /** How it is signed, and so the issuer's kind of key; ECDSA with SHA-256 when absent. */
  readonly signature?: keyof typeof SIGNATURES;
}

const SIGNATURES = {
  "ecdsa-sha256": { hash: "sha256", identifier: "1.2.840.10045.4.3.2" },
  "ecdsa-sha384": { hash: "sha384", identifier: "1.2.840.10045.4.3.3" },
  "rsa-sha1": { hash: "sha1", identifier: "1.2.840.113549.1.1.5" },
  "rsa-sha256": { hash: "sha256", identifier: "1.2.840.113549.1.1.11" },
  "rsa-sha512": { hash: "sha512", identifier: "1.2.840.113549.1.1.13" },
  ed25519: { hash: null, identifier: "1.3.101.112" },
} as const;

/** A certificate of its own key (RFC 5280, section 4.1). */
export function makeCertificate(options: CertificateOptions): Certificate {
  const { name, issuer, hosts = [], days = 2, signature = "ecdsa-sha256" } = options;
  const { privateKey, publicKey } = keyPair(signature);
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(8)]);
  const day = 86_400_000;
  const extensions = [
    extension("2.5.29.19", true, sequence(...(issuer ? [] : [boolean(true)]))),
    ...(hosts.length > 0 ? [extension("2.5.29.17", false, sequence(...hosts.map(alternativeName)))] : []),
  ];
  const certificate = signed(
    sequence(
      tagged(0xa0, integer(Buffer.from([2]))),
      integer(serial),
      algorithm(signature),
      commonName(issuer?.name ?? name),
      sequence(time(Date.now() - 3 * day), time(Date.now() + days * day)),
      commonName(name),
      publicKey.export({ type: "spki", format: "der" }),
      tagged(0xa3, sequence(...extensions)),
    ),
    issuer?.privateKey ?? privateKey,
    signature,
  );
  return {
    name,
    serial,
    privateKey,
    certificate: pem("CERTIFICATE", certificate),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    der: certificate,
  };
}

/** The list, in PEM, of the certificates that an issuer takes back (RFC 5280, section 5.1). */
export function makeRevocationList(issuer: Certificate, revoked: readonly Certificate[]): string {
  const now = time(Date.now() - 60_000);
  const entries = revoked.map(({ serial }) => sequence(integer(serial), now));
  const list = sequence(
    integer(Buffer.from([1])),
    algorithm("ecdsa-sha256"),
    commonName(issuer.name),
    now,
    time(Date.now() + 86_400_000),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
  );
  return pem("X509 CRL", signed(list, issuer.privateKey, "ecdsa-sha256"));
}

function keyPair(signature: keyof typeof SIGNATURES): { privateKey: KeyObject; publicKey: KeyObject } {
  if (signature.startsWith("rsa")) return generateKeyPairSync("rsa", { modulusLength: 2048 });
  if (signature === "ed25519") return generateKeyPairSync("ed25519");
  return generateKeyPairSync("ec", { namedCurve: signature === "ecdsa-sha384" ? "P-384" : "P-256" });
}

function signed(body: Buffer, key: KeyObject, signature: keyof typeof SIGNATURES): Buffer {
  return sequence(body, algorithm(signature), bits(sign(SIGNATURES[signature].hash, body, key)));
}

function algorithm(signature: keyof typeof SIGNATURES): Buffer {
  const { identifier } = SIGNATURES[signature];
  return sequence(objectIdentifier(identifier), ...(signature.startsWith("rsa") ? [tagged(0x05)] : []));
}

function commonName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(objectIdentifier("2.5.4.3"), tagged(0x0c, Buffer.from(name)))));
}

function alternativeName(host: string): Buffer {
  if (isIP(host) === 4) return tagged(0x87, Buffer.from(host.split(".").map(Number)));
  return tagged(0x82, Buffer.from(host));
}

function extension(identifier: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(identifier), ...(critical ? [boolean(true)] : []), tagged(0x04, value));
}

function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return tagged(0x30, ...contents);
}

function integer(value: Buffer): Buffer {
  return tagged(0x02, value);
}

function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]));
}

function bits(value: Buffer): Buffer {
  return tagged(0x03, Buffer.from([0]), value);
}

function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const groups = [40 * first + second, ...rest].map((part) => {
    const bytes = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80);
    return bytes;
  });
  return tagged(0x06, Buffer.from(groups.flat()));
}

/** UTCTime, good until 2049. */
function time(moment: number): Buffer {
  const [date = "", clock = ""] = new Date(moment).toISOString().split(/[T.]/);
  return tagged(0x17, Buffer.from(`${date.replaceAll("-", "").slice(2)}${clock.replaceAll(":", "")}Z`));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
