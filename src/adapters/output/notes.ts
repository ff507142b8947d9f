import type { Event } from "../../core/reports/event.ts";
import { printableLine } from "../../core/text/display.ts";

/** Printed on standard error in every format: these files and programs decide what pgstep does. */
export type Note = Extract<Event, { type: "project-file-found" | "program-named" | "layout-found" }>;

export function isNote(event: Event): event is Note {
  return NOTES.has(event.type);
}

const NOTES: ReadonlySet<Event["type"]> = new Set(["project-file-found", "program-named", "layout-found"]);

export function noteLine(note: Note): string {
  if (note.type === "project-file-found") return `Using the project file ${printableLine(note.path)}`;
  if (note.type === "layout-found") {
    return `Reading ${printableLine(note.directory)} as ${printableLine(note.tool)}'s migrations (--layout ${printableLine(note.layout)})`;
  }
  const { what, program, origin } = note;
  return `Starting the ${printableLine(what)} that ${printableLine(origin)} names: ${printableLine(program)}`;
}
