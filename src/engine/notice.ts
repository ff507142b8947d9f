import type { ServerMessage } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import { placeIn } from "../core/placeholders/place.ts";
import type { Script } from "./scripts.ts";
import type { Stage } from "./sent-step.ts";

/** A notice with the migration it belongs to and, for a statement's, its place in the file. */
export function noticeOf(message: ServerMessage, script: Script, stage: Stage): Event {
  const migration = script.step.name;
  if (stage.at !== "statement") return { type: "notice", message, migration };
  const { statement } = stage;
  const place = message.position === undefined ? statement.position : placeIn(statement, message.position - 1);
  return { type: "notice", message, migration, place: { path: script.path, ...place } };
}
