import type { Action } from "../../core/diff/action.ts";
import type { SideDifferences } from "../../core/diff-sides/comparison.ts";
import type { SchemaSide } from "../../core/diff-sides/side.ts";
import { type Rename, renameAction } from "../../core/diff-words/renames.ts";
import { Failure } from "../../core/failure/failure.ts";
import { enumeration } from "../../core/text/display.ts";
import type { Session } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";
import { readSide } from "./read-side.ts";
import { isEqual, type Sides, type Transformation, transform } from "./transform.ts";

/** Statements that are committed together, with those that undo them. */
export interface Part {
  readonly up: readonly Action[];
  /** Empty until they are asked for. */
  readonly down: readonly Action[];
  /** The part of the whole, as file names have it; empty for the main one. */
  readonly words: "" | "values" | "indexes" | "validation";
  /** True if the statements run outside a transaction. */
  readonly isOutside: boolean;
}

interface Derivation extends Sides {
  readonly renames: readonly Rename[];
}

/**
 * Changes the database, and returns the statements that did it.
 * @throws Failure diff-incomplete if they do not make the schemas equal, usage for a rename that cannot be done
 */
export async function derive(
  context: DatabaseContext,
  session: Session,
  { from, to, major, renames }: Derivation,
): Promise<Part[]> {
  const renamed = renames.flatMap((one) => renaming(from, to, one));
  for (const { sql } of renamed) await session.execute(sql);
  const start = renamed.length === 0 ? from : await readSide(context, session, major);
  const values = await transform(context, session, { from: start, to, major }, "values");
  const between = values.actions.length === 0 ? start : await readSide(context, session, major);
  const changed = await transform(context, session, { from: between, to, major });
  requireEqual(changed);
  const part = { down: [], isOutside: false };
  if (values.actions.length === 0) return [{ ...part, up: [...renamed, ...changed.actions], words: "" }];
  const first: Part = {
    ...part,
    up: [...renamed, ...values.actions],
    words: changed.actions.length > 0 ? "values" : "",
  };
  return changed.actions.length === 0 ? [first] : [first, { ...part, up: changed.actions, words: "" }];
}

function renaming(from: SchemaSide, to: SchemaSide, rename: Rename): Action[] {
  const action = renameAction(from, to, rename);
  if (action === undefined) return [];
  if (typeof action === "string") {
    throw new Failure("usage", `Cannot rename ${rename.old} to ${rename.now}: ${action}`, {
      hint: `Fix line ${rename.line} of the file: -- Renamed: old -> new.`,
    });
  }
  return [action];
}

/** @throws Failure diff-incomplete */
export function requireEqual({ left, stuck }: Transformation, which = "all statements"): void {
  if (isEqual(left)) return;
  const [first] = stuck;
  const reason = first ? `. ${firstLine(first.action.sql)} failed: ${first.reason.message}` : "";
  throw new Failure("diff-incomplete", `Cannot write ${which}: ${differences(left)}${reason}`, {
    hint: "Write these changes by hand: pgstep new <description>; then compare again.",
  });
}

function firstLine(sql: string): string {
  return sql.split("\n")[0]?.slice(0, 120) ?? "";
}

/** Differences that remain, in words; empty if there are none. */
export function differences({ added, removed, changed }: SideDifferences): string {
  const parts = [
    ...(added.length > 0 ? [`${enumeration([...added].sort())} would be missing`] : []),
    ...(removed.length > 0 ? [`${enumeration([...removed].sort())} would remain`] : []),
    ...(changed.length > 0 ? [`${enumeration([...changed].sort())} would stay different`] : []),
  ];
  return parts.join("; ");
}
