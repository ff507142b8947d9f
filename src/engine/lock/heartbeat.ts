import type { Database } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";

const HEARTBEAT_MS = 10_000;

/** Renews a lease from time to time. */
export interface Heartbeat {
  /** Ends it, at the latest some seconds later. */
  stop(): Promise<void>;
}

/**
 * Runs a statement every ten seconds, each time on a new connection: that of the run may be busy with one statement for
 * hours, and one that only waits could be lost, or keep the program from ending.
 */
export function startHeartbeat({ clock, database }: DatabaseContext, sql: string): Heartbeat {
  const ending = new AbortController();
  let beat: Promise<void> | undefined;
  const stopTimer = clock.every(HEARTBEAT_MS, () => {
    beat ??= beatOnce(database, sql, ending.signal)
      // A beat that fails is made up for by the next; when none succeeds, the next check of the lease tells.
      .catch(() => {})
      .finally(() => {
        beat = undefined;
      });
  });
  return {
    async stop() {
      stopTimer();
      ending.abort();
      await beat;
    },
  };
}

async function beatOnce(database: Database, sql: string, signal: AbortSignal): Promise<void> {
  const session = await database.open(signal);
  const hangUp = () => void session.close();
  signal.addEventListener("abort", hangUp);
  try {
    await session.execute(sql);
  } finally {
    signal.removeEventListener("abort", hangUp);
    await session.close();
  }
}
