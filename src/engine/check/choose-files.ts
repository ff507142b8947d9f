import type { Settings } from "../../core/configuration/settings.ts";
import { Failure, type Finding, usage } from "../../core/failure/failure.ts";
import { filePath } from "../../core/layout/format.ts";
import { type MergedVersion, mergeFindings, versionsOf } from "../../core/migrations/merged-versions.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import { directoryBeside } from "../../core/migrations/sibling-directory.ts";
import { compareVersions, withVersion } from "../../core/migrations/version.ts";
import type { Repeatable } from "../../core/repeatable/repeatable.ts";
import type { CommittedFiles, VersionControl } from "../../ports/version-control.ts";
import { joinPath } from "../files/environment-folders.ts";
import type { Meanwhile } from "../merge/meanwhile.ts";
import type { EarlierRepeatables } from "./earlier-repeatables.ts";

/**
 * Which files `check` examines: all, one by its path, those of the versions after one, or those that git does not have
 * at a base.
 */
export type FileChoice =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "all" }
  | { readonly kind: "since"; readonly version: string }
  | { readonly kind: "new"; readonly base: string | undefined };

export interface ChosenFiles {
  /** The paths of the files to examine: up scripts, down scripts and repeatable migrations. */
  readonly paths: ReadonlySet<string>;
  /** The paths of the files that are not new; a new file without statements is in neither set. */
  readonly older: ReadonlySet<string>;
  /** For the report: "3 migrations since origin/main at a1b2c3d", "all 269 migrations". */
  readonly words: string;
  /** How to examine more, if nothing is chosen. */
  readonly hint?: string;
  /** Undefined if no repeatable migration has changed. */
  readonly earlier?: EarlierRepeatables | undefined;
  /** What will be wrong with the versions of the files after the merge. */
  readonly afterMerge?: readonly Finding[];
  /** Undefined if only one of the branches has new migrations, or if their versions clash. */
  readonly meanwhile?: Meanwhile | undefined;
}

/**
 * The choice of a command line. A base from a variable or file gives way to --since and --all.
 * @param typed the options of the command line
 * @throws Failure usage if it names more than one choice
 */
export function fileChoice(typed: ReadonlyMap<string, string>, base: string | undefined): FileChoice {
  const [first, second] = ["all", "since", "base", "stdin-path"].filter((name) => typed.has(name));
  if (second !== undefined) {
    throw usage(`Cannot use --${first} with --${second}: each chooses the migrations`, "Leave out one of them.");
  }
  if (first === "all") return { kind: "all" };
  return first === "since" ? { kind: "since", version: typed.get("since") ?? "" } : { kind: "new", base };
}

/** @throws Failure version-unknown, and those of `VersionControl` */
export async function chooseFiles(
  choice: FileChoice,
  { directory, repeatableDirectory }: Pick<Settings, "directory" | "repeatableDirectory">,
  { migrations, repeatables }: { migrations: readonly Migration[]; repeatables: readonly Repeatable[] },
  versionControl: VersionControl,
): Promise<ChosenFiles> {
  const units: SqlFile[][] = [
    ...migrations.map(({ up, down }) => (down ? [up, down] : [up])),
    ...repeatables.map(({ file }) => [file]),
  ];
  const files = units.flat();
  if (units.length === 0) return { paths: new Set(), older: new Set(), words: migrationsOf(0) };
  if (choice.kind === "file") {
    const [own, others] = [files.filter(isAt(choice.path)), files.filter((file) => !isAt(choice.path)(file))];
    const { hint: _, ...rest } = chosen(own, others, own.length > 0 ? choice.path : `no statement of ${choice.path}`);
    return rest;
  }
  if (choice.kind === "all") return chosen(files, [], allOf(units.length));
  if (choice.kind === "since") {
    const { version } = choice;
    const first = withVersion(migrations, version);
    if (!first) {
      throw new Failure("version-unknown", `Cannot check the migrations after ${version}: there is no such migration`, {
        hint: `Name a migration that is in ${directory}.`,
      });
    }
    const later = migrations.filter((one) => compareVersions(one.version, first.version) > 0);
    const added = later.flatMap(({ up, down }) => (down ? [up, down] : [up]));
    const older = files.filter((file) => !added.includes(file));
    return chosen(added, older, `${migrationsOf(later.length)} after ${version}`);
  }
  const base = await versionControl.filesAtBase(directory, choice.base);
  if ("because" in base) return chosen(files, [], `${allOf(units.length)}: ${base.because}`);
  const objects = repeatableDirectory ?? directoryBeside(directory, "repeatable");
  const other = repeatables.length === 0 ? undefined : await versionControl.filesAtBase(objects, choice.base);
  const known = new Map(placed(directory, base.checksums));
  if (other && "checksums" in other)
    for (const [path, checksum] of placed(objects, other.checksums)) known.set(path, checksum);
  // In a file without statements there is nothing to examine, and its checksum is not that of its text.
  const isNew = ({ path, checksum, emptiness, fileChecksum = checksum }: SqlFile) =>
    !emptiness && known.get(filePath(path)) !== fileChecksum;
  const earlier = other && "checksums" in other ? await earlierOf(objects, repeatables, isNew, other) : undefined;
  const changed = units.filter((unit) => unit.some(isNew));
  const older = files.filter((file) => known.has(filePath(file.path)) && !isNew(file));
  const own = migrations
    .filter(({ up }) => !known.has(filePath(up.path)))
    .map(({ version, up }) => ({ version, path: up.path }));
  return {
    ...chosen(files.filter(isNew), older, `${migrationsOf(changed.length)} since ${base.commit}`),
    earlier,
    ...comparedWithBase(directory, { own, files }, base),
  };
}

/** Compares the new migrations with what the base has got since the branch began. */
function comparedWithBase(
  directory: string,
  { own, files }: { readonly own: readonly MergedVersion[]; readonly files: readonly SqlFile[] },
  { commit, checksums, newer }: CommittedFiles,
): Pick<ChosenFiles, "afterMerge" | "meanwhile"> {
  const added = (newer?.paths ?? []).filter((path) => !checksums.has(path));
  // A file that this branch has as well comes from there.
  const here = new Set(files.map(({ path }) => filePath(path)));
  const theirs = added.filter((path) => !here.has(joinPath(directory, path)));
  const there = { known: versionsOf(checksums.keys()), newer: versionsOf(theirs) };
  const afterMerge = mergeFindings(own, { ...there, commit: newer?.commit ?? commit });
  const isTaken = afterMerge.some(({ rule }) => rule === "version-taken");
  if (!newer || isTaken || own.length === 0 || theirs.length === 0) return { afterMerge };
  const kept = new Set(newer.paths);
  const places = (paths: readonly string[]) => new Map(paths.map((path) => [joinPath(directory, path), path]));
  return {
    afterMerge,
    meanwhile: {
      commit: newer.commit,
      own: new Set(own.map(({ path }) => filePath(path))),
      added: new Set(places(added).keys()),
      removed: new Set(places([...checksums.keys()].filter((path) => !kept.has(path))).keys()),
      unread: places(theirs),
      read: newer.read,
    },
  };
}

function isAt(path: string): (file: SqlFile) => boolean {
  return (file) => filePath(file.path) === path;
}

/** The texts of the changed repeatable migrations as git has them. */
async function earlierOf(
  directory: string,
  repeatables: readonly Repeatable[],
  isNew: (file: SqlFile) => boolean,
  { checksums, read }: CommittedFiles,
): Promise<EarlierRepeatables | undefined> {
  const known = new Map(
    placed(directory, checksums).map(([path], index) => [path, [...checksums.keys()][index] ?? ""]),
  );
  const texts = new Map<string, Uint8Array>();
  for (const { file } of repeatables) {
    const place = known.get(file.path);
    const text = place !== undefined && isNew(file) ? await read?.(place) : undefined;
    if (text) texts.set(file.path, text);
  }
  const added = repeatables.flatMap(({ file }) => (known.has(file.path) ? [] : [file.path]));
  return texts.size > 0 ? { texts, added: new Set(added) } : undefined;
}

/** Checksums by the paths that pgstep gives the files. */
function placed(directory: string, checksums: ReadonlyMap<string, string>): [path: string, checksum: string][] {
  return [...checksums].map(([path, checksum]) => [joinPath(directory, path), checksum]);
}

function allOf(count: number): string {
  return count === 1 ? "the only migration" : `all ${migrationsOf(count)}`;
}

function chosen(examined: readonly SqlFile[], others: readonly SqlFile[], words: string): ChosenFiles {
  const paths = new Set(examined.map(({ path }) => path));
  const older = new Set(others.map(({ path }) => path));
  return { paths, older, words, ...(paths.size === 0 && { hint: "To check all migrations, run pgstep check --all" }) };
}

function migrationsOf(count: number): string {
  return count === 0 ? "no migrations" : count === 1 ? "1 migration" : `${count} migrations`;
}
