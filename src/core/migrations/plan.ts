import { Failure, type Finding, finding } from "../failure/failure.ts";
import { enumeration } from "../text/display.ts";
import { type Entry, isApplied, isPending } from "./history.ts";
import type { Direction, Migration, SqlFile } from "./migration.ts";
import { compareVersions, sameVersion, withVersion } from "./version.ts";

/** One migration in a plan. */
export interface Step {
  readonly direction: Direction;
  /** As the history spells it; for a version that is not applied, as the file does. */
  readonly version: string;
  /** `{version}_{description}`, or the version alone if the file is missing. */
  readonly name: string;
  readonly description: string;
  /** True if the history recorded the version while its file had no statements. */
  readonly isRecordedEmpty?: boolean;
  /** The file to run; undefined for the down script stored in the history. */
  readonly script: SqlFile | undefined;
  /** The down file to store with an up step. */
  readonly down?: SqlFile;
}

/** The steps to run, in order. --dry-run prints the same value that a run executes. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Names of pending migrations that are skipped because they are not for this environment. */
  readonly skipped: readonly string[];
  readonly warnings: readonly Finding[];
  /** A migration that is a program, which the steps must not pass. */
  readonly stopsBefore?: Migration;
}

export interface UpTarget {
  /** The last version to apply; without it, all. */
  readonly to?: string;
  /** The maximum number of migrations; without it, all. */
  readonly count?: number;
  /** Apply migrations below the newest applied version as well. Default: false. */
  readonly outOfOrder?: boolean;
  /** Allow a run on a database that is in use but has no history. Default: false. */
  readonly firstRun?: boolean;
}

export type DownTarget =
  /** How many of the newest migrations to undo. */
  | { readonly count: number }
  /** The version to stop at: it stays applied. */
  | { readonly to: string }
  /** Undo all migrations. */
  | { readonly all: true };

/**
 * The pending migrations up to the target.
 * @throws Failure version-unknown, history-conflict (a changed file; a pending one below the newest applied; an
 *   unfinished down script)
 */
export function planUp(entries: readonly Entry[], target: UpTarget): Plan {
  const { count } = target;
  const to = target.to === undefined ? undefined : withVersion(entries, target.to)?.version;
  if (target.to !== undefined && to === undefined) throw unknownVersion("migrate", target.to);
  const conflicts = entries
    .map((entry) => conflictWithUp(entry, target.outOfOrder ?? false))
    .filter((conflict) => conflict !== undefined);
  if (conflicts.length > 0) {
    const what = conflicts.length === 1 ? "1 migration disagrees" : `${conflicts.length} migrations disagree`;
    throw new Failure("history-conflict", `Cannot migrate: ${what} with the history`, { findings: conflicts });
  }
  const wanted = (entry: Entry) => to === undefined || compareVersions(entry.version, to) <= 0;
  const chosen = entries.filter((entry) => isPending(entry) && wanted(entry)).slice(0, count);
  const stop = chosen.findIndex(({ migration }) => migration?.program);
  return {
    steps: (stop === -1 ? chosen : chosen.slice(0, stop)).map(upStep),
    ...(chosen[stop]?.migration && { stopsBefore: chosen[stop].migration }),
    skipped: entries.filter((entry) => entry.state === "skipped" && wanted(entry)).map(nameOf),
    warnings: missingFiles(entries.filter((entry, index) => entry.state === "missing" && isFollowed(entries, index))),
  };
}

/** True if the next version with a file is pending. Otherwise the warning came when that one was applied. */
function isFollowed(entries: readonly Entry[], index: number): boolean {
  const next = entries.slice(index + 1).find(({ state }) => state !== "missing");
  return next !== undefined && isPending(next);
}

function upStep({ version, migration, recordedEmpty }: Entry): Step {
  if (!migration) throw new Error(`migration ${version} has no file to apply`);
  return {
    direction: "up",
    version: recordedEmpty ?? version,
    ...(recordedEmpty !== undefined && { isRecordedEmpty: true }),
    name: migration.name,
    description: migration.description,
    script: migration.up,
    ...(migration.down && { down: migration.down }),
  };
}

/**
 * The applied migrations to undo, highest version first.
 * @throws Failure version-unknown, no-way-back (naming all of them), history-conflict
 */
export function planDown(entries: readonly Entry[], target: DownTarget): Plan {
  const applied = entries.filter(isApplied).reverse();
  let chosen = applied;
  if ("count" in target) chosen = applied.slice(0, target.count);
  if ("to" in target) {
    const to = withVersion([...applied].reverse(), target.to)?.version;
    if (to === undefined) throw unknownVersion("undo", target.to);
    chosen = applied.filter((entry) => compareVersions(entry.version, to) > 0);
  }
  const halfApplied = entries.filter((entry) => entry.unfinished === "up").map(unfinishedStep);
  if (halfApplied.length > 0) {
    throw new Failure("history-conflict", "Cannot undo: a migration is applied in part", {
      hint: "Run pgstep up to continue where it stopped, then undo.",
      findings: halfApplied,
    });
  }
  const stuck = chosen.filter((entry) => !hasDownScript(entry));
  if (stuck.length > 0) {
    const names = stuck.map(nameOf).join(", ");
    const where = `next to the ${stuck.length === 1 ? "migration" : "migrations"}`;
    const fewer = chosen.length === 1 ? "" : ", or undo fewer migrations";
    throw new Failure("no-way-back", `Cannot undo ${names}: there is no down script`, {
      hint: `${stuck[0]?.migration?.downAdvice ?? `Write ${downFileName(stuck)} ${where}`}${fewer}. Nothing was changed.`,
    });
  }
  return { steps: chosen.map(downStep), skipped: [], warnings: [] };
}

function hasDownScript({ migration, applied }: Entry): boolean {
  return migration?.down !== undefined || applied?.hasDownScript === true;
}

function downFileName(entries: readonly Entry[]): string {
  return entries.length === 1
    ? `${entries[0]?.migration?.name ?? `${entries[0]?.version}_<description>`}.down.sql`
    : "the .down.sql files";
}

function downStep({ version, description, migration, applied }: Entry): Step {
  return {
    direction: "down",
    version: applied?.version ?? version,
    name: migration?.name ?? version,
    description,
    script: migration?.down,
  };
}

/**
 * The newest migrations undone, then applied again.
 * @throws Failure history-conflict when a file to apply again is missing
 */
export function planRedo(entries: readonly Entry[], count: number): Plan {
  const { steps } = planDown(entries, { count });
  const again = steps.map((step) => {
    const entry = entries.find((one) => sameVersion(one.version, step.version));
    if (!entry?.migration) {
      throw new Failure("history-conflict", `Cannot redo ${step.name}: its file is missing`, {
        hint: "Restore the file, or only undo the migration: pgstep down.",
      });
    }
    return upStep(entry);
  });
  return { steps: [...steps, ...again.reverse()], skipped: [], warnings: [] };
}

/** The failure of a run that could not pass a program. */
export function stoppedBefore({ name, version, program }: Migration): Failure {
  const { tool, language } = program ?? { tool: "another tool", language: "" };
  return new Failure("migrations-pending", `Cannot apply ${name}: it is a ${language} program of ${tool}`, {
    hint: `Run it with ${tool} or write it in SQL; then record it: pgstep resolve ${version} --applied; then run pgstep up again.`,
  });
}

function unknownVersion(verb: string, version: string): Failure {
  return new Failure("version-unknown", `Cannot ${verb} to ${version}: there is no such version`, {
    hint: "Run pgstep status to see the versions.",
  });
}

function conflictWithUp(entry: Entry, outOfOrder: boolean): Finding | undefined {
  if (entry.state === "changed") return changedFile(entry);
  if (entry.state === "out-of-order" && !outOfOrder) return outOfOrderFile(entry);
  const cannotGoOn = entry.unfinished === "down" || (entry.unfinished === "up" && !entry.migration);
  return cannotGoOn ? unfinishedStep(entry) : undefined;
}

export function changedFile(entry: Entry): Finding {
  return finding("changed", {
    message: `${nameOf(entry)} was changed after it was applied`,
    hint: `Restore the file as it was and put the change into a new migration; or, if the edit is harmless, run pgstep repair${hasDownScript(entry) ? "; or undo it and apply it again: pgstep redo" : ""}.`,
    ...placeOf(entry),
  });
}

export function missingFile(entry: Entry, severity: Finding["severity"]): Finding {
  return {
    rule: "missing",
    severity,
    message: `${entry.version} is applied, but its file is missing`,
    hint: `Restore the file, or ignore this in an older checkout. If the file was deleted for good: pgstep repair ${entry.version}`,
  };
}

/** One warning for all of them, since an older checkout gets it on every run. */
function missingFiles(entries: readonly Entry[]): Finding[] {
  const [first] = entries;
  if (!first) return [];
  const one = missingFile(first, "warning");
  if (entries.length === 1) return [one];
  const versions = enumeration(entries.map((entry) => entry.version));
  return [
    {
      rule: one.rule,
      severity: one.severity,
      message: `${entries.length} migrations are applied, but their files are missing: ${versions}`,
      hint: "Restore the files, or ignore this in an older checkout. For each file deleted for good: pgstep repair <version>",
    },
  ];
}

export function outOfOrderFile(entry: Entry): Finding {
  return finding("out-of-order", {
    message: `${nameOf(entry)} is pending, but a higher version is already applied`,
    hint: "Give it a version above the newest, or run pgstep up --out-of-order.",
    ...placeOf(entry),
  });
}

export function unfinishedStep(entry: Entry): Finding {
  const name = nameOf(entry);
  const up = entry.unfinished === "up";
  return finding("unfinished", {
    message: `${name} was ${up ? "applied" : "undone"} in part: it runs outside a transaction and did not finish`,
    hint:
      up && !entry.migration
        ? "Restore its file, then run pgstep up to continue where it stopped."
        : `Run pgstep ${up ? "up" : "down"} to continue where it stopped.`,
    ...placeOf(entry),
  });
}

function nameOf({ migration, version }: Entry): string {
  return migration?.name ?? version;
}

function placeOf(entry: Entry): Pick<Finding, "place"> {
  return entry.migration ? { place: { path: entry.migration.up.path } } : {};
}
