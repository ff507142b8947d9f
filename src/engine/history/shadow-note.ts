import { Failure } from "../../core/failure/failure.ts";
import type { Session } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";

/*
 * The note that a check leaves in a shadow database on a server while it uses it (`engine/shadow/shadow-mark.ts`): the
 * comment of a large object. Until it expires, a check deletes everything in that database, so no run may write there.
 */

/** The number of the large object: "pgst" in ASCII. */
export const SHADOW_OBJECT = 0x70677374;
const TITLE = "pgstep uses this as a shadow database, and deletes everything in it";

/** After this time the objects that were left may be in use. */
const LONGEST_HOURS = 24;

interface Note {
  readonly title: string;
  readonly database: string;
  readonly since: string;
}

/** A note as it was read, and the database as no copy of it is called: its number and name. */
export type ReadNote = readonly [comment: string | undefined | null, database: string, now: string];

const READ_NOTE: Shape = ["parts", ["text?", "text", "text"]];

/** True if there may be a note, for `readSql`. */
export const MAY_BE_SHADOW = `EXISTS(SELECT FROM pg_largeobject_metadata WHERE oid=${SHADOW_OBJECT})`;

/** Reads the note, if there is one. @param only "own" for a note of this role only */
export async function readShadowNote(session: Session, only?: "own"): Promise<ReadNote> {
  const owner = only ? " WHERE m.lomowner = (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)" : "";
  const [row] =
    await session.query(`SELECT json_build_array(obj_description(o.oid, 'pg_largeobject'), d.oid::text || ' ' || d.datname,
 to_char(timezone('UTC', clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))::text AS note FROM pg_database d
 LEFT JOIN (SELECT m.oid FROM pg_largeobject_metadata m${owner}) o ON o.oid = ${SHADOW_OBJECT} WHERE d.datname = current_database()`);
  return jsonAnswer<ReadNote>(row?.note, READ_NOTE);
}

/** The text of a new note. */
export function shadowNote([, database, since]: ReadNote): string {
  const note: Note = { title: TITLE, database, since };
  return JSON.stringify(note);
}

/** True if the note is about this very database, not a copy of it, and has not expired. */
export function isShadowNote([comment, database, now]: ReadNote): boolean {
  const found = parsed(comment ?? "");
  if (found?.title !== TITLE || found.database !== database) return false;
  const hours = (Date.parse(now) - Date.parse(found.since ?? "")) / 3_600_000;
  return hours >= 0 && hours < LONGEST_HOURS;
}

/** @throws Failure shadow-in-use */
export function requireNoShadow(state: { readonly name: string; readonly isShadow: boolean }, what: string): void {
  if (!state.isShadow) return;
  const why = "pgstep check uses it as a shadow database, and would delete everything in it";
  throw new Failure("shadow-in-use", `Cannot ${what} ${state.name}: ${why}`, {
    hint: `Name another database, or, if no check runs there any more, empty this one: pgstep reset --confirm ${state.name}.`,
  });
}

function parsed(comment: string): Partial<Note> | undefined {
  try {
    return JSON.parse(comment) ?? undefined;
  } catch {
    return undefined;
  }
}
