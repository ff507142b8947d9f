import { backupStore } from "./adapters/files/backup-store.ts";
import { withParts } from "./adapters/files/file-parts.ts";
import { systemClock } from "./adapters/process/system-clock.ts";
import { toolVersion } from "./adapters/process/tool-version.ts";
import { hookPrograms } from "./adapters/programs/hook-programs.ts";
import type { Attendance } from "./adapters/server/postgres-database.ts";
import type { DatabaseSources } from "./core/configuration/database-sources.ts";
import { placeInProjectFile } from "./core/configuration/origin.ts";
import type { ResolvedSettings } from "./core/configuration/resolve-settings.ts";
import type { Settings } from "./core/configuration/settings.ts";
import type { Target } from "./core/connection/target.ts";
import type { EventListener } from "./core/reports/event.ts";
import type { Context } from "./engine/session/context.ts";
import { withoutSecrets } from "./engine/session/mask-secrets.ts";
import type { BackupTools } from "./ports/backups.ts";
import type { SchemaDump } from "./ports/schema-dump.ts";
import type { Database } from "./ports/session.ts";
import type { SqlParser } from "./ports/sql-parser.ts";

/*
 * Parts that the program and the library build in the same way. Drivers and the parser are loaded only when they are
 * needed, so that other commands start quickly.
 */

let parser: Promise<SqlParser | undefined> | undefined;

const sqlParser = () =>
  (parser ??= import("./adapters/embedded/sql-parser.ts").then(({ loadSqlParser }) => loadSqlParser()));

let dump: Promise<SchemaDump> | undefined;

const schemaDump = () =>
  (dump ??= import("./adapters/embedded-dump/embedded-pg-dump.ts").then(({ embeddedPgDump }) => embeddedPgDump()));

/** The engine's context; hook commands run unless `programs` is false. */
export function contextOf(
  resolved: ResolvedSettings,
  {
    programs = true,
    fileSystem,
    ...given
  }: Pick<Context, "fileSystem" | "emit" | "signal"> & { readonly programs?: boolean },
): Context {
  return {
    settings: resolved.values,
    clock: systemClock,
    toolVersion,
    sqlParser,
    schemaDump,
    ...given,
    fileSystem: withParts(fileSystem),
    ...(programs && { variable: (name: string) => resolved.variables[name] }),
    ...(programs && { programs: hookPrograms, hooksNamedIn: placeInProjectFile(resolved.origins.hooks) }),
  };
}

/** Finds the named database, once; undefined if none is named. @throws Failure settings */
export function namedTarget(sources: DatabaseSources): () => Promise<Target | undefined> {
  let target: Promise<Target | undefined> | undefined;
  return () =>
    (target ??= import("./adapters/target/resolve-target.ts").then(({ resolveTarget }) => resolveTarget(sources)));
}

/** The database of a target; masks the values of secret placeholders in everything that it reports. */
export async function openTarget(target: Target, settings: Settings, attendance: Attendance): Promise<Database> {
  const { openDatabase } = await import("./adapters/target/open-database.ts");
  return withoutSecrets(openDatabase(target, attendance), settings.placeholders);
}

/** The tools for backups; PostgreSQL's own programs are searched for only when a backup is made. */
export function backupTools(
  resolved: ResolvedSettings,
  target: () => Promise<Target | undefined>,
  emit: EventListener,
): BackupTools {
  const { pgDump: program } = resolved.values;
  let isReported = false;
  const find = async (serverMajor: number, search: "named" | "installed") => {
    const named = await target();
    if (named?.kind !== "server") return undefined;
    const { findDumpProgram, NO_PROGRAM } = await import("./adapters/programs/pg-dump.ts");
    const origin = placeInProjectFile(resolved.origins.pgDump);
    if (!isReported && origin !== undefined && program !== undefined && program !== NO_PROGRAM) {
      isReported = true;
      emit({ type: "program-named", what: "pg_dump", program, origin });
    }
    return await findDumpProgram(named, { named: program, search }, serverMajor);
  };
  return {
    store: backupStore,
    dumpProgram: (serverMajor) => find(serverMajor, "named"),
    restoreProgram: () => find(0, "installed"),
  };
}
