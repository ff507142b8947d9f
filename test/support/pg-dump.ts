import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import type { Major } from "./postgres-binaries.ts";
import type { PostgresServer } from "./postgres-server.ts";

/** A pg_dump of that major which can be told its restrict key (15.14 and newer), or undefined on a machine without. */
export function findPgDump(major: Major): string | undefined {
  const places = [`/usr/lib/postgresql/${major}/bin/pg_dump`, "pg_dump"];
  return places.find((path) => {
    if (path.includes("/") && !existsSync(path)) return false;
    try {
      const version = execFileSync(path, ["--version"], { encoding: "utf8" });
      return Number(/ (\d+)/.exec(version)?.[1]) === major && dumpKnowsKey(path);
    } catch {
      return false;
    }
  });
}

function dumpKnowsKey(path: string): boolean {
  return execFileSync(path, ["--help"], { encoding: "utf8" }).includes("--restrict-key");
}

/** The schema of a database as text, without the tables named and without the lines that tell the versions. */
export async function dumpSchema(
  pgDump: string,
  server: PostgresServer,
  database: string,
  without: readonly string[],
): Promise<string> {
  const excluded = without.map((table) => `--exclude-table=${table}`);
  return withoutVersions(await dump(pgDump, server, database, ["--schema-only", ...excluded]));
}

/** What pg_dump writes to its standard output. */
export async function dump(
  pgDump: string,
  server: PostgresServer,
  database: string,
  options: readonly string[],
): Promise<string> {
  const connection = ["--host", server.host, "--port", `${server.port}`, "--username", server.superuser];
  const { stdout } = await promisify(execFile)(pgDump, ["--restrict-key=truth", ...connection, ...options, database], {
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

export function withoutVersions(dump: string): string {
  return dump.replace(/^-- Dumped (from|by) .*\n/gm, "");
}
