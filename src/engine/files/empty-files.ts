import type { Finding } from "../../core/failure/failure.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import { enumeration } from "../../core/text/display.ts";

type UpAndDown = Pick<Migration, "up" | "down">;

/** Up files that are blank or an untouched template, as errors. */
export function forgottenFiles(migrations: readonly UpAndDown[]): Finding[] {
  return migrations.filter(isForgotten).map(({ up: { path, emptiness } }) => ({
    rule: "empty",
    severity: "error",
    message: emptiness === "blank" ? "the file is empty" : "the file is still the template that pgstep new wrote",
    hint: "Write its SQL. If nothing is to be done, write a comment that says why.",
    place: { path },
  }));
}

/**
 * True if somebody most likely forgot to fill the up file. Two blank files, up and down, are intended: in projects for
 * several databases a version may have nothing to do in one of them.
 */
export function isForgotten({ up, down }: UpAndDown): boolean {
  return up.emptiness === "template" || (up.emptiness === "blank" && down?.emptiness !== "blank");
}

/** One warning for all files that have no statements. */
export function filesWithoutStatements(files: readonly SqlFile[]): Finding[] {
  const [first, ...more] = files.filter(({ emptiness }) => emptiness !== undefined).map(({ path }) => path);
  if (first === undefined) return [];
  const about = { rule: "empty", severity: "warning" } as const;
  if (more.length === 0) return [{ ...about, message: "the file has no statements", place: { path: first } }];
  return [{ ...about, message: `${more.length + 1} files have no statements: ${enumeration([first, ...more])}` }];
}
