import { type Finding, finding } from "../failure/failure.ts";
import { quoted } from "../reports/other-sessions.ts";
import { aboutTime } from "../statistics/number-words.ts";
import { sizeText } from "../text/size.ts";
import type { IdleSlot, Receiver, ReplicationActivity, Sighting } from "./activity.ts";

/** A standby that lags by more than this shows old rows, and needs long to receive what a migration rewrites. */
const MOST_LAG_BYTES = 100 * 1024 ** 2;
/** A standby cancels queries that delay it for so long, by default (max_standby_streaming_delay). */
const MOST_LAG_MS = 30_000;
/** As large as the WAL that a server keeps anyway, by default (max_wal_size). */
const MOST_KEPT_BYTES = 1024 ** 3;

/** Standbys that lag or are missing, and slots that keep WAL without a consumer. */
export function replicationSightings(activity: ReplicationActivity): Sighting[] {
  const { receivers, slots } = activity;
  return [
    ...missingStandbys(activity),
    ...receivers.filter(isLate).map((one) => ({ key: `lag ${one.pid}`, finding: lagFinding(one) })),
    ...slots.map((one) => ({ key: `slot ${one.name}`, finding: slotFinding(one) })),
  ];
}

function missingStandbys({ receivers, synchronousNames, synchronousCommit }: ReplicationActivity): Sighting[] {
  if (synchronousNames.trim() === "" || synchronousCommit === "off" || synchronousCommit === "local") return [];
  const needed = neededStandbys(synchronousNames);
  // One that the role may not see may be synchronous.
  const connected = receivers.filter(({ sync }) => sync === null || sync === "sync" || sync === "quorum").length;
  if (connected >= needed) return [];
  const which =
    needed === 1 ? "the synchronous standby is not" : `only ${connected} of ${needed} synchronous standbys are`;
  const message = `${which} connected: each COMMIT waits until that changes, and keeps its locks meanwhile`;
  const hint = `Start what is missing, or change synchronous_standby_names, which is ${quoted(synchronousNames)}.`;
  return [{ key: "standby", finding: finding("standby-missing", { message, hint }) }];
}

/** The number in "ANY 2 (a, b, c)", "FIRST 2 (a, b)" or "2 (a, b)"; 1 for a list of names. */
function neededStandbys(names: string): number {
  return Number(/^\s*(?:(?:any|first)\s+)?(\d{1,9})\s*\(/i.exec(names)?.[1] ?? 1);
}

/** A base backup is sent from a past position too, and is no standby. */
function isLate({ state, lagBytes, lagMs }: Receiver): boolean {
  return state !== "backup" && ((lagBytes ?? 0) >= MOST_LAG_BYTES || (lagMs ?? 0) >= MOST_LAG_MS);
}

function lagFinding({ pid, name, address, lagBytes, lagMs }: Receiver): Finding {
  const who = [name ?? `process ${pid}`, ...(address === null ? [] : [`at ${address}`])].join(" ");
  const lags = [
    ...(lagBytes === null ? [] : [sizeText(lagBytes)]),
    ...(lagMs === null ? [] : [aboutTime(lagMs / 1_000)]),
  ];
  return finding("replication-lag", {
    message: `replication to ${who} lags by ${lags.join(" and ")}`,
    hint: "Run when it has caught up: everything that a migration writes is sent to it as well.",
  });
}

function slotFinding({ name, kind, keptBytes }: IdleSlot): Finding {
  return {
    rule: "idle-slot",
    severity: keptBytes >= MOST_KEPT_BYTES ? "warning" : "note",
    message: `the ${kind} replication slot ${name} has no consumer: the server keeps ${sizeText(keptBytes)} of WAL for it, and everything that a run adds`,
    hint: `Start its consumer, or drop it with SELECT pg_drop_replication_slot(${quoted(name)});`,
  };
}
