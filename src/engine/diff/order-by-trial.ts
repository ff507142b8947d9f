import { type Action, PHASE } from "../../core/diff/action.ts";
import type { ServerMessage } from "../../core/failure/failure.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { obstacles } from "./obstacles.ts";

/** An action that could not be done, and why. */
export interface Stuck {
  readonly action: Action;
  readonly reason: ServerMessage;
}

export interface TrialOrder {
  /** In the order in which they were done. */
  readonly done: readonly Action[];
  readonly stuck: readonly Stuck[];
}

/** A limit for cycles in which actions make room for each other. */
const MOST_PASSES = 200;

/**
 * Runs the actions in the open transaction, each after a savepoint. An action that fails is retried after the others. When
 * no action succeeds any more, the objects that prevent one are dropped, or the action's alternative runs; the next round
 * creates the dropped objects again.
 */
export class OrderByTrial {
  readonly #session: Session;
  readonly #done: Action[] = [];
  #pending: Action[];
  #stuck: Stuck[] = [];
  readonly #made = new Set<string>();

  constructor(session: Session, actions: readonly Action[]) {
    this.#session = session;
    this.#pending = [...actions];
  }

  /** @throws ConnectionLost */
  async run(): Promise<TrialOrder> {
    // Room is made before keys, indexes and views are created: otherwise it might drop them again.
    const late = this.#pending.filter(({ phase }) => phase >= PHASE.key);
    this.#pending = this.#pending.filter(({ phase }) => phase < PHASE.key);
    await this.#settle(() => this.#makeRoom());
    this.#pending.push(...late);
    await this.#settle(async () => (await this.#makeRoom()) || this.#tryOtherwise() || this.#leaveBodiesUnchecked());
    return { done: this.#done, stuck: this.#stuck };
  }

  /** @param help returns true if actions that were stuck may be tried once more */
  async #settle(help: () => Promise<boolean>): Promise<void> {
    for (let pass = 0; pass < MOST_PASSES && this.#pending.length > 0; pass++) {
      const moved = await this.#pass();
      if (!moved && !(await help())) break;
    }
  }

  async #pass(): Promise<boolean> {
    const before = this.#done.length;
    this.#stuck = [];
    for (const action of this.#pending) {
      const reason = await this.#attempt(action.sql);
      if (reason) this.#stuck.push({ action, reason });
      else this.#done.push(action);
    }
    this.#pending = this.#stuck.map(({ action }) => action);
    return this.#done.length > before;
  }

  /** @returns why it failed */
  async #attempt(sql: string): Promise<ServerMessage | undefined> {
    try {
      await this.#session.execute(`SAVEPOINT pgstep_diff; ${sql}; RELEASE SAVEPOINT pgstep_diff`);
      return undefined;
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error;
      await this.#session.execute("ROLLBACK TO SAVEPOINT pgstep_diff; RELEASE SAVEPOINT pgstep_diff");
      return error.server;
    }
  }

  /** Drops what depends on the object of the first action that such objects stop. */
  async #makeRoom(): Promise<boolean> {
    for (const { action, reason } of this.#stuck) {
      if (!action.targets || !isStopped(reason)) continue;
      const isOfKey = isKeyOfOtherType(reason);
      const found = (await obstacles(this.#session, action.targets)).filter(
        ({ sql }) => !this.#made.has(sql) && (!isOfKey || / DROP CONSTRAINT /.test(sql)),
      );
      if (found.length === 0) continue;
      for (const { sql } of found) this.#made.add(sql);
      const place = this.#pending.indexOf(action);
      this.#pending.splice(place, 0, ...found);
      return true;
    }
    return false;
  }

  #tryOtherwise(): boolean {
    for (const { action } of this.#stuck) {
      const [next, ...others] = action.otherwise ?? [];
      const place = this.#pending.indexOf(action);
      if (!next || place === -1) continue;
      const [first, ...rest] = next;
      if (!first) continue;
      this.#pending.splice(place, 1, { ...first, otherwise: [...(first.otherwise ?? []), ...others] }, ...rest);
      return true;
    }
    return false;
  }

  #leaveBodiesUnchecked(): boolean {
    const [first] = this.#stuck;
    if (!first || this.#made.has(UNCHECKED)) return false;
    this.#made.add(UNCHECKED);
    if (!this.#stuck.some(({ action }) => /^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE)/.test(action.sql)))
      return false;
    this.#pending.unshift({ sql: UNCHECKED, phase: 0, order: 0 });
    return true;
  }
}

/** Two SQL functions that call each other cannot be checked before both exist. */
const UNCHECKED = "SET LOCAL check_function_bodies = off";

/** True if other objects stop a statement: dependents, or what uses a column in an expression. */
function isStopped(reason: ServerMessage): boolean {
  return ["2BP01", "0A000", "42883", "42P16", "55006"].includes(reason.code) || isKeyOfOtherType(reason);
}

/** True if the column of a foreign key gets another type than the one at its other end. */
function isKeyOfOtherType({ code, message }: ServerMessage): boolean {
  return code === "42804" && /^foreign key constraint ".*" cannot be implemented$/s.test(message);
}
