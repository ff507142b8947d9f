import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.ts";
import type { Reference } from "./ground.ts";
import type { Chance } from "./rounds.ts";

/** A moment in the life of a process: so long after it has printed so many lines. */
export interface Moment {
  readonly lines: number;
  readonly delayMs: number;
}

/** One in an `up` like the undisturbed one: by its progress, or by the clock. */
export function randomMoment(random: Chance, { lines, durationMs }: Reference): Moment {
  if (random.below(3) === 0) return { lines: 0, delayMs: random.between(0.3, 1) * durationMs };
  return { lines: 1 + random.below(lines), delayMs: random.pick([0, random.between(0, 5), random.between(0, 60)]) };
}

/** Resolves at that moment, or when the process has ended. */
export async function passMoment(child: Child, { lines, delayMs }: Moment): Promise<void> {
  await child.printed(lines);
  if (delayMs > 0) await Promise.race([sleep(delayMs), child.ended]);
}
