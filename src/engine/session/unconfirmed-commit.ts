import { finding, type ServerMessage } from "../../core/failure/failure.ts";
import type { Event } from "../../core/reports/event.ts";

/** The server routine that stops waiting for a synchronous standby, after a cancel or when the session ends. */
const CANCELLED_WAIT = "SyncRepWaitForLSN";

export function isUnconfirmedCommit({ routine }: ServerMessage): boolean {
  return routine === CANCELLED_WAIT;
}

/** The warning that a commit took effect on this server alone. */
export function unconfirmedCommit(what: string): Event {
  return {
    type: "warning",
    finding: finding("commit-unconfirmed", {
      message: `${what} is committed here, not confirmed by the standby`,
      hint: "Check that the standby is connected (pg_stat_replication): until it has the commit, a fail-over loses it.",
    }),
  };
}
