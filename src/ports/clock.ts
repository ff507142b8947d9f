/** All reading of time goes through this interface. */
export interface Clock {
  now(): Date;
  /** Milliseconds since a fixed moment; never decreases. */
  monotonicMs(): number;
  /** Resolves after so many milliseconds; must resolve at once if the signal is or becomes aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `work` after each interval, until the returned function is called. Must not keep the process alive. */
  every(intervalMs: number, work: () => void): () => void;
}
