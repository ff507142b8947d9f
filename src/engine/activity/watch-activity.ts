import { Samples } from "../../core/activity/samples.ts";
import type { ConcernedRun } from "../../core/activity/session-findings.ts";
import type { Finding } from "../../core/failure/failure.ts";
import type { Session } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";
import { readSightings } from "./read-activity.ts";

/** How often to inspect other sessions. */
export interface Watching {
  /** Looks again and again for so long; 0 for once. */
  readonly forMs: number;
  readonly everyMs?: number;
  /** The age from which a transaction is long; by default a minute. */
  readonly longMs?: number;
}

/** Transactions of a second and longer are what a run notices. */
const EVERY_MS = 1_000;

/**
 * What other sessions and replication do, in one sample or in several.
 * @throws ConnectionLost; the reason of the signal if it is aborted meanwhile
 */
export async function watchActivity(
  context: DatabaseContext,
  session: Session,
  run: ConcernedRun,
  { forMs, everyMs = EVERY_MS }: Watching,
): Promise<{ readonly findings: readonly Finding[]; readonly samples: number }> {
  const { clock, signal } = context;
  const samples = new Samples();
  const started = clock.monotonicMs();
  for (;;) {
    samples.add(await readSightings(context, session, run));
    // Samples at fixed times, so that their number does not depend on how long the server takes.
    const next = started + samples.count * everyMs;
    if (next >= started + forMs) break;
    await clock.sleep(Math.max(0, next - clock.monotonicMs()), signal);
    signal.throwIfAborted();
  }
  return { findings: samples.findings, samples: samples.count };
}
