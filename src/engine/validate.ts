import type { Finding } from "../core/error.ts";
import { compareHistory, type Entry } from "../core/history.ts";
import { changedFile, missingFile, outOfOrderFile, unfinishedStep } from "../core/plan.ts";
import type { ValidationReport } from "../core/report.ts";
import type { Database } from "../ports/session.ts";
import type { Context } from "./context.ts";
import { look } from "./look.ts";
import { byWeightAndPlace, inspectFiles, readMigrations } from "./read-migrations.ts";
import { withSession } from "./work-session.ts";

/**
 * Everything that can be found wrong without running anything: with the files, and, where a database is given, between
 * files and history. All findings at once; errors first.
 * @throws Failure directory-unreadable, history-foreign and those of connecting
 */
export async function validate(context: Context, database: Database | undefined): Promise<ValidationReport> {
  const { fileSystem, settings } = context;
  const { migrations, findings } = readMigrations(fileSystem, settings.directory);
  const all: Finding[] = [...findings];
  const state =
    database &&
    (await withSession(database, "read the history of", (session) => look(session, settings), context.signal));
  all.push(...inspectFiles(fileSystem, migrations, state?.name));
  if (state) {
    const { environment } = settings;
    const entries = compareHistory(migrations, state.history, { environment, unfinished: state.unfinished });
    all.push(...entries.flatMap(conflictOf));
  }
  return {
    type: "validation",
    database: database?.description,
    migrations: migrations.length,
    findings: all.sort(byWeightAndPlace),
  };
}

function conflictOf(entry: Entry): Finding[] {
  switch (entry.state) {
    case "changed":
      return [changedFile(entry)];
    case "missing":
      return [missingFile(entry, "error")];
    case "out-of-order":
      return [outOfOrderFile(entry)];
    case "unfinished":
      return [unfinishedStep(entry)];
    default:
      return [];
  }
}
