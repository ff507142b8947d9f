import type { Settings } from "../../core/configuration/settings.ts";
import type { Finding } from "../../core/failure/failure.ts";
import { runsIn } from "../../core/migrations/header.ts";
import type { SqlFile } from "../../core/migrations/migration.ts";
import { directoryBeside } from "../../core/migrations/sibling-directory.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { type NamedSqlFile, readSqlDirectory } from "../files/read-sql-directory.ts";

/** A file with initial rows. */
export interface Seed {
  /** The file name without its extension, prefixed with its environment's folder. Recorded in the database. */
  readonly name: string;
  readonly file: SqlFile;
  readonly once: boolean;
}

export interface SeedFiles {
  readonly directory: string;
  /** The seeds for the chosen environment, in the order in which they run: by file name. */
  readonly seeds: readonly Seed[];
  readonly findings: readonly Finding[];
}

/** The seeds for all environments and those in the folder of the chosen one. @throws Failure directory-unreadable */
export function readSeeds(fileSystem: FileSystem, settings: Settings): SeedFiles {
  const { directory: migrations, seedsDirectory, environment } = settings;
  const directory = seedsDirectory ?? directoryBeside(migrations, "seeds");
  const findings: Finding[] = [];
  const read = (path: string, isNamed: boolean) =>
    readSqlDirectory(fileSystem, { path, isNamed, doing: "read seeds from" }, findings);
  const general = read(directory, seedsDirectory !== undefined);
  const isFolder = environment !== undefined && !/^\.|[/\\]/.test(environment);
  const own = isFolder ? read(`${directory.replace(/(?<![/\\])[/\\]+$/, "")}/${environment}`, false) : [];
  const ordered = [
    ...general.map((one) => ({ one, name: one.name })),
    ...own.map((one) => ({ one, name: `${environment}/${one.name}` })),
  ].sort((left, right) => compare(left.one, right.one));
  const seeds = ordered
    .filter(({ one }) => runsIn(one.file.header, environment))
    .map(({ one, name }) => ({ name, file: one.file, once: one.file.header.seed === "once" }));
  return { directory, seeds, findings };
}

function compare(left: NamedSqlFile, right: NamedSqlFile): number {
  return left.name === right.name ? 0 : left.name < right.name ? -1 : 1;
}
