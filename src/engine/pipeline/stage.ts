import type { ServerMessage } from "../../core/failure/failure.ts";
import { placeIn } from "../../core/placeholders/written-place.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { Script } from "../script/load-scripts.ts";
import { isUnconfirmedCommit, unconfirmedCommit } from "../session/unconfirmed-commit.ts";

/** The message of a step that an answer belongs to. */
export type Stage =
  | { readonly at: "begin" }
  /** The settings, the check of the previous step, and the history row. */
  | { readonly at: "record" }
  | { readonly at: "statement"; readonly statement: Statement }
  /** The check that the server parses a statement as pgstep did. */
  | { readonly at: "strings"; readonly statement: Statement }
  /** Deferred constraints, history checks and COMMIT, for the whole script or for one of its statements. */
  | { readonly at: "commit"; readonly statement?: Statement };

/** A notice with its migration and, if it belongs to a statement, its place in the file. */
export function noticeOf(message: ServerMessage, script: Script, stage: Stage): Event {
  const migration = script.step.name;
  if (isUnconfirmedCommit(message)) return unconfirmedCommit(migration);
  if (stage.at !== "statement") return { type: "notice", message, migration };
  const { statement } = stage;
  const place = message.position === undefined ? statement.position : placeIn(statement, message.position - 1);
  return { type: "notice", message, migration, place: { path: script.path, ...place } };
}
