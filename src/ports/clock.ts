/** Time, so that only one place reads it. */
export interface Clock {
  now(): Date;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Resolves after so many milliseconds; must resolve at once when the signal is or becomes aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `work` after each interval, until the function that it returns is called. Must not keep the program running. */
  every(intervalMs: number, work: () => void): () => void;
}
