import type { Action } from "../../core/diff/action.ts";
import { compareSides, type SideDifferences } from "../../core/diff/plan.ts";
import type { SchemaSide } from "../../core/diff/side.ts";
import { schemaChanges } from "../../core/diff-words/changes.ts";
import type { DiffReport } from "../../core/diff-words/diff-report.ts";
import { fileText } from "../../core/diff-words/format.ts";
import { type Rename, renameAction } from "../../core/diff-words/renames.ts";
import { Failure } from "../../core/failure/failure.ts";
import { enumeration } from "../../core/text/display.ts";
import type { Session } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { createdRoles } from "../shadow/missing-roles.ts";
import type { InShadow } from "../shadow/shadow.ts";
import { readSide } from "./read-side.ts";
import { fill, runText, type Source } from "./sources.ts";
import { isEqual, type Transformation, transform } from "./transform.ts";

export interface DiffRequest {
  readonly from: Source;
  readonly to: Source;
  readonly renames: readonly Rename[];
  /** True if the statements are wanted, not only the differences. */
  readonly hasStatements: boolean;
  /** Throws if the statements may not delete all of this; called before they are proved. */
  readonly allow?: (losses: readonly string[]) => void;
}

/** The texts that lead from one schema to the other and back. */
export interface DiffFile {
  readonly up: string;
  readonly down: string;
  /** Only adds values to enums, which must be committed before they are used. */
  readonly isAlone: boolean;
}

export interface Diff extends Pick<DiffReport, "changes" | "losses"> {
  readonly files: readonly DiffFile[];
}

/**
 * Compares two schemas in shadow databases, one after the other. The statements are tried there, in both directions,
 * and their final text is run again in a new one.
 * @throws Failure diff-incomplete if the statements do not make the schemas equal
 */
export async function diffSchemas(inShadow: InShadow, request: DiffRequest): Promise<Diff> {
  const { to, roles } = await inShadow(async (shadow) => {
    await fill(shadow, request.to);
    return { to: await look(shadow, readSide), roles: await createdRoles(shadow) };
  });
  const found = await inShadow(async (shadow) => {
    await fill(shadow, request.from, roles);
    const from = await look(shadow, readSide);
    const left = compareSides(from, to);
    const changes = schemaChanges(from, to, left);
    if (isEqual(left)) return { changes: [], parts: [], losses: [], from };
    if (!request.hasStatements) return { changes, parts: [], losses: [], from };
    const parts = await look(shadow, (context, session) => derive(context, session, { ...request, from, to }));
    const losses = parts.flatMap(({ up }) => lossesOf(up));
    return { changes, parts, losses: [...new Set(losses)], from };
  });
  const { changes, losses, parts, from } = found;
  if (parts.length === 0) return { changes, losses, files: [] };
  return {
    changes,
    losses,
    files: await proved(inShadow, (shadow) => fill(shadow, request.from, roles), parts, { from, to }),
  };
}

function look<Result>(
  context: DatabaseContext,
  work: (context: DatabaseContext, session: Session) => Promise<Result>,
): Promise<Result> {
  return withSession(context.database, "compare the schemas on", (session) => work(context, session), context.signal);
}

/** Statements that are committed together, with those that undo them. */
interface Part {
  readonly up: readonly Action[];
  readonly down: readonly Action[];
  readonly isAlone: boolean;
}

interface Sides {
  readonly from: SchemaSide;
  readonly to: SchemaSide;
  readonly renames: readonly Rename[];
  readonly allow?: (losses: readonly string[]) => void;
}

function lossesOf(actions: readonly Action[]): string[] {
  return [...new Set(actions.flatMap(({ loses }) => (loses === undefined ? [] : [loses])))];
}

async function derive(
  context: DatabaseContext,
  session: Session,
  { from, to, renames, allow }: Sides,
): Promise<Part[]> {
  const renamed = renames.flatMap((one) => renaming(from, to, one));
  for (const { up } of renamed) await session.execute(up.sql);
  const start = renamed.length === 0 ? from : await readSide(context, session);
  const values = await transform(context, session, { from: start, to }, "values");
  const between = values.actions.length === 0 ? start : await readSide(context, session);
  const changed = await transform(context, session, { from: between, to });
  requireEqual(changed);
  allow?.(lossesOf(changed.actions));
  // Backwards: to the state with the values, then to the first one.
  const after = await readSide(context, session);
  const undone = await transform(context, session, { from: after, to: between }, "undo");
  requireEqual(undone);
  const back = renamed.map(({ down }) => down).reverse();
  const main: Part = {
    up: [...(values.actions.length === 0 ? renamed.map(({ up }) => up) : []), ...changed.actions],
    down: [...undone.actions, ...(values.actions.length === 0 ? back : [])],
    isAlone: false,
  };
  if (values.actions.length === 0) return [main];
  const removed = await transform(context, session, { from: await readSide(context, session), to: start }, "undo");
  requireEqual(removed);
  const first: Part = {
    up: [...renamed.map(({ up }) => up), ...values.actions],
    down: [...removed.actions, ...back],
    isAlone: true,
  };
  return main.up.length === 0 ? [first] : [first, main];
}

function renaming(from: SchemaSide, to: SchemaSide, rename: Rename): { up: Action; down: Action }[] {
  const up = renameAction(from, to, rename);
  if (up === undefined) return [];
  if (typeof up === "string") {
    throw new Failure("usage", `Cannot rename ${rename.old} to ${rename.now}: ${up}`, {
      hint: `Fix line ${rename.line} of the file: -- Renamed: old -> new.`,
    });
  }
  const [, start = "", old = "", word = "", now = ""] =
    /^(ALTER .*? )(\S+) RENAME (TO |COLUMN \S+ TO )(\S+)$/.exec(up.sql) ?? [];
  const schema = old.slice(0, old.indexOf(".") + 1);
  const [, column = ""] = /^COLUMN (\S+) TO $/.exec(word) ?? [];
  const sql =
    column === ""
      ? `${start}${schema}${now} RENAME TO ${old.slice(schema.length)}`
      : `${start}${old} RENAME COLUMN ${now} TO ${column}`;
  return [{ up, down: { ...up, sql } }];
}

/** @throws Failure diff-incomplete */
function requireEqual({ left, stuck }: Transformation): void {
  if (isEqual(left)) return;
  const [first] = stuck;
  const reason = first ? `. ${firstLine(first.action.sql)} failed: ${first.reason.message}` : "";
  throw new Failure("diff-incomplete", `Cannot write all statements: ${differences(left)}${reason}`, {
    hint: "Write these changes by hand: pgstep new <description>; then compare again.",
  });
}

function firstLine(sql: string): string {
  return sql.split("\n")[0]?.slice(0, 120) ?? "";
}

function differences({ added, removed, changed }: SideDifferences): string {
  const parts = [
    ...(added.length > 0 ? [`${enumeration([...added].sort())} would be missing`] : []),
    ...(removed.length > 0 ? [`${enumeration([...removed].sort())} would remain`] : []),
    ...(changed.length > 0 ? [`${enumeration([...changed].sort())} would stay different`] : []),
  ];
  return parts.join("; ");
}

/** The texts, after they were run in a new shadow database: short ones, or if these do something else, PostgreSQL's. */
async function proved(
  inShadow: InShadow,
  begin: (shadow: DatabaseContext) => Promise<void>,
  parts: readonly Part[],
  sides: { readonly from: SchemaSide; readonly to: SchemaSide },
): Promise<DiffFile[]> {
  const problems: string[] = [];
  for (const brevity of [2, 1, 0] as const) {
    const files = parts.map(({ up, down, isAlone }) => ({
      up: fileText(up, brevity),
      down: fileText(down, brevity),
      isAlone,
    }));
    const problem = await inShadow((shadow) => problemOf(shadow, begin, files, sides));
    if (problem === undefined) return files;
    problems.push(problem);
  }
  throw new Failure("diff-incomplete", `Cannot write the statements: run as a file, ${problems.at(-1)}`, {
    hint: "Report this to pgstep, with both schemas.",
  });
}

/** What goes wrong if the files run as they are; undefined if they do what they should. */
async function problemOf(
  shadow: DatabaseContext,
  begin: (shadow: DatabaseContext) => Promise<void>,
  files: readonly DiffFile[],
  sides: { readonly from: SchemaSide; readonly to: SchemaSide },
): Promise<string | undefined> {
  await begin(shadow);
  const run = (text: string) => runText(shadow, "the statements", { read: () => [Buffer.from(text)] });
  const left = async (side: SchemaSide) => differences(compareSides(await look(shadow, readSide), side));
  try {
    for (const { up } of files) await run(up);
    const missing = await left(sides.to);
    if (missing !== "") return missing;
    for (const { down } of [...files].reverse()) await run(down);
    const kept = await left(sides.from);
    return kept === "" ? undefined : `after the down file, ${kept}`;
  } catch (error) {
    const isOfText = error instanceof Failure && (error.code === "statement-failed" || error.code === "files-unsound");
    if (isOfText) return error.message;
    throw error;
  }
}
