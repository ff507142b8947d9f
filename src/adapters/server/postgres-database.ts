import {
  describeTarget,
  type Host,
  isSocket,
  isSystemSocket,
  type ServerRole,
  type ServerTarget,
} from "../../core/connection/target.ts";
import { Failure, finding, interruption } from "../../core/failure/failure.ts";
import type { EventListener } from "../../core/reports/event.ts";
import type { Database } from "../../ports/session.ts";
import { type Dial, dialsTo } from "../network/dial.ts";
import { encrypted, isEncrypted, NotPostgres, serverCertificate, TlsFailed, type TlsSettings } from "../network/tls.ts";
import { tlsAttempts } from "../network/tls-settings.ts";
import { ProtocolError } from "../session/answer-rules.ts";
import { openSession, StartupRefused } from "../session/open-session.ts";
import type { PostgresSession } from "../session/postgres-session.ts";
import { PasswordMissing } from "./authentication.ts";
import { cancelRequest } from "./cancel-request.ts";
import { ConnectTimeout, connectionFailure } from "./connection-failure.ts";
import { logIn } from "./login.ts";
import { resumedWire } from "./resumed-wire.ts";
import { checkRole } from "./server-role.ts";

/** How the hosts of a target are reached. */
export interface Reach {
  readonly dials: (host: Host, keepAliveMs: number | undefined) => Promise<Dial[]>;
  /** The TLS settings to try, in order; undefined for plain text. */
  readonly tlsAttempts: (target: ServerTarget, host: Host) => (TlsSettings | undefined)[];
}

/** Asks for the password of a user; undefined without a terminal or an answer. */
export type AskPassword = (user: string, signal: AbortSignal | undefined) => Promise<string | undefined>;

/** Receives questions and warnings while connecting. */
export interface Attendance {
  readonly askPassword?: AskPassword;
  readonly emit?: EventListener;
}

/** The database on a PostgreSQL server that `target` names. */
export class PostgresDatabase implements Database {
  readonly description: string;
  readonly embedded = false;
  readonly #target: ServerTarget;
  readonly #attendance: Attendance;
  readonly #reach: Reach;
  /** The typed password, for later sessions. */
  #answered: string | undefined;
  #warned = false;

  constructor(target: ServerTarget, attendance: Attendance = {}, reach: Reach = { dials: dialsTo, tlsAttempts }) {
    this.#target = target;
    this.#attendance = attendance;
    this.#reach = reach;
    this.description = describeTarget(target);
  }

  /** Tries the hosts in order; the failure is that of the last one tried. */
  async open(signal?: AbortSignal): Promise<PostgresSession> {
    const { hosts, shuffled, serverRole } = this.#target;
    const order = shuffled ? shuffle(hosts) : hosts;
    const roles: ServerRole[] = serverRole === "prefer-standby" ? ["standby", "any"] : [serverRole];
    let failure: Failure | undefined;
    for (const role of roles) {
      for (const host of order) {
        try {
          return await this.#openHost(host, role, signal);
        } catch (error) {
          if (signal?.aborted) throw interruption(signal, `Cannot connect to ${this.description}`, "Nothing was done.");
          failure = error instanceof Failure ? error : connectionFailure(this.#target, host, error);
          if (!mayTryNext(failure)) throw failure;
        }
      }
    }
    throw (
      failure ??
      new Failure("settings", "Cannot connect: no host is named", {
        hint: "Name one: --url postgres://user@host/database.",
      })
    );
  }

  async close(): Promise<void> {}

  /** Once for all sessions. */
  #warnOfMd5(): void {
    if (this.#warned) return;
    this.#warned = true;
    const warning = finding("md5-login", {
      message: `logged in to ${this.description} by md5 without TLS: an eavesdropper can guess the password from the login`,
      hint: "Connect with sslmode=verify-full, or let the server use scram-sha-256 for this role.",
    });
    this.#attendance.emit?.({ type: "warning", finding: warning });
  }

  /** As in libpq, the user is asked only after the server has asked for a password that is not known. */
  async #openHost(host: Host, role: ServerRole, signal: AbortSignal | undefined): Promise<PostgresSession> {
    try {
      return await this.#openOneWay(host, role, signal);
    } catch (error) {
      if (!(error instanceof PasswordMissing) || this.#answered !== undefined) throw error;
      this.#answered = await this.#attendance.askPassword?.(this.#target.user, signal);
      if (this.#answered === undefined) throw error;
      return await this.#openOneWay(host, role, signal);
    }
  }

  /** With or without TLS, by sslmode: for allow and prefer, the other way is tried after a refusal. */
  async #openOneWay(host: Host, role: ServerRole, signal: AbortSignal | undefined): Promise<PostgresSession> {
    const password = (await host.password()) || this.#answered;
    const attempts = this.#reach.tlsAttempts(this.#target, host);
    let failure: unknown;
    for (const tls of attempts) {
      const attempt = { host, role, password, wasEncrypted: false };
      try {
        return await this.#openAddresses(attempt, tls, signal);
      } catch (error) {
        // The TLS error is more useful than the error of the attempt without it.
        if (failure === undefined || !isTlsProblem(failure)) failure = error;
        const isRefusal = error instanceof StartupRefused && error.server?.code === "28000";
        const triedAsMeant = tls === undefined || attempt.wasEncrypted;
        if (!(isRefusal && triedAsMeant) && !(tls && isTlsProblem(error))) throw error;
      }
    }
    throw failure;
  }

  async #openAddresses(
    attempt: Attempt,
    tls: TlsSettings | undefined,
    signal: AbortSignal | undefined,
  ): Promise<PostgresSession> {
    const { shuffled, keepAliveMs } = this.#target;
    const dials = await this.#inTime(signal, () => this.#reach.dials(attempt.host, keepAliveMs));
    let failure: unknown;
    for (const dial of shuffled ? shuffle(dials) : dials) {
      try {
        return await this.#inTime(signal, (deadline) => this.#logIn(attempt, encrypted(dial, tls), deadline));
      } catch (error) {
        failure = error;
        if (signal?.aborted || !mayTryNextAddress(error)) throw error;
      }
    }
    throw failure;
  }

  /** Gives each address its own time, as libpq does. */
  async #inTime<T>(signal: AbortSignal | undefined, work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const deadline = new AbortController();
    const giveUp = () => deadline.abort(signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    const milliseconds = this.#target.connectTimeoutMs;
    const timer = milliseconds > 0 && setTimeout(() => deadline.abort(new ConnectTimeout("no answer")), milliseconds);
    try {
      return await untilAborted(work(deadline.signal), deadline.signal);
    } finally {
      if (timer) clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  async #logIn(attempt: Attempt, dial: Dial, signal: AbortSignal): Promise<PostgresSession> {
    const { host, role, password } = attempt;
    const { user, database, startup, authentication } = this.#target;
    const stream = await dial(signal);
    attempt.wasEncrypted = isEncrypted(stream);
    const abort = () => stream.destroy();
    signal.addEventListener("abort", abort);
    try {
      const said = await logIn(stream, {
        user,
        database,
        password,
        startup,
        demands: isSystemSocket(host) ? { ...authentication, guard: undefined } : authentication,
        isPrivate: attempt.wasEncrypted || isSocket(host),
        certificate: serverCertificate(stream),
        exposed: () => this.#warnOfMd5(),
      });
      const session = await openSession(resumedWire(stream, said), {
        user,
        database,
        password: undefined,
        startup,
        embedded: false,
        cancel: (processId, secret) => cancelRequest(dial, processId, secret),
      });
      await checkRole(session, role);
      return session;
    } catch (error) {
      stream.destroy();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}

/** One way to reach a host. */
interface Attempt {
  readonly host: Host;
  readonly role: ServerRole;
  readonly password: string | undefined;
  wasEncrypted: boolean;
}

/** TLS failed, or its files are unusable; a missing feature of the runtime does not count. */
function isTlsProblem(error: unknown): boolean {
  return error instanceof TlsFailed || (error instanceof Failure && error.code === "settings");
}

/** After a failed log-in the other hosts would refuse as well; only an unready or unreachable host is skipped. */
function mayTryNext(failure: Failure): boolean {
  return failure.code === "connection-failed" && (failure.server === undefined || failure.server.code === "57P03");
}

/** An answer from one address holds for all addresses of the host. */
function mayTryNextAddress(error: unknown): boolean {
  return (
    !(error instanceof StartupRefused) &&
    !(error instanceof NotPostgres) &&
    !(error instanceof ProtocolError) &&
    !(error instanceof PasswordMissing) &&
    !(error instanceof Failure)
  );
}

function shuffle<T>(list: readonly T[]): T[] {
  const order = list.map((entry) => ({ entry, rank: Math.random() }));
  return order.sort((one, other) => one.rank - other.rank).map(({ entry }) => entry);
}

/** Some waits cannot be aborted (name look-ups), so the promise also races with the signal. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
