import { plainName, unquoted } from "../../core/diff-sides/names.ts";
import type { DriftedObject } from "../../core/drift/drift-report.ts";
import { objectWords } from "../../core/drift/words.ts";
import { Failure } from "../../core/failure/failure.ts";
import { compareHistory, isPending } from "../../core/migrations/history.ts";
import { changedFile } from "../../core/migrations/plan.ts";
import { outlineOf } from "../../core/repeatable/outline.ts";
import { compareRepeatables, isStale } from "../../core/repeatable/repeatable.ts";
import { scanBytes } from "../../core/scanner/scan.ts";
import { enumeration } from "../../core/text/display.ts";
import { readMigrations } from "../files/read-migrations.ts";
import { readRepeatables, statementsOf } from "../repeatable/plan.ts";
import type { DatabaseContext } from "../session/context.ts";
import { readLiveHistory } from "./applied-files.ts";

/**
 * Requires that a migration can make these differences on other databases. It is written for the schema that all files
 * make, so the database must have all of them as they are now; and it runs before the repeatable ones, so it must not
 * change their objects.
 * @throws Failure migrations-pending, history-conflict for a changed file, diff-incomplete for an object of a repeatable
 *   migration, and those of connecting
 */
export async function requireOfMigrations(
  context: DatabaseContext,
  differences: readonly DriftedObject[],
): Promise<void> {
  const { state, records } = await readLiveHistory(context);
  const { environment } = context.settings;
  const files = readMigrations(context);
  const entries = compareHistory(files.migrations, state, environment);
  const repeatables = readRepeatables(context, files.layout).files;
  const stale = compareRepeatables(repeatables, records, environment).filter(isStale);
  const cannot = `Cannot write the drift of ${context.database.description} as a migration`;
  const changed = entries.filter((entry) => entry.state === "changed").map(changedFile);
  if (changed.length > 0) {
    throw new Failure("history-conflict", `${cannot}: applied files were changed`, { findings: changed });
  }
  const pending = [
    ...entries.filter(isPending).map(({ version, migration }) => migration?.name ?? version),
    ...stale.map(({ name }) => `repeatable migration ${name}`),
  ];
  if (pending.length > 0) {
    const are = pending.length === 1 ? "is" : "are";
    throw new Failure("migrations-pending", `${cannot}: ${enumeration(pending)} ${are} pending`, {
      hint: "Apply the files first: pgstep up; then run pgstep drift --write again.",
    });
  }
  for (const { file } of repeatables) {
    const object = objectMade(context, file.path, differences);
    if (!object) continue;
    throw new Failure("diff-incomplete", `${cannot}: a repeatable migration makes ${objectWords(object)}`, {
      hint: `Change ${file.path} instead, and run pgstep up; pgstep drift --verbose shows the SQL.`,
      place: { path: file.path },
    });
  }
}

/** The first of the objects that a file makes. */
function objectMade(
  { fileSystem }: DatabaseContext,
  path: string,
  differences: readonly DriftedObject[],
): DriftedObject | undefined {
  const { made } = outlineOf(statementsOf(scanBytes(fileSystem.read(path))));
  return differences.find(({ within, name }) => {
    const [routine = ""] = (within ?? name).split("(");
    return made.has(unquoted(plainName(routine)));
  });
}
