import type { Action } from "../../core/diff/action.ts";
import type { SchemaSide } from "../../core/diff-sides/side.ts";
import { undoneRenames } from "../../core/diff-words/renames.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import type { InShadow } from "../shadow/shadow.ts";
import { type Part, requireEqual } from "./derive.ts";
import { readSide } from "./read-side.ts";
import { transform } from "./transform.ts";

export interface Undoing {
  readonly inShadow: InShadow;
  readonly begin: (shadow: DatabaseContext) => Promise<void>;
  readonly from: SchemaSide;
  readonly major: number;
}

/**
 * Runs the parts in a new shadow database, undoes them one by one, and adds the statements that did it.
 * @throws Failure diff-incomplete, ServerFailure
 */
export function withDowns(parts: readonly Part[], { inShadow, begin, from, major }: Undoing): Promise<Part[]> {
  return inShadow(async (shadow) => {
    await begin(shadow);
    return await withSession(shadow.database, "undo the statements on", async (session) => {
      const states = [from];
      for (const { up, isOutside } of parts) {
        if (!isOutside) await session.execute("BEGIN");
        for (const { sql } of up) await session.execute(sql);
        if (!isOutside) await session.execute("COMMIT");
        states.push(await readSide(shadow, session, major));
      }
      const undone: Part[] = [];
      for (const [index, part] of [...parts.entries()].reverse()) {
        const [before, after] = [states[index], states[index + 1]];
        if (!before || !after) continue;
        const back = undoneRenames(part.up);
        for (const { sql } of back) await session.execute(sql);
        const start = back.length === 0 ? after : await readSide(shadow, session, major);
        const { actions, ...rest } = await transform(shadow, session, { from: start, to: before, major }, "undo");
        requireEqual({ actions, ...rest }, "the down file");
        undone.unshift({ ...part, down: [...back, ...actions.map((one) => (part.isOutside ? concurrent(one) : one))] });
      }
      return undone;
    });
  });
}

function concurrent(action: Action): Action {
  return { ...action, sql: action.sql.replace(/^DROP INDEX /, "DROP INDEX CONCURRENTLY ") };
}
