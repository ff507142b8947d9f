import type { LoadReport } from "../../core/dump/dump-report.ts";
import type { AppliedVersion, SchemaHead } from "../../core/dump/schema-file.ts";
import { Failure, interruption } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { Step } from "../../core/migrations/plan.ts";
import { sameVersion, versionKey } from "../../core/migrations/version.ts";
import { ConnectionLost, ServerFailure, type Session } from "../../ports/session.ts";
import { createHistorySql, insertRowSql, plainName, type TableNames, tableNames } from "../history/history-table.ts";
import { type DatabaseState, readState } from "../history/read-state.ts";
import type { RunLock } from "../lock/run-lock.ts";
import { isEmpty, readInventory } from "../reset/inventory.ts";
import type { DatabaseContext } from "../session/context.ts";
import { isDirect, ownSettings } from "../session/own-settings.ts";
import { BEGIN_OWN, COMMIT } from "../session/own-transaction.ts";
import { isUnconfirmedCommit, unconfirmedCommit } from "../session/unconfirmed-commit.ts";
import { migrationStep, recordedFiles } from "../verbs/baseline.ts";
import { changeHistory, lookToWrite, soundMigrations } from "../verbs/open-history.ts";
import { existingFile } from "./dump-file.ts";
import { runSchemaFile } from "./run-schema-file.ts";

const DOING = "load a schema into";

/**
 * Runs a schema file in an empty database and records the migrations that are in it, in one transaction.
 * @throws Failure database-not-empty, settings for a file that pgstep did not write, statement-failed, lock-held
 */
export async function loadSchema(context: DatabaseContext, path: string): Promise<LoadReport> {
  const { clock, database, settings } = context;
  const started = clock.monotonicMs();
  const head = headOf(context, path);
  const migrations = migrationsOf(context);
  const recorded = head.applied.map(({ version }) => version);
  const loaded = (): LoadReport => ({
    type: "load",
    database: database.description,
    path,
    recorded,
    durationMs: Math.round(clock.monotonicMs() - started),
  });
  const lookUp = async (other: Session): Promise<LoadReport | string> => {
    const { historyExists, history } = await readState(other, settings);
    const found = new Set(history.map(({ version }) => versionKey(version)));
    const isLoaded = historyExists && recorded.every((version) => found.has(versionKey(version)));
    return isLoaded ? loaded() : "Nothing was loaded. Run the command again.";
  };
  const load = async (session: Session, lock: RunLock): Promise<LoadReport> => {
    const state = await lookToWrite(context, session, DOING);
    await session.execute(BEGIN_OWN);
    await loadInTransaction(context, session, lock, { path, state, head, migrations });
    return loaded();
  };
  return await changeHistory(context, { doing: DOING, lookUp }, load);
}

/** @throws Failure settings */
function headOf({ fileSystem }: DatabaseContext, path: string): SchemaHead {
  const file = existingFile(fileSystem, path);
  if (file?.head) return file.head;
  const reason = file ? "pgstep dump did not write the file, or a newer version did" : "the file does not exist";
  throw new Failure("settings", `Cannot load ${path}: ${reason}`, {
    hint: file
      ? "Run another SQL file with psql, then record the migrations in it: pgstep baseline <version>."
      : `Write the file first: pgstep dump --out ${path}`,
  });
}

/** The migrations of the directory; none if there is no directory. */
function migrationsOf(context: DatabaseContext): readonly Migration[] {
  try {
    return soundMigrations(context, "load a schema");
  } catch (error) {
    if (error instanceof Failure && error.code === "directory-unreadable") return [];
    throw error;
  }
}

interface Load {
  readonly path: string;
  readonly state: DatabaseState;
  readonly head: SchemaHead;
  readonly migrations: readonly Migration[];
}

/** Ends the open transaction. */
async function loadInTransaction(
  context: DatabaseContext,
  session: Session,
  lock: RunLock,
  { path, state, head, migrations }: Load,
): Promise<void> {
  const { signal, database, emit, settings } = context;
  const names = tableNames(settings);
  const stopped = () => {
    if (!signal.aborted) return;
    throw interruption(signal, `Cannot load ${path}`, "It was rolled back; nothing was changed.");
  };
  const cancel = () => void session.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    if (lock.guard) await session.execute(lock.guard);
    await requireEmpty(context, session, state);
    session.onNotice = (message) =>
      emit(isUnconfirmedCommit(message) ? unconfirmedCommit("The load") : { type: "notice", message });
    await runSchemaFile(context, session, path, stopped);
    stopped();
    const direct = isDirect(state, session);
    // Behind a pooler the next client gets this session.
    const clean = `SET SESSION AUTHORIZATION ${session.backend.login}; RESET ROLE; RESET ALL; ${direct ? ownSettings(session) : ""}`;
    const rows = head.applied.map((applied) => rowSql(context, names, applied, migrations));
    const history = state.historyExists ? [] : [createHistorySql(names, state.schemaExists)];
    await session.execute([clean, ...history, ...rows, COMMIT].join("; "));
  } catch (error) {
    // The caller looks up the outcome.
    if (error instanceof ConnectionLost) throw error;
    await session.execute("ROLLBACK").catch(() => {});
    stopped();
    if (!(error instanceof ServerFailure)) throw error;
    const { server } = error;
    throw new Failure(
      "statement-failed",
      `Cannot load ${path} into ${database.description}: ${server.message} (${server.code})`,
      {
        hint: "It was rolled back; nothing was changed.",
        server,
        cause: error,
      },
    );
  } finally {
    session.onNotice = undefined;
    signal.removeEventListener("abort", cancel);
  }
}

/** The file's own facts about a version; what only the directory knows, from the same file there. */
function rowSql(
  context: DatabaseContext,
  names: TableNames,
  { version, checksum, description }: AppliedVersion,
  migrations: readonly Migration[],
): string {
  const migration = migrations.find((one) => sameVersion(one.version, version));
  const isSame = migration !== undefined && migration.up.checksum === checksum;
  const downScript = isSame ? recordedFiles(context, migrationStep(migration)).downScript : null;
  const step: Step = { direction: "up", name: version, version, description, script: undefined };
  return insertRowSql(names, step, { checksum, downScript, toolVersion: context.toolVersion });
}

/** @throws Failure database-not-empty if there is anything but empty tables of pgstep */
async function requireEmpty(context: DatabaseContext, session: Session, state: DatabaseState): Promise<void> {
  const { settings, database } = context;
  const names = tableNames(settings);
  const inventory = await readInventory(session, names);
  const { history, journal, lease, seeds, repeatable } = names;
  const own = [history, journal, lease, seeds, repeatable].map(plainName);
  const objects = inventory.objects.filter(({ identity }) => !own.includes(identity));
  const schemas = inventory.schemas.filter(({ name }) => name !== settings.schema);
  if (state.history.length === 0 && isEmpty({ ...inventory, objects, schemas })) return;
  const [first] = objects;
  const what = first ? `${first.kind} ${first.identity}` : "a history or objects";
  throw new Failure("database-not-empty", `Cannot load a schema into ${database.description}: it has ${what}`, {
    hint: "Name an empty database; or delete everything first: pgstep reset.",
  });
}
