import { compareSides } from "../../core/diff-sides/comparison.ts";
import type { SchemaSide } from "../../core/diff-sides/side.ts";
import { fileText } from "../../core/diff-words/format.ts";
import { Failure } from "../../core/failure/failure.ts";
import { scan } from "../../core/scanner/scan.ts";
import { ServerFailure } from "../../ports/session.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import type { InShadow } from "../shadow/shadow.ts";
import { differences, type Part } from "./derive.ts";
import { runText } from "./sources.ts";

/** The texts that lead from one schema to the other and back. */
export interface DiffFile extends Pick<Part, "words" | "isOutside"> {
  readonly up: string;
  /** Empty if no statements that undo were asked for. */
  readonly down: string;
}

export interface Proof {
  readonly inShadow: InShadow;
  /** Creates the first schema. */
  readonly begin: (shadow: DatabaseContext) => Promise<void>;
  readonly read: (shadow: DatabaseContext) => Promise<SchemaSide>;
  readonly from: SchemaSide;
  readonly to: SchemaSide;
}

/**
 * The texts, after they were run in a new shadow database: short ones, or if these do something else, PostgreSQL's.
 * @throws Failure diff-incomplete
 */
export async function proved(proof: Proof, parts: readonly Part[]): Promise<DiffFile[]> {
  const problems: string[] = [];
  for (const brevity of [2, 1, 0] as const) {
    const files = parts.map(({ up, down, words, isOutside }) => ({
      ...{ up: fileText(up, brevity), down: fileText(down, brevity), words, isOutside },
    }));
    const problem = await problemOf(proof, files);
    if (problem === undefined) return files;
    problems.push(problem);
  }
  throw new Failure("diff-incomplete", `Cannot write the statements: run as a file, ${problems.at(-1)}`, {
    hint: "Report this to pgstep, with both schemas.",
  });
}

/** The problem with the files if they run as they are; undefined if they do what they should. */
export function problemOf(
  { inShadow, begin, read, from, to }: Proof,
  files: readonly DiffFile[],
): Promise<string | undefined> {
  return inShadow(async (shadow) => {
    await begin(shadow);
    const left = async (side: SchemaSide) => differences(compareSides(await read(shadow), side));
    try {
      for (const { up, isOutside } of files) await runFile(shadow, up, isOutside);
      const missing = await left(to);
      if (missing !== "") return missing;
      if (files.every(({ down }) => down === "")) return undefined;
      for (const { down, isOutside } of [...files].reverse()) await runFile(shadow, down, isOutside);
      const kept = await left(from);
      return kept === "" ? undefined : `after the down file, ${kept}`;
    } catch (error) {
      if (error instanceof ServerFailure) return error.message;
      const isOfText =
        error instanceof Failure && (error.code === "statement-failed" || error.code === "files-unsound");
      if (isOfText) return error.message;
      throw error;
    }
  });
}

/** Runs the text in one transaction, or its statements one by one. @throws Failure, ServerFailure */
export async function runFile(shadow: DatabaseContext, text: string, isOutside: boolean): Promise<void> {
  if (!isOutside) return await runText(shadow, "the statements", { read: () => [Buffer.from(text)] });
  await withSession(shadow.database, "try the statements on", async (session) => {
    for (const piece of scan([text])) if (piece.kind === "statement") await session.execute(piece.text);
  });
}
