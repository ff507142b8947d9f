import { describeTarget, type Host, type ServerTarget } from "../core/connection/target.ts";
import { Failure } from "../core/error.ts";
import { interruption } from "../core/interruption.ts";
import type { Database } from "../ports/session.ts";
import { cancelRequest } from "./cancel-request.ts";
import { ConnectTimeout, connectionFailure, RoleUnfit } from "./connection-failure.ts";
import { type Dial, dialsTo } from "./dial.ts";
import { openSession, type PostgresSession, StartupRefused } from "./postgres-session.ts";
import { encrypted, NotPostgres, type TlsSettings } from "./tls.ts";
import { tlsAttempts } from "./tls-settings.ts";
import { streamWire } from "./wire.ts";

/** How the hosts of a target are reached. */
export interface Reach {
  readonly dials: (host: Host, keepAlive: boolean) => Promise<Dial[]>;
  /** With which TLS settings to try a host, in order; undefined for plain text. */
  readonly tlsAttempts: (target: ServerTarget, host: Host) => (TlsSettings | undefined)[];
}

/** The database on a PostgreSQL server that `target` names. */
export class PostgresDatabase implements Database {
  readonly description: string;
  readonly embedded = false;
  readonly #target: ServerTarget;
  readonly #reach: Reach;

  constructor(target: ServerTarget, reach: Reach = { dials: dialsTo, tlsAttempts }) {
    this.#target = target;
    this.#reach = reach;
    this.description = describeTarget(target);
  }

  /** Tries the hosts in order; the failure is that of the last one tried. */
  async open(signal?: AbortSignal): Promise<PostgresSession> {
    let failure: Failure | undefined;
    for (const host of this.#target.hosts) {
      try {
        return await this.#openHost(host, signal);
      } catch (error) {
        if (signal?.aborted) throw interruption(signal, `Cannot connect to ${this.description}`, "Nothing was done.");
        failure = error instanceof Failure ? error : connectionFailure(this.#target, host, error);
        if (!mayTryNext(failure)) throw failure;
      }
    }
    throw failure ?? new Failure("settings", "Cannot connect: no host is named");
  }

  async close(): Promise<void> {}

  async #openHost(host: Host, signal: AbortSignal | undefined): Promise<PostgresSession> {
    let failure: unknown;
    for (const tls of this.#reach.tlsAttempts(this.#target, host)) {
      try {
        return await this.#openInTime(host, tls, signal);
      } catch (error) {
        failure = error;
        // sslmode=allow: only a server that refuses plain text is asked again with TLS.
        if (!(error instanceof StartupRefused) || error.server?.code !== "28000") throw error;
      }
    }
    throw failure;
  }

  async #openInTime(
    host: Host,
    tls: TlsSettings | undefined,
    signal: AbortSignal | undefined,
  ): Promise<PostgresSession> {
    signal?.throwIfAborted();
    const deadline = new AbortController();
    const giveUp = () => deadline.abort(signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    const milliseconds = this.#target.connectTimeoutMs;
    const timer = milliseconds > 0 && setTimeout(() => deadline.abort(new ConnectTimeout("no answer")), milliseconds);
    try {
      return await untilAborted(this.#openAddresses(host, tls, deadline.signal), deadline.signal);
    } finally {
      if (timer) clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  async #openAddresses(host: Host, tls: TlsSettings | undefined, signal: AbortSignal): Promise<PostgresSession> {
    let failure: unknown;
    for (const dial of await this.#reach.dials(host, this.#target.keepAlive)) {
      try {
        return await this.#logIn(host, encrypted(dial, tls), signal);
      } catch (error) {
        failure = error;
        if (signal.aborted || error instanceof StartupRefused || error instanceof NotPostgres) throw error;
      }
    }
    throw failure;
  }

  async #logIn(host: Host, dial: Dial, signal: AbortSignal): Promise<PostgresSession> {
    const password = await host.password();
    const stream = await dial(signal);
    const abort = () => stream.destroy();
    signal.addEventListener("abort", abort);
    try {
      const session = await openSession(streamWire(stream), {
        user: this.#target.user,
        database: this.#target.database,
        password,
        startup: this.#target.startup,
        embedded: false,
        cancel: (processId, secret) => cancelRequest(dial, processId, secret),
      });
      if (this.#target.serverRole !== "any") await this.#checkRole(session);
      return session;
    } catch (error) {
      stream.destroy();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #checkRole(session: PostgresSession): Promise<void> {
    let { in_hot_standby: standby, default_transaction_read_only: readOnly } = session.backend.parameters;
    if (standby === undefined || readOnly === undefined) {
      // Servers before PostgreSQL 14 do not announce them.
      const [row] = await session.query(
        "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'on' ELSE 'off' END AS standby, pg_catalog.current_setting('default_transaction_read_only') AS read_only",
      );
      standby = String(row?.standby);
      readOnly = String(row?.read_only);
    }
    if (standby === "on") throw new RoleUnfit("the server is a standby, which takes no writes");
    if (this.#target.serverRole === "read-write" && readOnly === "on") throw new RoleUnfit("the server is read-only");
  }
}

/** After a failed log-in the other hosts would refuse as well; only an unready or unreachable host is passed over. */
function mayTryNext(failure: Failure): boolean {
  return failure.code === "connection-failed" && (failure.server === undefined || failure.server.code === "57P03");
}

/** Not every wait can be ended from outside (a name look-up cannot), so the deadline is raced as well. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
