import type { EventListener } from "../../core/reports/event.ts";
import { type Blockers, NO_BLOCKERS, type RunActivity } from "../../core/reports/other-sessions.ts";
import type { Session } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";
import { readActivity } from "./run-activity.ts";

/** Watches a run from a second connection: who holds it up, and the progress of its statements. */
export interface Observer {
  /** The blockers that were seen last; empty if none were. */
  readonly blockers: Blockers;
  stop(): Promise<void>;
}

/** A blocker must be seen before the lock timeout ends the wait. */
const PART_OF_LOCK_TIMEOUT = 0.6;
const LONGEST_INTERVAL_MS = 2_000;
const SHORTEST_INTERVAL_MS = 50;

/**
 * Polls the backend of the run, and emits an event when the answer has changed. A run that ends before the first poll
 * never opens a second connection.
 * @param processId the server's own, so not behind a transaction pooler
 */
export function observe(context: DatabaseContext, processId: number): Observer {
  const { settings, database } = context;
  const afterLockTimeout =
    settings.lockTimeoutMs > 0 ? settings.lockTimeoutMs * PART_OF_LOCK_TIMEOUT : LONGEST_INTERVAL_MS;
  const intervalMs = Math.max(SHORTEST_INTERVAL_MS, Math.min(afterLockTimeout, LONGEST_INTERVAL_MS));
  const emitChanges = changeEmitter(context.emit);
  let blockers = NO_BLOCKERS;
  let session: Promise<Session> | undefined;
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    try {
      session ??= database.open();
      const activity = await readActivity(await session, processId, context);
      emitChanges(activity);
      if (activity.total > 0) blockers = activity;
    } catch {
      // Best effort: the run itself does not depend on it.
      session = undefined;
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(look, intervalMs);
  return {
    get blockers() {
      return blockers;
    },
    async stop() {
      clearInterval(timer);
      await session?.then((one) => one.close()).catch(() => {});
    },
  };
}

/** Emits the blockers and the progress when they change; the age of a blocker is no change. */
function changeEmitter(emit: EventListener): (activity: RunActivity) => void {
  let lastBlockers = "[]";
  let lastProgress = "null";
  return ({ blockers, total, progress }) => {
    const nowBlockers = JSON.stringify(blockers.map(({ ageMs: _, ...blocker }) => blocker));
    if (nowBlockers !== lastBlockers) emit({ type: "blocked", blockers, total });
    lastBlockers = nowBlockers;
    const nowProgress = JSON.stringify(progress);
    if (nowProgress !== lastProgress) emit({ type: "statement-progress", progress });
    lastProgress = nowProgress;
  };
}
