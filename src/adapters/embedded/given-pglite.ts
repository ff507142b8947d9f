import { Failure, interruption } from "../../core/failure/failure.ts";
import { quoteIdentifier, quoteText } from "../../core/sql/quote.ts";
import type { CallersPglite, PgliteBackend } from "../../ports/pglite.ts";
import type { Database } from "../../ports/session.ts";
import { openSession } from "../session/open-session.ts";
import type { PostgresSession } from "../session/postgres-session.ts";
import { askPglite } from "./pglite-answer.ts";
import { PgliteWire } from "./pglite-wire.ts";

/** True for an instance of PGlite, of any version that can run messages one by one. */
export function isPglite(value: object): value is CallersPglite {
  return ["execProtocolRawStream", "runExclusive", "_runExclusiveTransaction"].every(
    (name) => typeof Reflect.get(value, name) === "function",
  );
}

/**
 * The PGlite instance of the calling program. Its one backend is shared: while a session is open, the program's own
 * queries and transactions wait, and afterwards the program finds its role, settings and LISTENs again. Never closed.
 */
export class GivenPglite implements Database {
  readonly description = "the given PGlite";
  readonly embedded = true;
  readonly #pglite: CallersPglite;
  #wire: PgliteWire | undefined;
  #opening = false;
  /** Settles when the program has its backend back. */
  #returned: Promise<void> = Promise.resolve();

  constructor(pglite: CallersPglite) {
    this.#pglite = pglite;
  }

  async open(signal?: AbortSignal): Promise<PostgresSession> {
    if (this.#opening || this.#wire?.isOpen) {
      throw inUse("pgstep has a session of it open", "Use a PostgreSQL server for what needs several sessions.");
    }
    this.#opening = true;
    try {
      const release = await hold(this.#pglite, signal);
      try {
        return await this.#openHeld(release);
      } catch (error) {
        release();
        throw error;
      }
    } finally {
      this.#opening = false;
    }
  }

  async #openHeld(release: () => void): Promise<PostgresSession> {
    const before = await readState(this.#pglite);
    const login = quoteIdentifier(before.role === "none" ? before.login : before.role);
    await askPglite(this.#pglite, `SET SESSION AUTHORIZATION ${login}; RESET ALL`);
    const wire = new PgliteWire(this.#pglite);
    this.#wire = wire;
    this.#returned = wire.closed.then(async () => {
      // A backend that stopped answering cannot be restored.
      await restoreState(this.#pglite, before).catch(() => {});
      release();
    });
    try {
      return await openSession(wire, {
        user: before.login,
        database: before.database,
        password: undefined,
        startup: {},
        embedded: true,
        login,
        cancel: async () => {},
      });
    } catch (error) {
      wire.destroy();
      await this.#returned;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#wire?.destroy();
    await this.#returned;
  }
}

/** Waits for the program's queries and transactions, and keeps new ones waiting until the returned function is called. */
async function hold(pglite: CallersPglite, signal: AbortSignal | undefined): Promise<() => void> {
  await pglite.waitReady;
  if (pglite.closed) throw inUse("it is closed", "Pass an instance that is open.");
  return await new Promise((resolve, reject) => {
    const give = (release: () => void) => (signal?.aborted ? release() : resolve(release));
    pglite._runExclusiveTransaction(() => pglite.runExclusive(() => new Promise<void>(give))).catch(reject);
    const giveUp = (by: AbortSignal) => reject(interruption(by, "Cannot open the given PGlite", "Nothing was done."));
    if (signal?.aborted) giveUp(signal);
    else signal?.addEventListener("abort", () => giveUp(signal), { once: true });
  });
}

/** The part of a session's state that a run changes. */
interface SessionState {
  readonly database: string;
  readonly login: string;
  /** "none" if no role is set. */
  readonly role: string;
  /** Without custom ones, which PostgreSQL does not list. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly channels: readonly string[];
  /** True if there is something in the session that a run would delete and that cannot be restored. */
  readonly isOccupied: boolean;
}

const STATE = `SELECT pg_catalog.json_build_object('database', pg_catalog.current_database(), 'login', session_user,
 'role', pg_catalog.current_setting('role'),
 'settings', (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_array(name, setting)), '[]') FROM pg_catalog.pg_settings
  WHERE source OPERATOR(pg_catalog.=) 'session'),
 'channels', (SELECT COALESCE(pg_catalog.json_agg(channel), '[]') FROM pg_catalog.pg_listening_channels() AS channel),
 'isOccupied', EXISTS (SELECT FROM pg_catalog.pg_prepared_statements)
  OR EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()))`;

/** @throws Failure database-in-use if a run would disturb the program's own work */
async function readState(pglite: PgliteBackend): Promise<SessionState> {
  const { value, isIdle } = await askPglite(pglite, STATE);
  if (!isIdle || value === undefined) throw inUse("a transaction is open in it", "End the transaction first.");
  const state = JSON.parse(value) as SessionState;
  if (!state.isOccupied) return state;
  throw inUse(
    "its session has temporary tables or prepared statements, which a run would drop",
    "Migrate before the program creates temporary tables and live queries.",
  );
}

async function restoreState(pglite: PgliteBackend, before: SessionState): Promise<void> {
  const statements = [
    "ROLLBACK",
    `SET SESSION AUTHORIZATION ${quoteIdentifier(before.login)}`,
    // Temporary tables and prepared statements can only be those of the run.
    "DISCARD ALL",
    ...before.settings.map(
      ([name, value]) => `SELECT pg_catalog.set_config(${quoteText(name)}, ${quoteText(value)}, false)`,
    ),
    ...before.channels.map((channel) => `LISTEN ${quoteIdentifier(channel)}`),
    ...(before.role === "none" ? [] : [`SET ROLE ${quoteIdentifier(before.role)}`]),
  ];
  for (const statement of statements) await askPglite(pglite, statement);
}

function inUse(reason: string, hint: string): Failure {
  return new Failure("database-in-use", `Cannot open a session of the given PGlite: ${reason}`, { hint });
}
