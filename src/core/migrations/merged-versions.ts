import { type Finding, finding } from "../failure/failure.ts";
import { parseMigrationName } from "./migration-name.ts";
import { compareVersions, increment, sameVersion } from "./version.ts";

/** A migration of the base. */
export interface MergedVersion {
  readonly version: string;
  /** Its path below the directory of the migrations. */
  readonly path: string;
}

/** The migrations among the paths of a directory, without down scripts. */
export function versionsOf(paths: Iterable<string>): MergedVersion[] {
  return [...paths].flatMap((path) => {
    const parsed = parseMigrationName(path.slice(path.lastIndexOf("/") + 1));
    return parsed && "version" in parsed && parsed.direction === "up" ? [{ version: parsed.version, path }] : [];
  });
}

/** The migrations of the branch that this one will be merged into. */
export interface MergeBase {
  /** "origin/main at a1b2c3d". */
  readonly commit: string;
  /** Those that this branch has as well. */
  readonly known: readonly MergedVersion[];
  /** Those that were added since this branch began. */
  readonly newer: readonly MergedVersion[];
}

/**
 * What will be wrong with the versions of a branch after its merge: a version that is taken, and one below the newest,
 * which databases that have applied the newest refuse as out of order.
 * @param own the migrations that only this branch has
 */
export function mergeFindings(own: readonly MergedVersion[], { commit, known, newer }: MergeBase): Finding[] {
  const all = [...known, ...newer].sort((one, other) => compareVersions(one.version, other.version));
  const newest = all.at(-1);
  if (!newest) return [];
  let free =
    [...all, ...own]
      .map(({ version }) => version)
      .sort(compareVersions)
      .at(-1) ?? newest.version;
  const next = () => {
    free = increment(free);
    return free;
  };
  return own.flatMap(({ version, path }) => {
    const taken = newer.find((one) => sameVersion(one.version, version));
    const place = { path };
    if (taken) {
      const message = `${commit} has ${taken.path} with the same version ${version}`;
      return finding("version-taken", {
        message,
        hint: `Move your file: pgstep new --renumber ${version}=${next()}`,
        place,
      });
    }
    if (compareVersions(version, newest.version) > 0) return [];
    const message = `the version ${version} is below ${newest.version}, the newest one of ${commit}: databases that have applied ${newest.version} refuse it as out of order`;
    return finding("below-base", { message, hint: `Move the file: pgstep new --renumber ${version}=${next()}`, place });
  });
}
