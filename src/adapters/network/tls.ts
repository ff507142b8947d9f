import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect, TLSSocket } from "node:tls";
import { Failure } from "../../core/failure/failure.ts";
import { messageOf } from "../../core/failure/system-error.ts";
import { ClosedEarly, type Dial, settling } from "./dial.ts";

/** How a connection is encrypted. */
export interface TlsSettings {
  /** Continue in plain text if the server does not support TLS. */
  readonly optional: boolean;
  /** TLS from the first byte, which PostgreSQL 17 and newer accept. */
  readonly direct: boolean;
  /** Reading them may throw a Failure. */
  readonly options: ConnectionOptions;
}

/** The server does not support TLS, although it is required. */
export class TlsRefused extends Error {
  override readonly name = "TlsRefused";
}

/** The TLS handshake failed on an open connection. */
export class TlsFailed extends Error {
  override readonly name = "TlsFailed";
}

/** The other end is not a PostgreSQL server. */
export class NotPostgres extends Error {
  override readonly name = "NotPostgres";
}

/**
 * The dial with TLS added, or unchanged without settings.
 * Its promises also reject with TlsRefused, TlsFailed, NotPostgres, and the Failure of the settings.
 */
export function encrypted(dial: Dial, tls: TlsSettings | undefined): Dial {
  if (!tls) return dial;
  return async (signal) => {
    const stream = await dial(signal);
    if (!tls.direct && !(await offersTls(stream, signal))) {
      if (tls.optional) return stream;
      stream.destroy();
      throw new TlsRefused("the server does not support TLS");
    }
    return await handshake(stream, tls, signal);
  };
}

/** SSLRequest and its one-byte answer (PostgreSQL documentation, 54.2.10 SSL Session Encryption). */
async function offersTls(stream: Duplex, signal: AbortSignal): Promise<boolean> {
  stream.write(SSL_REQUEST);
  try {
    const answer = await settling(stream, "data", signal);
    stream.pause();
    // More than one byte would be plain text injected before the encryption (CVE-2021-23222).
    if (Buffer.isBuffer(answer) && answer.length === 1 && (answer[0] === YES || answer[0] === NO)) {
      return answer[0] === YES;
    }
  } catch (error) {
    if (!(error instanceof ClosedEarly)) throw error;
  }
  stream.destroy();
  throw new NotPostgres("the other end is not a PostgreSQL server");
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const YES = 0x53;
const NO = 0x4e;

async function handshake(stream: Duplex, tls: TlsSettings, signal: AbortSignal): Promise<Duplex> {
  try {
    const options = { ...tls.options, socket: stream, ...(tls.direct && { ALPNProtocols: ["postgresql"] }) };
    const secure = connect(options);
    await settling(secure, "secureConnect", signal);
    // A server that does not know this protocol name may be a different one (CVE-2021-3618, the ALPACA attack).
    if (tls.direct && secure.alpnProtocol !== "postgresql") {
      throw new Error("the server did not agree to speak PostgreSQL's protocol");
    }
    return secure;
  } catch (error) {
    stream.destroy();
    if (signal.aborted || error instanceof Failure) throw error;
    throw new TlsFailed(messageOf(error), { cause: error });
  }
}

/** The server's certificate in DER; undefined for plain text. */
export function serverCertificate(stream: Duplex): Uint8Array | undefined {
  return stream instanceof TLSSocket ? stream.getPeerCertificate(true).raw : undefined;
}

export function isEncrypted(stream: Duplex): boolean {
  return stream instanceof TLSSocket;
}
