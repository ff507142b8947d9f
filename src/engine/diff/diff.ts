import type { Action } from "../../core/diff/action.ts";
import { safeParts } from "../../core/diff/safe-forms.ts";
import { compareSides } from "../../core/diff-sides/comparison.ts";
import { withoutIgnored } from "../../core/diff-sides/ignored.ts";
import { NEWEST_MAJOR, type SchemaSide } from "../../core/diff-sides/side.ts";
import { schemaChanges } from "../../core/diff-words/changes.ts";
import type { DiffReport } from "../../core/diff-words/diff-report.ts";
import type { Rename } from "../../core/diff-words/renames.ts";
import { ignoredBetween } from "../../core/drift/forgive.ts";
import { Failure } from "../../core/failure/failure.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { createdRoles } from "../shadow/missing-roles.ts";
import type { InShadow } from "../shadow/shadow.ts";
import { derive, type Part } from "./derive.ts";
import { type DiffFile, proved } from "./prove-files.ts";
import { readSide } from "./read-side.ts";
import { fill, type Source } from "./sources.ts";
import { isEqual } from "./transform.ts";
import { withDowns } from "./undo-parts.ts";

export interface DiffRequest {
  readonly from: Source;
  readonly to: Source;
  readonly renames: readonly Rename[];
  /** The differences in words only, also statements, or also statements that undo them. */
  readonly wants: "words" | "statements" | "files";
  /** True for statements that lock large tables only briefly, in several files. */
  readonly isSafe?: boolean;
  /** The major version of the server that the statements are for; the embedded database's if unknown. */
  readonly major?: number | undefined;
  /** Throws if the statements may not delete all of this; called before they are proved. */
  readonly allow?: (losses: readonly string[]) => void;
  /** Adds to the renames, given both schemas. */
  readonly askRenames?: (from: SchemaSide, to: SchemaSide) => Promise<readonly Rename[]>;
}

export interface Diff extends Pick<DiffReport, "changes" | "losses"> {
  readonly files: readonly DiffFile[];
}

/**
 * Compares two schemas in shadow databases, one after the other. The statements are tried there, and their final text is
 * run again in a new one, with the statements that undo them.
 * @throws Failure diff-incomplete if the statements do not make the schemas equal
 */
export async function diffSchemas(inShadow: InShadow, request: DiffRequest): Promise<Diff> {
  const { wants, allow, major = NEWEST_MAJOR, askRenames = async () => [] } = request;
  const read = (shadow: DatabaseContext) => look(shadow, (context, session) => readSide(context, session, major));
  const { second, roles } = await inShadow(async (shadow) => {
    await fill(shadow, request.to, { major });
    return { second: await read(shadow), roles: await createdRoles(shadow) };
  });
  const [ofFirst, ofSecond] = [request.from, request.to].map((one) =>
    one.kind === "database" ? one.ignored?.ignoredBy : undefined,
  );
  const ignored = ignoredBetween(ofFirst, ofSecond);
  const begin = (shadow: DatabaseContext) => fill(shadow, request.from, { major, roles });
  const { changes, parts, from, to } = await inShadow(async (shadow) => {
    await begin(shadow);
    const from = await read(shadow);
    const to = ignored ? withoutIgnored(from, second, ignored) : second;
    const left = compareSides(from, to);
    const changes = isEqual(left) ? [] : schemaChanges(from, to, left);
    if (isEqual(left) || wants === "words") return { changes, parts: [], from, to };
    const renames = [...request.renames, ...(await askRenames(from, to))];
    const sides = { from, to, major, renames };
    const parts = await look(shadow, (context, session) => derive(context, session, sides));
    return { changes, parts, from, to };
  });
  const losses = [...new Set(parts.flatMap(({ up }) => lossesOf(up)))];
  if (parts.length === 0) return { changes, losses, files: [] };
  allow?.(losses);
  const proof = { from, to, read, begin, inShadow };
  const written = async (all: readonly Part[]) =>
    await proved(proof, wants === "files" ? await withDowns(all, { ...proof, major }) : all);
  const safe = request.isSafe === true ? parts.flatMap((part) => split(part, from)) : parts;
  if (safe.length > parts.length || safe.some(({ isOutside }) => isOutside)) {
    const files = await written(safe).catch(isRefused);
    if (files) return { changes, losses, files };
  }
  return { changes, losses, files: await written(parts) };
}

function split(part: Part, from: SchemaSide): Part[] {
  return part.words === "values" ? [part] : safeParts(part.up, from).map((safe) => ({ ...safe, down: [] }));
}

/** Some statements need the whole effect of others, such as a key that needs NOT NULL: these stay in one file. */
function isRefused(error: unknown): undefined {
  const isFailure = error instanceof Failure && ["diff-incomplete", "statement-failed"].includes(error.code);
  if (isFailure || error instanceof ServerFailure) return undefined;
  throw error;
}

export function look<Result>(
  context: DatabaseContext,
  work: (context: DatabaseContext, session: Session) => Promise<Result>,
): Promise<Result> {
  return withSession(context.database, "compare the schemas on", (session) => work(context, session), context.signal);
}

function lossesOf(actions: readonly Action[]): string[] {
  return actions.flatMap(({ loses = [] }) => loses);
}
