import { Failure, type Finding, finding } from "../failure/failure.ts";
import type { Migration, SqlFile } from "../migrations/migration.ts";
import { compareVersions, versionKey } from "../migrations/version.ts";
import type { Repeatable } from "../repeatable/repeatable.ts";
import { enumeration } from "../text/display.ts";
import { matchesChecksum } from "./checksums.ts";
import { type OtherEntry, type OtherTable, plainName, remedyOf } from "./other-history.ts";

/** A migration that the other tool has applied. */
export interface Imported {
  readonly migration: Migration;
  /** Undefined if the tool does not record it. */
  readonly appliedAt: string | undefined;
}

/** What an import would record. */
export interface ImportPlan {
  readonly migrations: readonly Imported[];
  readonly repeatables: readonly { readonly file: Repeatable; readonly appliedAt: string | undefined }[];
  /** Migrations that stay pending. */
  readonly pending: readonly Migration[];
  readonly warnings: readonly Finding[];
}

export interface ImportFiles {
  readonly migrations: readonly Migration[];
  readonly repeatables: readonly Repeatable[];
  /** The bytes of a file. */
  bytes(file: SqlFile): Uint8Array;
}

/**
 * Maps the entries of another tool's history to files.
 * @throws Failure history-conflict if an entry says that a migration failed, or a file differs from the applied one
 */
export function planImport(other: OtherTable, entries: readonly OtherEntry[], files: ImportFiles): ImportPlan {
  const latest = latestOf(entries);
  const all = [...latest.values()];
  const failed = all.filter(({ problem }) => problem !== null);
  if (failed.length > 0) throw unfinished(other, failed);
  const applied = all.filter((entry) => entry.applied);
  const limit = applied.filter(({ about }) => about === "upTo").at(-1);
  const entryOf = (version: string) => {
    const own = latest.get(keyOf("one", version));
    if (own) return own.applied ? own : undefined;
    return limit?.version && compareVersions(version, limit.version) <= 0 ? limit : undefined;
  };
  const migrations = files.migrations.flatMap((migration): Imported[] => {
    const entry = entryOf(migration.version);
    return entry ? [{ migration, appliedAt: entry.at ?? undefined }] : [];
  });
  const repeatables = files.repeatables.flatMap((file) => {
    const entry = latest.get(keyOf("repeatable", file.name));
    if (!entry?.applied || !isUnchanged(other, entry, file.file, files)) return [];
    return [{ file, appliedAt: entry.at ?? undefined }];
  });
  const changed = migrations.filter(({ migration: { up, version } }) => {
    const entry = latest.get(keyOf("one", version));
    return entry && !isUnchanged(other, entry, up, files);
  });
  if (changed.length > 0) throw changedFiles(other, changed);
  const recorded = new Set(migrations.map(({ migration }) => migration));
  const pending = files.migrations.filter((migration) => !recorded.has(migration));
  return { migrations, repeatables, pending, warnings: missingFiles(other, applied, files.migrations) };
}

/** The last entry about each migration. */
function latestOf(entries: readonly OtherEntry[]): Map<string, OtherEntry> {
  const latest = new Map<string, OtherEntry>();
  for (const entry of entries) if (entry.version !== null) latest.set(keyOf(entry.about, entry.version), entry);
  return latest;
}

function keyOf(about: OtherEntry["about"], version: string): string {
  return about === "repeatable" ? `repeatable ${version}` : `${about} ${versionKey(version)}`;
}

function isUnchanged({ tool }: OtherTable, { checksum }: OtherEntry, file: SqlFile, { bytes }: ImportFiles): boolean {
  return checksum === null || matchesChecksum(tool, checksum, bytes(file)) !== false;
}

function unfinished(other: OtherTable, failed: readonly OtherEntry[]): Failure {
  const { tool } = other;
  return new Failure("history-conflict", `Cannot import ${tool}'s history: a migration did not finish`, {
    hint: `${remedyOf(other)} Then run pgstep import again. Nothing was written.`,
    findings: failed.map(({ version, problem }) =>
      finding("unfinished", { message: `${version} ${problem} (${plainName(other)})` }),
    ),
  });
}

function changedFiles({ tool }: OtherTable, changed: readonly Imported[]): Failure {
  return new Failure(
    "history-conflict",
    `Cannot import ${tool}'s history: files have changed since they were applied`,
    {
      hint: `Restore the files as ${tool} applied them. Nothing was written.`,
      findings: changed.map(({ migration: { name, up } }) =>
        finding("changed", {
          message: `${name} has another checksum than ${tool} recorded`,
          place: { path: up.path },
        }),
      ),
    },
  );
}

/** One warning for all entries without a file. */
function missingFiles(
  { tool }: OtherTable,
  applied: readonly OtherEntry[],
  migrations: readonly Migration[],
): Finding[] {
  const known = new Set(migrations.map(({ version }) => versionKey(version)));
  const missing = applied.filter(
    ({ version, about }) => about !== "repeatable" && !known.has(versionKey(version ?? "")),
  );
  if (missing.length === 0) return [];
  const names = enumeration(missing.map(({ version }) => version ?? ""));
  return [
    {
      rule: "missing",
      severity: "warning",
      message: `${tool} has applied migrations whose files are missing; they are not recorded: ${names}`,
      hint: "Restore the files if the database needs them, or name the right directory with --dir.",
    },
  ];
}
