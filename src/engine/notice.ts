import type { ServerMessage } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import { advance } from "../core/text-position.ts";
import type { Script } from "./scripts.ts";
import type { Stage } from "./transaction-step.ts";

/** A notice with the migration it belongs to and, for a statement's, its place in the file. */
export function noticeOf(message: ServerMessage, script: Script, stage: Stage): Event {
  const migration = script.step.name;
  if (stage.at !== "statement") return { type: "notice", message, migration };
  const { position, text } = stage.statement;
  const place = message.position === undefined ? position : advance(position, text, message.position - 1);
  return { type: "notice", message, migration, place: { path: script.path, ...place } };
}
