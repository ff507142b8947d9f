import { createHash, randomBytes } from "node:crypto";
import { endPointHash } from "../../core/authentication/channel-binding.ts";
import type { AuthenticationDemands, AuthenticationMethod } from "../../core/authentication/require-auth.ts";
import { type Binding, ScramError, ScramExchange } from "../../core/authentication/scram.ts";
import { readStrings } from "../session/backend-messages.ts";
import { passwordMessage, saslInitialMessage, saslMessage } from "./login-messages.ts";

export interface Credentials {
  readonly user: string;
  readonly password: string | undefined;
  readonly demands: AuthenticationDemands;
  /** True if nobody can listen to the stream: it is encrypted, or does not leave the machine. */
  readonly isPrivate: boolean;
  /** The server's certificate in DER; undefined if the stream is not encrypted. */
  readonly certificate: Uint8Array | undefined;
}

/** The server asks for an authentication method that is not allowed or not supported. */
export class AuthenticationRefused extends Error {
  override readonly name = "AuthenticationRefused";
  readonly hint: string;
  constructor(reason: string, hint: string) {
    super(reason);
    this.hint = hint;
  }
}

/** The server asks for a password, and none is known. */
export class PasswordMissing extends Error {
  override readonly name = "PasswordMissing";
}

/**
 * The client's side of authentication (PostgreSQL documentation, 54.2.1 Start-up, and 54.7, Authentication...).
 * The demands limit what the server may ask for; the server cannot change them.
 */
export class Authentication {
  passwordAsked = false;
  /** True if an MD5 digest of the password was sent over a connection that others may listen to. */
  isExposed = false;
  readonly #credentials: Credentials;
  #method: AuthenticationMethod = "none";
  #exchange: ScramExchange | undefined;
  #isBound = false;
  /** False while an exchange with the server is incomplete. */
  #isFinished = true;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /**
   * True if the message is not a request but the server's acceptance (AuthenticationOk).
   * @throws AuthenticationRefused if the demands are not met by then
   */
  isAccepted(body: Buffer): boolean {
    if (kindOf(body) !== KIND.ok) return false;
    const { demands } = this.#credentials;
    if (demands.channelBinding === "require" && !this.#isBound) throw bindingRefused(UNBOUND);
    if (!this.#isFinished) throw new ScramError("the server did not prove that it knows the password");
    if (this.#method === "none" && !demands.allowed.has("none")) throw methodRefused("no authentication at all");
    return true;
  }

  /**
   * The response to a request of the server; undefined if it needs none.
   * Rejects with AuthenticationRefused, PasswordMissing and ScramError.
   */
  async answer(body: Buffer): Promise<Buffer | undefined> {
    const data = body.subarray(4);
    switch (kindOf(body)) {
      case KIND.clearText:
        this.#begin("password");
        return this.#clearText();
      case KIND.md5:
        this.#begin("md5");
        return this.#md5(data);
      case KIND.sasl:
        return this.#startScram(readStrings(data));
      case KIND.saslContinue:
        if (!this.#exchange) throw new ScramError("the server's challenge came out of order");
        return saslMessage(await this.#exchange.prove(data.toString("latin1"), this.#password()));
      case KIND.saslFinal:
        if (!this.#exchange) throw new ScramError("the server's answer came out of order");
        this.#exchange.verify(data.toString("latin1"));
        this.#isFinished = true;
        return undefined;
      default:
        throw unknownMethod("GSSAPI, SSPI or another one");
    }
  }

  #begin(method: AuthenticationMethod): void {
    const { allowed, channelBinding } = this.#credentials.demands;
    // A server that asks again may be trying to get the password in clear text.
    if (this.#method !== "none") throw new ScramError("the server asks to authenticate twice");
    if (!allowed.has(method)) throw methodRefused(NAMES[method] ?? method);
    if (method !== "scram-sha-256") this.#requireServerOfUser(NAMES[method] ?? method);
    if (channelBinding === "require" && method !== "scram-sha-256") throw bindingRefused(UNBOUND);
    this.#method = method;
    this.passwordAsked = true;
  }

  /** A password that an impostor could read or guess is sent only to a server that the user has chosen. */
  #requireServerOfUser(method: string): void {
    const { demands, certificate } = this.#credentials;
    if (!demands.guard || (demands.guard.verifiesServer && certificate)) return;
    throw new AuthenticationRefused(
      `the server wants ${method}, and only ${demands.guard.origin} names the server`,
      "If you trust the server, name it with --url or DATABASE_URL, or set PGSSLMODE=verify-full and PGSSLROOTCERT=<file>.",
    );
  }

  #password(): string {
    const { user, password } = this.#credentials;
    if (password) return password;
    throw new PasswordMissing(`the server asks for the password of user "${user}", and none was given`);
  }

  #clearText(): Buffer {
    const { isPrivate, demands } = this.#credentials;
    if (isPrivate || demands.clearTextAgreed) return passwordMessage(this.#password());
    throw new AuthenticationRefused(
      "the server asks for the password in clear text, and the connection is not encrypted",
      "Connect with sslmode=require, or allow it with require_auth=password in the URL or PGREQUIREAUTH=password.",
    );
  }

  #md5(salt: Buffer): Buffer {
    this.isExposed = !this.#credentials.isPrivate;
    const inner = md5(Buffer.from(`${this.#password()}${this.#credentials.user}`));
    return passwordMessage(`md5${md5(Buffer.concat([Buffer.from(inner), salt]))}`);
  }

  #startScram(offered: readonly string[]): Buffer {
    if (!offered.some((mechanism) => mechanism === SCRAM || mechanism === SCRAM_PLUS)) {
      throw unknownMethod(offered.filter((mechanism) => mechanism !== "").join(", "));
    }
    this.#begin("scram-sha-256");
    this.#isFinished = false;
    const binding = this.#binding(offered);
    this.#isBound = typeof binding === "object";
    this.#password();
    this.#exchange = new ScramExchange(binding, randomBytes(18).toString("base64"));
    return saslInitialMessage(this.#isBound ? SCRAM_PLUS : SCRAM, this.#exchange.first());
  }

  #binding(offered: readonly string[]): Binding {
    const { certificate, demands } = this.#credentials;
    const required = demands.channelBinding === "require";
    if (!certificate) {
      if (required) throw bindingRefused("needs TLS, and the connection is not encrypted");
      if (offered.includes(SCRAM_PLUS)) {
        throw new ScramError("the server takes the connection for encrypted, which it is not");
      }
      return "none";
    }
    if (demands.channelBinding === "disable") return "none";
    const endPoint = endPointHash(certificate);
    if (!endPoint) {
      if (required) throw bindingRefused("is not defined for the kind of certificate that the server has");
      // "not offered" would look like an attack to a server that did offer it.
      return "none";
    }
    if (offered.includes(SCRAM_PLUS)) return { endPoint };
    if (required) throw bindingRefused("is not offered by the server");
    return "not offered";
  }
}

function kindOf(body: Buffer): number {
  return body.length < 4 ? Number.NaN : body.readUInt32BE(0);
}

function md5(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}

function methodRefused(method: string): AuthenticationRefused {
  return new AuthenticationRefused(
    `the server wants ${method}, which require_auth does not allow`,
    "Change require_auth (PGREQUIREAUTH), or the method in the server's pg_hba.conf.",
  );
}

function bindingRefused(reason: string): AuthenticationRefused {
  return new AuthenticationRefused(
    `channel_binding=require ${reason}`,
    "Let the server use scram-sha-256 over TLS and connect with sslmode=require, or write channel_binding=prefer.",
  );
}

function unknownMethod(method: string): AuthenticationRefused {
  return new AuthenticationRefused(
    `the server asks for an authentication method that is not supported (${method})`,
    "Allow scram-sha-256 or cert for this user and address in the server's pg_hba.conf.",
  );
}

const UNBOUND = "is set, and the server accepts the login without it";
const SCRAM = "SCRAM-SHA-256";
const SCRAM_PLUS = "SCRAM-SHA-256-PLUS";
const KIND = { ok: 0, clearText: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;
const NAMES: Readonly<Partial<Record<AuthenticationMethod, string>>> = {
  password: "the password in clear text",
  md5: "md5",
  "scram-sha-256": "scram-sha-256",
};
