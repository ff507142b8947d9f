import { duration } from "./kinds.ts";
import type { Setting } from "./setting.ts";

/** How long a run waits for locks. */
export const LOCK_SETTINGS = {
  lockWaitMs: {
    kind: duration,
    flag: "lock-wait",
    variables: ["PGSTEP_LOCK_WAIT"],
    key: "lockWait",
    default: "5m",
    summary: "how long to wait for another run to end",
  },
  lockTimeoutMs: {
    kind: duration,
    flag: "lock-timeout",
    variables: ["PGSTEP_LOCK_TIMEOUT"],
    key: "lockTimeout",
    default: "5s",
    note: "0 for no limit",
    summary: "how long a statement may wait for a table lock before pgstep retries",
  },
  retryMs: {
    kind: duration,
    flag: "retry-for",
    variables: ["PGSTEP_RETRY_FOR"],
    key: "retryFor",
    default: "5m",
    summary: "how long to retry after a lock timeout or deadlock",
  },
} as const satisfies Readonly<Record<string, Setting>>;
