import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import { compareHistory, type Entry, isApplied } from "../../core/migrations/history.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import { changedFile, missingFile, unfinishedStep } from "../../core/migrations/plan.ts";
import { compareRepeatables, type RecordedRepeatable, type RepeatableEntry } from "../../core/repeatable/repeatable.ts";
import { readMigrations } from "../files/read-migrations.ts";
import { tableNames } from "../history/history-table.ts";
import { type DatabaseState, readState, requireNoResetUnfinished } from "../history/read-state.ts";
import { readRepeatables } from "../repeatable/plan.ts";
import { readRecords } from "../repeatable/records.ts";
import { refuseUnsound } from "../script/load-scripts.ts";
import type { Context, DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import type { AppliedFiles } from "../shadow/replay-chosen.ts";

/** The history of a database at one moment. */
export interface LiveHistory {
  readonly state: DatabaseState;
  readonly records: readonly RecordedRepeatable[];
  /** As `Backend` has it. */
  readonly serverVersion: number;
}

/** The files that a database was made with, as far as the files of today tell. */
export interface Applied extends AppliedFiles {
  readonly like: number;
  /** The names and checksums of the repeatable migrations. */
  readonly checksums: readonly (readonly [name: string, checksum: string])[];
  /** All migrations that have a file, applied or not. */
  readonly all: readonly Migration[];
  /** Why another schema may come from them. */
  readonly warnings: readonly Finding[];
}

/** @throws Failure history-foreign, reset-unfinished and those of connecting */
export async function readLiveHistory({ database, settings, signal }: DatabaseContext): Promise<LiveHistory> {
  return await withSession(
    database,
    "read the history of",
    async (session) => {
      const state = await readState(session, settings);
      requireNoResetUnfinished(state, "compare");
      const records = state.repeatableExists ? await readRecords(session, tableNames(settings)) : [];
      return { state, records, serverVersion: session.backend.serverVersion };
    },
    signal,
  );
}

/**
 * The files that the history records as applied.
 * @throws Failure directory-unreadable, files-unsound; history-conflict if a file is missing, or was applied in part
 */
export function appliedFiles(context: Context, { state, records, serverVersion }: LiveHistory): Applied {
  const { environment } = context.settings;
  const files = readMigrations(context);
  const repeatables = readRepeatables(context, files.layout);
  refuseUnsound([...files.findings, ...repeatables.findings], "compare the schema");
  const entries = compareHistory(files.migrations, state, environment);
  refuseUnknown(entries, state.name);
  const applied = entries.filter(isApplied);
  const recorded = compareRepeatables(repeatables.files, records, environment).filter((one) => one.recorded);
  return {
    migrations: applied.flatMap(({ migration }) => migration ?? []),
    all: files.migrations,
    like: serverVersion,
    repeatables: new Set(recorded.flatMap(({ repeatable }) => repeatable?.name ?? [])),
    checksums: recorded.flatMap(({ repeatable: one }) => (one ? [[one.name, one.file.checksum] as const] : [])),
    warnings: [
      ...applied.filter(({ state: of }) => of === "changed").map((one) => asWarning(changedFile(one))),
      ...recorded.flatMap(inexactRepeatable),
    ],
  };
}

/** Without the text of an applied file, every object that it made would seem to exist only in the database. */
function refuseUnknown(entries: readonly Entry[], database: string): void {
  const missing = entries.filter(({ state }) => state === "missing").map(missingFinding);
  const unfinished = entries.filter(({ state }) => state === "unfinished").map(unfinishedStep);
  const findings = [...missing, ...unfinished];
  if (findings.length === 0) return;
  const reason = missing.length > 0 ? "files of applied migrations are missing" : "a migration is applied in part";
  throw new Failure("history-conflict", `Cannot compare the schema of ${database}: ${reason}`, { findings });
}

function missingFinding(entry: Entry): Finding {
  const hint = `Compare in the checkout that the database was migrated from, or restore the file. If the file was deleted for good: pgstep repair ${entry.version}`;
  return { ...missingFile(entry, "error"), hint };
}

function asWarning(found: Finding): Finding {
  return { ...found, severity: "warning" };
}

function inexactRepeatable({ name, state, repeatable }: RepeatableEntry): Finding[] {
  const place = repeatable && { path: repeatable.file.path };
  if (state === "changed") {
    const message = `repeatable migration ${name} was changed after it was applied; its new text is compared`;
    return [finding("drift-inexact", { message, hint: "Apply the file first: pgstep up.", place })];
  }
  if (state !== "missing") return [];
  const message = `repeatable migration ${name} was applied, but its file is missing; its objects count as drift`;
  return [finding("drift-inexact", { message, hint: "Restore the file, or drop the objects in a migration." })];
}
