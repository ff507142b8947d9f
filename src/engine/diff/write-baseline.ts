import { Failure } from "../../core/failure/failure.ts";
import { parseMigrationName } from "../../core/migrations/migration-name.ts";
import type { CreatedReport } from "../../core/reports/report.ts";
import { readMigrations } from "../files/read-migrations.ts";
import { readState } from "../history/read-state.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import type { InShadow } from "../shadow/shadow.ts";
import { createMigration } from "../verbs/create-migration.ts";
import { diffSchemas } from "./diff.ts";

/** The first migration, written from a database. */
export interface WrittenBaseline extends CreatedReport {
  readonly version: string;
}

/**
 * Writes the first migration from the schema of a database that has none. It is run on an empty shadow database, and
 * compared with the database.
 * @throws Failure baseline-refused if there are migrations or a history, diff-incomplete
 */
export async function writeBaseline(
  context: DatabaseContext,
  inShadow: InShadow,
  description: string,
): Promise<WrittenBaseline> {
  const { database, settings, signal } = context;
  requireNoMigrations(context);
  const { history } = await withSession(database, "inspect", (session) => readState(session, settings), signal);
  if (history.length > 0) throw refused(`the history of ${database.description} has ${history.length} entries`);
  const { files } = await diffSchemas(inShadow, {
    from: { kind: "nothing", name: "an empty database" },
    to: { kind: "database", name: database.description, database },
    ...{ renames: [], wants: "files" },
  });
  const [file] = files;
  if (!file) throw refused(`${database.description} has no objects`);
  const created = createMigration(context, { description, down: true, contents: file });
  const parsed = parseMigrationName((created.paths[0] ?? "").replace(/^.*[/\\]/, ""));
  return { ...created, version: parsed && "version" in parsed ? parsed.version : "" };
}

function requireNoMigrations(context: DatabaseContext): void {
  const { directory } = context.settings;
  try {
    const { migrations } = readMigrations(context);
    if (migrations.length > 0) throw refused(`${directory} has ${migrations.length} migrations already`);
  } catch (error) {
    if (!(error instanceof Failure && error.code === "directory-unreadable")) throw error;
  }
}

function refused(reason: string): Failure {
  return new Failure("baseline-refused", `Cannot write the first migration: ${reason}`, {
    hint: "For a database that has migrations, compare both: pgstep diff --to database.",
  });
}
