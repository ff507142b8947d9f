import { filePath } from "../../core/layout/format.ts";
import { runsIn } from "../../core/migrations/header.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { filesWith } from "../files/committed-files.ts";
import { readMigrations } from "../files/read-migrations.ts";
import type { Context } from "../session/context.ts";

/** The changes of the branch that this one will be merged into, since this one began. Paths are those of `SqlFile`. */
export interface Meanwhile {
  /** "origin/main at a1b2c3d". */
  readonly commit: string;
  /** The paths of the migrations that this branch has added. */
  readonly own: ReadonlySet<string>;
  /** The paths of the files that the base has added; this branch may have added some of them as well. */
  readonly added: ReadonlySet<string>;
  /** The paths of the files that the base has removed. */
  readonly removed: ReadonlySet<string>;
  /** The added files that are not on the disk: their paths below the directory, by their paths. */
  readonly unread: ReadonlyMap<string, string>;
  /** Reads one of them by its path below the directory; undefined if git does not have its content. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** The migrations of two branches, those of each lowest version first. */
export interface Branches {
  /** All files as they are after the merge. */
  readonly fileSystem: FileSystem;
  /** Those that both had when the branch began. */
  readonly common: readonly Migration[];
  /** Those that this branch has added. */
  readonly own: readonly Migration[];
  /** Those that the base has added. A migration that both have added is in both lists. */
  readonly theirs: readonly Migration[];
  /** Why they cannot be run; undefined if they can. */
  readonly because: string | undefined;
}

/** Reads the files of both branches, those of the base from git. @throws Failure directory-unreadable */
export async function readBranches(context: Context, meanwhile: Meanwhile): Promise<Branches> {
  const texts = new Map<string, Uint8Array>();
  const reasons: string[] = [];
  for (const [path, below] of meanwhile.unread) {
    const text = await meanwhile.read(below);
    if (!text) reasons.push(`git does not have the content of ${path} here`);
    texts.set(path, text ?? new Uint8Array());
  }
  const fileSystem = filesWith(context.fileSystem, texts);
  const { migrations, findings } = readMigrations({ ...context, fileSystem, emit: () => {} });
  const errors = findings.filter(({ severity }) => severity === "error");
  reasons.push(...errors.map(({ place, message }) => (place ? `${place.path}: ${message}` : message)));
  const run = migrations.filter(({ up }) => runsIn(up.header, context.settings.environment));
  const isIn = (paths: ReadonlySet<string>) => (migration: Migration) => paths.has(filePath(migration.up.path));
  const [isOwn, isTheirs] = [isIn(meanwhile.own), isIn(meanwhile.added)];
  const common = run.filter((one) => !isOwn(one) && !isTheirs(one));
  reasons.push(...common.filter(isIn(meanwhile.removed)).map(({ up }) => `${up.path} was removed there`));
  return { fileSystem, common, own: run.filter(isOwn), theirs: run.filter(isTheirs), because: reasons[0] };
}
