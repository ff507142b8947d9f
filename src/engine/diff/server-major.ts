import { readHead } from "../../core/dump/schema-file.ts";
import type { Database } from "../../ports/session.ts";
import type { Context } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { type Source, schemaFileText } from "./sources.ts";

/** The line of pg_dump that names the version of the server. */
const DUMPED = /^-- Dumped from database version (\d+)/m;

/**
 * The major version of the server that statements between these schemas are for: the oldest of the databases, else the
 * one that a schema file names.
 * @param databases others that the statements are for
 * @returns undefined if nothing names a version
 * @throws Failure settings for a file that cannot be read, and those of connecting
 */
export async function serverMajor(
  { fileSystem, signal }: Context,
  sources: readonly Source[],
  databases: readonly Database[],
): Promise<number | undefined> {
  const all = [...databases, ...sources.flatMap((source) => (source.kind === "database" ? [source.database] : []))];
  const majors: number[] = [];
  for (const database of all) {
    const version = await withSession(database, "inspect", async ({ backend }) => backend.serverVersion, signal);
    majors.push(Math.floor(version / 10_000));
  }
  if (majors.length > 0) return Math.min(...majors);
  for (const source of sources) {
    if (source.kind !== "file") continue;
    const text = schemaFileText(fileSystem, source.name);
    const named = readHead(text)?.major ?? Number(DUMPED.exec(text)?.[1] ?? Number.NaN);
    if (Number.isInteger(named)) majors.push(named);
  }
  return majors.length > 0 ? Math.min(...majors) : undefined;
}
