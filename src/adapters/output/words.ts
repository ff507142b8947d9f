/* Words and numbers for all texts that people read. */

/** "1 migration", "2 migrations". */
export function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

/** "12 ms", "1.2 s", "2 min 5 s". */
export function duration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  const seconds = durationMs / 1_000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** "12 s", "2 min 5 s": elapsed time, in whole seconds so that it does not flicker. */
export function elapsed(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1_000);
  return seconds < 60 ? `${seconds} s` : duration(seconds * 1_000);
}

/** "a, b and c". */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}
