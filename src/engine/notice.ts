import type { ServerMessage } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import { placeIn } from "../core/placeholders/place.ts";
import type { Script } from "./scripts.ts";
import type { Stage } from "./sent-step.ts";

/** Where the server gives up waiting for a synchronous standby: cancelled, or while it ends the session. */
const CANCELLED_WAIT = "SyncRepWaitForLSN";

export function isUnconfirmedCommit({ routine }: ServerMessage): boolean {
  return routine === CANCELLED_WAIT;
}

/** The warning that a commit took effect on this server alone. */
export function unconfirmedCommit(what: string): Event {
  return {
    type: "warning",
    finding: {
      rule: "commit-unconfirmed",
      severity: "warning",
      message: `${what} is committed here, not confirmed by the standby`,
      hint: "Check that the standby is connected (pg_stat_replication): until it has the commit, a fail-over loses it.",
    },
  };
}

/** A notice with the migration it belongs to and, for a statement's, its place in the file. */
export function noticeOf(message: ServerMessage, script: Script, stage: Stage): Event {
  const migration = script.step.name;
  if (isUnconfirmedCommit(message)) return unconfirmedCommit(migration);
  if (stage.at !== "statement") return { type: "notice", message, migration };
  const { statement } = stage;
  const place = message.position === undefined ? statement.position : placeIn(statement, message.position - 1);
  return { type: "notice", message, migration, place: { path: script.path, ...place } };
}
