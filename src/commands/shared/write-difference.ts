import type { Invocation } from "../../core/command-line/command.ts";
import type { SchemaSide } from "../../core/diff-sides/side.ts";
import type { DiffReport } from "../../core/diff-words/diff-report.ts";
import type { Rename } from "../../core/diff-words/renames.ts";
import { usage } from "../../core/failure/failure.ts";
import { compareVersions } from "../../core/migrations/version.ts";
import { check } from "../../engine/check/check.ts";
import { askRenames } from "../../engine/diff/ask-renames.ts";
import { type DiffRequest, diffSchemas } from "../../engine/diff/diff.ts";
import { requireAllowed, writeDiff } from "../../engine/diff/write-diff.ts";
import { existing } from "../../engine/verbs/create-migration.ts";
import type { Environment } from "./environment.ts";

/** The description of the migration, if it is to be written. @throws Failure usage */
export function descriptionToWrite({ options }: Invocation): string | undefined {
  const description = options.get("write");
  if (options.has("allow-data-loss") && description === undefined) {
    throw usage("Cannot use --allow-data-loss without --write", "Add --write <description>.");
  }
  return description;
}

/** What was written; no files if the schemas are equal. */
export interface WrittenDifference extends Pick<DiffReport, "changes" | "losses" | "files"> {
  readonly versions: readonly string[];
  /** The version before them, if there is one. */
  readonly last: string | undefined;
}

/**
 * Writes the statements that lead from the first schema to the second as the next migrations.
 * @throws Failure diff-incomplete, diff-loses-data, file-exists
 */
export async function writeDifference(
  environment: Environment,
  { options }: Invocation,
  request: Pick<DiffRequest, "from" | "to" | "renames" | "major">,
  description: string,
): Promise<WrittenDifference> {
  const { context } = environment;
  const { layout, versions: before } = existing(context);
  const allowed = (options.get("allow-data-loss") ?? "").split(",").map((name) => name.trim());
  const isOfFile = request.to.kind === "file";
  const { changes, losses, files } = await diffSchemas(environment.inTrial, {
    ...request,
    wants: "files",
    isSafe: layout === "pgstep",
    allow: (found: readonly string[]) => requireAllowed(found, allowed, isOfFile),
    askRenames: (...sides: [SchemaSide, SchemaSide]): Promise<readonly Rename[]> =>
      askRenames(environment.consent({}), sides, request.renames),
  });
  const paths = writeDiff(context, { description, files });
  const versions = existing(context).versions.filter((version) => !before.includes(version));
  const last = [...before].sort(compareVersions).at(-1);
  return { changes, losses, files: paths, versions: [...new Set(versions)].sort(compareVersions), last };
}

const CHECK_LIMIT_MS = 300_000;

/** Reports what the written files would lock, rewrite or read. */
export async function checkWritten(environment: Environment, { last }: WrittenDifference): Promise<void> {
  const { context, inTrial, versionControl, settings } = environment;
  const { report } = await check(context, undefined, {
    ...{ inShadow: inTrial, versionControl, limitMs: CHECK_LIMIT_MS, levels: settings.values.rules },
    choice: last === undefined ? { kind: "all" } : { kind: "since", version: last },
  });
  environment.report(report);
}
