import { quoteText } from "../../core/sql/quote.ts";
import { type Row, ServerFailure, type Session } from "../../ports/session.ts";
import { assertSql, type TableNames, tableNames } from "../history/history-table.ts";
import type { DatabaseContext } from "../session/context.ts";
import { BEGIN_IN_OWN_PATH, uncancelled } from "../session/own-transaction.ts";
import {
  ATTEMPT_MS,
  inUse,
  isPassing,
  isRefusal,
  isStatementUnfinished,
  leaseFailure,
  UNDEFINED_TABLE,
  UNEXPIRED,
} from "./lease-table.ts";
import { hasKey, lockKeys } from "./lock-key.ts";
import type { RunLock } from "./run-lock.ts";

/**
 * The lock of a direct session: an advisory lock, which ends with the session. While a session holds it, nobody can
 * take the lease or begin a transaction under it. It is kept only if no holder of a lease can be running.
 */
export class AdvisoryLock {
  readonly #session: Session;
  readonly #names: TableNames;
  readonly #keys: string;
  #leaseExists: boolean;

  /** @param leaseExists true if the lease's table was seen; one that was created since then is found */
  constructor({ settings }: DatabaseContext, session: Session, leaseExists: boolean) {
    this.#session = session;
    this.#names = tableNames(settings);
    this.#keys = lockKeys(settings);
    this.#leaseExists = leaseExists;
  }

  /** @throws Failure privilege-missing when the role may not use the lease's table */
  async tryLock(): Promise<RunLock | undefined> {
    const isWon = this.#leaseExists ? await this.#takeUnlessLeased() : await this.#take();
    if (!isWon) return undefined;
    let released: Promise<void> | undefined;
    return {
      // The lock ends with the session, and so does everything that was sent over it.
      guard: "",
      guardBeforeDrop: "",
      check: assertSql(hasKey(this.#keys), "lock"),
      marker: "",
      release: () => (released ??= this.#unlock()),
    };
  }

  async #unlock(): Promise<void> {
    const sql = `SELECT pg_catalog.pg_advisory_unlock(${this.#keys})::text AS unlocked`;
    await uncancelled(() => this.#session.query(sql));
  }

  async #take(): Promise<boolean> {
    // Two messages: the second sees everything that others did before the lock was won.
    const [[taken], [found]] = await Promise.all([
      this.#session.query(`SELECT pg_catalog.pg_try_advisory_lock(${this.#keys})::text AS locked`),
      this.#session.query(
        `SELECT (pg_catalog.to_regclass(${quoteText(this.#names.lease)}) IS NOT NULL)::text AS there`,
      ),
    ]);
    this.#leaseExists = found?.there === "true";
    if (taken?.locked !== "true") return false;
    return !this.#leaseExists || (await this.#fence("SELECT 'true' AS locked")) === "won";
  }

  /**
   * Reads the lease before it takes the lock: while a lease is valid, taking the lock would only delay its holder's
   * next transaction.
   */
  async #takeUnlessLeased(): Promise<boolean> {
    const unexpired = `EXISTS (SELECT FROM ONLY ${this.#names.lease} AS held WHERE name = 'run' AND ${UNEXPIRED})`;
    const outcome = await this.#fence(
      `SELECT CASE WHEN ${unexpired} THEN 'false' ELSE pg_catalog.pg_try_advisory_lock(${this.#keys})::text END AS locked`,
    );
    return outcome === "no-table" ? await this.#take() : outcome === "won";
  }

  /**
   * Raises the fencing number of an unused lease, in one round trip. Releases the lock if the lease may be in use.
   * @param takingSql returns `locked`: true if the lock is ours
   * @param blindly ignores sessions whose statements this role cannot read
   */
  async #fence(takingSql: string, blindly = false): Promise<"won" | "held" | "no-table"> {
    const { lease } = this.#names;
    const row = (condition: string) => `FROM ONLY ${lease} AS held WHERE name = 'run' AND ${condition}`;
    const sent = [
      this.#session.execute(`${BEGIN_IN_OWN_PATH}; SET LOCAL lock_timeout = ${ATTEMPT_MS}`),
      this.#session.query(takingSql),
      this.#session.query(`WITH fenced AS (UPDATE ONLY ${lease} AS held SET fencing = held.fencing + 1
 WHERE name = 'run' AND ${hasKey(this.#keys)} AND NOT ${inUse(this.#names, blindly)} RETURNING 1)
 SELECT (NOT EXISTS (SELECT ${row("true")}) OR EXISTS (SELECT FROM fenced))::text AS free, EXISTS (SELECT ${row(`NOT ${inUse(this.#names, true)}`)})::text AS hidden`),
      this.#session.execute("COMMIT"),
    ] as const;
    const [begun, taken, looked, committed] = await Promise.allSettled(sent);
    const isTaken = taken.status === "fulfilled" && taken.value[0]?.locked === "true";
    const failed = [begun, taken, looked, committed].find((one) => one.status === "rejected");
    if (failed) return await this.#failed(failed.reason, isTaken);
    if (!isTaken) return "held";
    const found: Row | undefined = looked.status === "fulfilled" ? looked.value[0] : undefined;
    if (found?.free === "true") return "won";
    if (found?.hidden === "true" && !blindly && !(await isStatementUnfinished(this.#session, this.#names))) {
      return await this.#fence("SELECT 'true' AS locked", true);
    }
    await this.#unlock();
    return "held";
  }

  async #failed(error: unknown, isTaken: boolean): Promise<"held" | "no-table"> {
    if (!(error instanceof ServerFailure)) throw error;
    await this.#session.execute("ROLLBACK").catch(() => {});
    if (isTaken) await this.#unlock();
    const { code } = error.server;
    if (code === UNDEFINED_TABLE) return isTaken ? "held" : "no-table";
    if (isPassing(error)) return "held";
    if (isRefusal(error)) throw await leaseFailure(this.#session, this.#names, false, error);
    throw error;
  }
}
