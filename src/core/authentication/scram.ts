import { createHash, createHmac, pbkdf2, timingSafeEqual } from "node:crypto";
import { saslprep } from "./saslprep.ts";

/** How the log-in is tied to the encrypted connection (RFC 5802, section 6). */
export type Binding =
  /** Not at all: the line is not encrypted, or it is not wanted. */
  | "none"
  /** We could, but the server did not offer it; it notices when somebody has taken its offer away. */
  | "not offered"
  /** To the hash of the server's certificate, of type tls-server-end-point. */
  | { readonly endPoint: Buffer };

/** What the server said does not follow the rules of SCRAM, or proves that it does not know the password. */
export class ScramFault extends Error {
  override readonly name = "ScramFault";
}

/** The client's side of one log-in with SCRAM-SHA-256 (RFC 5802, RFC 7677); PostgreSQL ignores the user in it. */
export class ScramExchange {
  readonly #header: string;
  readonly #bound: string;
  readonly #nonce: string;
  #serverSignature: Buffer | undefined;

  /** `nonce` is printable, without commas, and never used twice. */
  constructor(binding: Binding, nonce: string) {
    this.#nonce = nonce;
    this.#header = binding === "none" ? "n,," : binding === "not offered" ? "y,," : "p=tls-server-end-point,,";
    const data = typeof binding === "object" ? binding.endPoint : Buffer.alloc(0);
    this.#bound = Buffer.concat([Buffer.from(this.#header), data]).toString("base64");
  }

  /** The message that begins it. */
  first(): string {
    return `${this.#header}${this.#bare()}`;
  }

  /**
   * The answer to the server's challenge: the proof of the password.
   * @throws ScramFault
   */
  async prove(challenge: string, password: string): Promise<string> {
    const match = /^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,9})$/.exec(challenge);
    const [, nonce = "", salt = "", iterations = ""] = match ?? [];
    if (!match || !nonce.startsWith(this.#nonce) || nonce === this.#nonce) {
      throw new ScramFault("the server's challenge is malformed");
    }
    if (Number(iterations) > MOST_ITERATIONS) {
      throw new ScramFault(
        `the server wants the password hashed ${iterations} times, and pgstep does it 10,000,000 times at most`,
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
   * Checks that the server knows the password as well.
   * @throws ScramFault
   */
  verify(outcome: string): void {
    const signature = Buffer.from(/^v=([A-Za-z0-9+/=]+)$/.exec(outcome)?.[1] ?? "", "base64");
    const expected = this.#serverSignature;
    if (expected?.length !== signature.length || !timingSafeEqual(expected, signature)) {
      throw new ScramFault("the server did not prove that it knows the password");
    }
  }

  #bare(): string {
    return `n=,r=${this.#nonce}`;
  }
}

/**
 * Some seconds of one processor; PostgreSQL's default is 4096. Hashing cannot be broken off, so a server that asked for
 * more would keep this process busy long after the log-in has failed.
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
