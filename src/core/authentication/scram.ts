import { createHash, createHmac, pbkdf2, timingSafeEqual } from "node:crypto";
import { saslprep } from "./saslprep.ts";

/** Channel binding of a login (RFC 5802, section 6). */
export type Binding =
  /** No channel binding: the connection is not encrypted, or binding is disabled. */
  | "none"
  /** The client supports it and the server did not offer it; the server detects an offer that somebody removed. */
  | "not offered"
  /** Bound to the hash of the server's certificate (tls-server-end-point). */
  | { readonly endPoint: Buffer };

/** The server's message violates SCRAM, or shows that the server does not know the password. */
export class ScramError extends Error {
  override readonly name = "ScramError";
}

/** The client's side of one SCRAM-SHA-256 login (RFC 5802, RFC 7677); PostgreSQL ignores the user name in it. */
export class ScramExchange {
  readonly #header: string;
  readonly #bound: string;
  readonly #nonce: string;
  #serverSignature: Buffer | undefined;

  /** @param nonce printable, without commas, never reused */
  constructor(binding: Binding, nonce: string) {
    this.#nonce = nonce;
    this.#header = binding === "none" ? "n,," : binding === "not offered" ? "y,," : "p=tls-server-end-point,,";
    const data = typeof binding === "object" ? binding.endPoint : Buffer.alloc(0);
    this.#bound = Buffer.concat([Buffer.from(this.#header), data]).toString("base64");
  }

  /** The client-first message. */
  first(): string {
    return `${this.#header}${this.#bare()}`;
  }

  /**
   * The client-final message: answers the server's challenge with a proof of the password.
   * @throws ScramError
   */
  async prove(challenge: string, password: string): Promise<string> {
    const match = /^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,9})$/.exec(challenge);
    const [, nonce = "", salt = "", iterations = ""] = match ?? [];
    if (!match || !nonce.startsWith(this.#nonce) || nonce === this.#nonce) {
      throw new ScramError("the server's challenge is malformed");
    }
    if (Number(iterations) > MOST_ITERATIONS) {
      throw new ScramError(
        `the server asks for ${iterations} hash iterations of the password; pgstep allows at most 10,000,000`,
      );
    }
    const salted = await derive(saslprep(password), Buffer.from(salt, "base64"), Number(iterations));
    const proofless = `c=${this.#bound},r=${nonce}`;
    const conversation = `${this.#bare()},${challenge},${proofless}`;
    const clientKey = hmac(salted, "Client Key");
    const signature = hmac(createHash("sha256").update(clientKey).digest(), conversation);
    this.#serverSignature = hmac(hmac(salted, "Server Key"), conversation);
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
    return `${proofless},p=${Buffer.from(proof).toString("base64")}`;
  }

  /**
   * Checks that the server knows the password too.
   * @throws ScramError
   */
  verify(outcome: string): void {
    const signature = Buffer.from(/^v=([A-Za-z0-9+/=]+)$/.exec(outcome)?.[1] ?? "", "base64");
    const expected = this.#serverSignature;
    if (expected?.length !== signature.length || !timingSafeEqual(expected, signature)) {
      throw new ScramError("the server did not prove that it knows the password");
    }
  }

  #bare(): string {
    return `n=,r=${this.#nonce}`;
  }
}

/**
 * A few seconds of CPU time; PostgreSQL's default is 4096. Hashing cannot be cancelled, so a server that asked for more
 * would keep this process busy long after the login failed.
 */
const MOST_ITERATIONS = 10_000_000;

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function derive(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, 32, "sha256", (error, key) => (error ? reject(error) : resolve(key)));
  });
}
