import { EMPTY_CHECKSUM } from "./emptiness.ts";
import { runsIn } from "./header.ts";
import type { Direction, Migration } from "./migration.ts";
import { compareVersions, versionKey } from "./version.ts";

/** A row of the history table. Columns an older runner did not fill are null. */
export interface Applied {
  /** As it is recorded, which may differ from the file's spelling ("1" for "001"). */
  readonly version: string;
  /** UTC, ISO 8601 with microseconds and without offset, as the column holds it. */
  readonly appliedAt: string;
  readonly description: string | null;
  readonly checksum: string | null;
  readonly durationMs: number | null;
  readonly appliedBy: string | null;
  readonly toolVersion: string | null;
  /** True if the down script was stored when the migration was applied. */
  readonly hasDownScript: boolean;
}

/**
 * - applied, pending: as the words say
 * - changed: applied, but the file has changed since
 * - missing: applied, but there is no such file
 * - out-of-order: pending, although a higher version is applied
 * - skipped: pending, but not for this environment
 * - unfinished: started statement by statement, and not finished
 */
export type MigrationState = "applied" | "pending" | "changed" | "missing" | "out-of-order" | "skipped" | "unfinished";

/** One version, as the files and the history show it. */
export interface Entry {
  readonly version: string;
  readonly description: string;
  readonly state: MigrationState;
  readonly migration?: Migration;
  readonly applied?: Applied;
  /**
   * The history's spelling of a version that was recorded while its file had no statements, if the file has some now.
   * Nothing of it was run, and `applied` is absent.
   */
  readonly recordedEmpty?: string;
  /** For "unfinished": which of its two files was started. */
  readonly unfinished?: Direction;
}

/** A version whose statements ran one by one, outside a transaction, and did not finish. */
export interface Unfinished {
  readonly version: string;
  readonly direction: Direction;
}

/** The database's records of migrations. */
export interface Recorded {
  readonly history: readonly Applied[];
  readonly unfinished: readonly Unfinished[];
}

/**
 * Files and history side by side, lowest version first.
 * @param migrations lowest version first
 * @param environment the chosen environment, if any
 */
export function compareHistory(
  migrations: readonly Migration[],
  { history, unfinished }: Recorded,
  environment: string | undefined,
): Entry[] {
  const appliedByKey = new Map<string, Applied>();
  for (const applied of history) appliedByKey.set(versionKey(applied.version), applied);
  const unfinishedByKey = new Map(unfinished.map((one) => [versionKey(one.version), one.direction]));
  // Computed on demand: usually everything is applied.
  let newest: string | undefined;
  const isBelowNewest = ({ version }: Migration) => {
    newest ??= newestOf(history);
    return newest !== undefined && compareVersions(version, newest) < 0;
  };
  const entries: Entry[] = [];
  for (const migration of migrations) {
    const key = versionKey(migration.version);
    const recorded = appliedByKey.get(key);
    const begun = unfinishedByKey.get(key);
    appliedByKey.delete(key);
    unfinishedByKey.delete(key);
    const { version, description } = migration;
    const isFilled = recorded !== undefined && isRecordedEmpty(recorded, migration);
    const applied = isFilled ? undefined : recorded;
    const state = begun
      ? "unfinished"
      : isFilled
        ? filledState(migration, environment)
        : stateOf(migration, applied, environment, isBelowNewest);
    entries.push({
      ...{ version, description, state, migration },
      ...(applied && { applied }),
      ...(isFilled && { recordedEmpty: recorded.version }),
      ...(begun && { unfinished: begun }),
    });
  }
  if (appliedByKey.size + unfinishedByKey.size === 0) return entries;
  for (const [key, applied] of appliedByKey) {
    if (unfinishedByKey.has(key)) continue;
    entries.push({ version: applied.version, description: applied.description ?? "", state: "missing", applied });
  }
  for (const { version, direction } of unfinished) {
    const key = versionKey(version);
    if (!unfinishedByKey.delete(key)) continue;
    const applied = appliedByKey.get(key);
    const description = applied?.description ?? "";
    entries.push({ version, description, state: "unfinished", unfinished: direction, ...(applied && { applied }) });
  }
  return entries.sort((left, right) => compareVersions(left.version, right.version));
}

/**
 * The history as it would be if every file were applied unchanged. Waits for no checksum: a row that lacks it here
 * differs from the recorded one, which is then read.
 */
export function nothingPending(migrations: readonly Migration[], environment: string | undefined): Applied[] {
  return migrations
    .filter((migration) => runsIn(migration.up.header, environment))
    .map(({ version, description, up, down }) => ({
      version,
      appliedAt: "",
      description,
      checksum: up.isHashing ? null : up.checksum,
      durationMs: null,
      appliedBy: null,
      toolVersion: null,
      hasDownScript: down !== undefined,
    }));
}

function stateOf(
  migration: Migration,
  applied: Applied | undefined,
  environment: string | undefined,
  isBelowNewest: (migration: Migration) => boolean,
): MigrationState {
  if (applied) return applied.checksum === null || applied.checksum === migration.up.checksum ? "applied" : "changed";
  if (!runsIn(migration.up.header, environment)) return "skipped";
  return isBelowNewest(migration) ? "out-of-order" : "pending";
}

/** True if the version was recorded while its file had no statements, and it has some now: nothing was run. */
export function isRecordedEmpty(recorded: Pick<Applied, "checksum">, { up }: Migration): boolean {
  return recorded.checksum === EMPTY_CHECKSUM && up.checksum !== EMPTY_CHECKSUM;
}

/** For a file recorded before it had statements: never out-of-order, as higher versions were applied since. */
function filledState({ up }: Migration, environment: string | undefined): MigrationState {
  return runsIn(up.header, environment) ? "pending" : "skipped";
}

function newestOf(history: readonly Applied[]): string | undefined {
  return history.reduce<string | undefined>(
    (highest, { version }) => (highest === undefined || compareVersions(version, highest) > 0 ? version : highest),
    undefined,
  );
}

/** True if the version is in the history. */
export function isApplied(entry: Entry): boolean {
  if (entry.state === "unfinished") return entry.unfinished === "down";
  return entry.applied !== undefined;
}

/** True if the entry needs no action: its state may stay as it is in an up-to-date database. */
export function isSettled({ state }: Entry): boolean {
  return state === "applied" || state === "missing" || state === "skipped";
}

/** True if `up` has work to do for the entry. */
export function isPending(entry: Entry): boolean {
  if (entry.state === "unfinished") return entry.unfinished === "up";
  return entry.state === "pending" || entry.state === "out-of-order";
}
