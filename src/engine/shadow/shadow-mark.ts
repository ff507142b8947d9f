import { quoteText } from "../../core/sql/quote.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { isShadowNote, readShadowNote, SHADOW_OBJECT, shadowNote } from "../history/shadow-note.ts";

/*
 * The mark of a shadow database that is in use: a process that is killed leaves its objects there, and the next one may
 * delete them only because of the mark. It is a large object with a comment: every role may create one, no statement
 * about schemas touches it, and emptying the database deletes it last. It counts only in the database that its comment
 * names, so a copy of a marked database, or a dump restored elsewhere, is not marked.
 */

/** Marks the database in the open transaction. @returns false if the role may not */
export async function mark(session: Session): Promise<boolean> {
  const note = shadowNote(await readShadowNote(session, "own"));
  try {
    await session.execute("SAVEPOINT mark");
    await session.execute(`SELECT pg_catalog.lo_create(${SHADOW_OBJECT})`);
    await session.execute(`COMMENT ON LARGE OBJECT ${SHADOW_OBJECT} IS ${quoteText(note)}`);
    return true;
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    await session.execute("ROLLBACK TO SAVEPOINT mark");
    return false;
  }
}

/** True if this role has marked this database within the last day. */
export async function isMarked(session: Session): Promise<boolean> {
  return isShadowNote(await readShadowNote(session, "own"));
}
