import { createHash } from "node:crypto";

/**
 * The hash of a server's DER certificate for channel binding (RFC 5929, section 4.1): the hash function of the
 * certificate's signature, with SHA-256 in place of MD5 and SHA-1. Undefined for a signature without a hash function
 * (Ed25519) and for bytes that are not a certificate.
 */
export function endPointHash(certificate: Uint8Array): Buffer | undefined {
  const algorithm = signatureHash(certificate);
  return algorithm === undefined ? undefined : createHash(algorithm).update(certificate).digest();
}

function signatureHash(certificate: Uint8Array): string | undefined {
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters }, signature } (RFC 5280)
  const [, algorithm] = children(children(certificate)[0]);
  const [identifier, parameters] = children(algorithm);
  const name = identifier && hex(identifier);
  if (name !== RSA_PSS) return name === undefined ? undefined : HASHES[name];
  // RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] SEQUENCE { OID } DEFAULT sha1, ... } (RFC 4055)
  const explicit = children(parameters)[0];
  const hash = explicit?.tag === 0xa0 ? children(children(explicit)[0])[0] : undefined;
  return hash === undefined ? "sha256" : HASHES[hex(hash)];
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The elements of DER bytes, or of one element's content; empty if malformed. */
function children(outer: Element | Uint8Array | undefined): Element[] {
  const bytes = outer === undefined ? new Uint8Array() : "content" in outer ? outer.content : outer;
  const found: Element[] = [];
  let index = 0;
  while (index + 2 <= bytes.length) {
    const tag = bytes[index] ?? 0;
    let length = bytes[index + 1] ?? 0;
    index += 2;
    if (length & 0x80) {
      const size = length & 0x7f;
      length = 0;
      for (const byte of bytes.subarray(index, index + size)) length = length * 256 + byte;
      index += size;
    }
    if (index + length > bytes.length) return [];
    found.push({ tag, content: bytes.subarray(index, index + length) });
    index += length;
  }
  return found;
}

function hex({ content }: Element): string {
  return Buffer.from(content).toString("hex");
}

/** 1.2.840.113549.1.1.10 */
const RSA_PSS = "2a864886f70d01010a";

/** Hash functions by the DER-encoded object identifier (hex) of a signature algorithm or hash function. */
const HASHES: Readonly<Record<string, string>> = {
  // RSA with MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512: 1.2.840.113549.1.1.n
  "2a864886f70d010104": "sha256",
  "2a864886f70d010105": "sha256",
  "2a864886f70d01010e": "sha224",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  // ECDSA with SHA-1, and with SHA-2: 1.2.840.10045.4.1 and 1.2.840.10045.4.3.n
  "2a8648ce3d0401": "sha256",
  "2a8648ce3d040301": "sha224",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  // The hash functions alone: SHA-1 is 1.3.14.3.2.26, SHA-2 2.16.840.1.101.3.4.2.n
  "2b0e03021a": "sha256",
  "608648016503040201": "sha256",
  "608648016503040202": "sha384",
  "608648016503040203": "sha512",
  "608648016503040204": "sha224",
};
