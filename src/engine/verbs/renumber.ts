import { Failure, usage } from "../../core/failure/failure.ts";
import { systemWords } from "../../core/failure/system-error.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import { isVersion, nextVersion, sameVersion } from "../../core/migrations/version.ts";
import type { CreatedReport } from "../../core/reports/report.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import { readMigrations } from "../files/read-migrations.ts";
import type { Context } from "../session/context.ts";
import { existing } from "./create-migration.ts";

/**
 * Gives a migration and its down script another version. The files are written under their new names before the old
 * ones are removed.
 * @param wish "012", "012_name", or either with "=014"; without a version, the next one
 * @throws Failure usage, file-exists, file-unwritable
 */
export function renumber(context: Context, wish: string): CreatedReport {
  const { fileSystem, settings, clock } = context;
  const [named = "", wanted] = wish.split("=");
  const { layout, versions } = existing(context);
  if (layout !== "pgstep") {
    throw usage(
      `Cannot renumber ${named}: ${settings.directory} has the layout of ${layout}`,
      "Rename the file as that tool does.",
    );
  }
  const { migrations } = readMigrations(context);
  const migration = theOne(migrations, named, settings.directory);
  const version = wanted ?? nextVersion(versions, clock.now());
  if (!isVersion(version)) {
    throw usage(`Cannot renumber ${named}: "${version}" is not a number`, "Write it like --renumber 012=014.");
  }
  const taken = migrations.find((one) => one !== migration && sameVersion(one.version, version));
  if (taken) {
    const free = nextVersion(versions, clock.now());
    throw usage(
      `Cannot renumber ${named}: ${taken.up.path} has the version ${version}`,
      `Take ${free}: --renumber ${named}=${free}`,
    );
  }
  const paths = [migration.up.path, ...(migration.down ? [migration.down.path] : [])];
  const moves = paths.map((from) => ({ from, to: renamed(from, version), text: textAt(fileSystem, from) }));
  const name = `${version}${migration.name.slice(migration.version.length)}`;
  for (const { to, text } of moves) put(fileSystem, to, withName(text, migration.name, name));
  for (const { from } of moves) attempt(from, () => fileSystem.remove(from));
  return { type: "created", paths: moves.map(({ to }) => to), removed: paths };
}

function theOne(migrations: readonly Migration[], named: string, directory: string): Migration {
  const found = migrations.filter(
    ({ name, version }) => name === named || (isVersion(named) && sameVersion(version, named)),
  );
  const [first, second] = found;
  if (!first)
    throw usage(
      `Cannot renumber ${named}: there is no such migration`,
      `Name one that is in ${directory}; pgstep validate shows those with errors.`,
    );
  if (!second) return first;
  throw usage(
    `Cannot renumber ${named}: ${found.length} migrations have this version`,
    `Name the file: --renumber ${first.name} or --renumber ${second.name}`,
  );
}

function renamed(path: string, version: string): string {
  const start = path.lastIndexOf("/") + 1;
  return path.slice(0, start) + path.slice(start).replace(/^\d+/, version);
}

/** The text with the new name in its header. */
function withName(text: string, old: string, name: string): string {
  return text.replace(/^(--[ \t]*Migration:[ \t]*)(\S+)/im, (line, start: string, found: string) =>
    found === old ? start + name : line,
  );
}

/** @throws Failure file-unwritable for bytes that would not be the same in the new file */
function textAt(fileSystem: FileSystem, path: string): string {
  const bytes = Buffer.concat(Array.from(fileSystem.read(path), (part) => Buffer.from(part)));
  const text = bytes.toString("utf8");
  if (Buffer.from(text).equals(bytes)) return text;
  throw new Failure("file-unwritable", `Cannot move ${path}: it is not UTF-8`, { hint: "Convert the file to UTF-8." });
}

function put(fileSystem: FileSystem, path: string, text: string): void {
  attempt(path, () => fileSystem.create(path, text));
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("file-unwritable", `Cannot write ${path}: ${systemWords(cause)}`, {
      hint: "Check the permissions of its directory.",
      cause,
    });
  }
}
