import type { ServerMessage } from "../../core/failure/failure.ts";
import { placeIn } from "../../core/placeholders/written-place.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Statement } from "../../core/sql/statement.ts";
import type { Script } from "../script/load-scripts.ts";
import { isUnconfirmedCommit, unconfirmedCommit } from "../session/unconfirmed-commit.ts";

/** Which message of a step an answer belongs to. */
export type Stage =
  | { readonly at: "begin" }
  /** The settings, the check of the step before, and the history row. */
  | { readonly at: "record" }
  | { readonly at: "statement"; readonly statement: Statement }
  /** The check that the server reads a statement as pgstep has. */
  | { readonly at: "strings"; readonly statement: Statement }
  /** Deferred constraints, the checks of the history, COMMIT: of the whole script, or of one statement of it. */
  | { readonly at: "commit"; readonly statement?: Statement };

/** A notice with the migration it belongs to and, for a statement's, its place in the file. */
export function noticeOf(message: ServerMessage, script: Script, stage: Stage): Event {
  const migration = script.step.name;
  if (isUnconfirmedCommit(message)) return unconfirmedCommit(migration);
  if (stage.at !== "statement") return { type: "notice", message, migration };
  const { statement } = stage;
  const place = message.position === undefined ? statement.position : placeIn(statement, message.position - 1);
  return { type: "notice", message, migration, place: { path: script.path, ...place } };
}
