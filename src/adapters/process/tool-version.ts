import { readFileSync } from "node:fs";
import process from "node:process";

/** Inserted by the bundler. */
declare const PGSTEP_VERSION: string | undefined;
/** Inserted by the bundler; null unless it is a release. */
declare const PGSTEP_COMMIT: string | null | undefined;
/** Inserted when an executable is compiled. */
declare const PGSTEP_TARGET: string | undefined;

/** pgstep's own version. */
export const toolVersion: string = typeof PGSTEP_VERSION === "string" ? PGSTEP_VERSION : versionOfSource();

/** The commit that a release was built from; null otherwise. */
export const toolCommit: string | null = typeof PGSTEP_COMMIT === "string" ? PGSTEP_COMMIT : null;

/** The platform of a compiled executable ("linux-x64-musl"); null for the script. */
export const toolTarget: string | null = typeof PGSTEP_TARGET === "string" ? PGSTEP_TARGET : null;

/** The runtime and its version: "node 24.1.0". */
export function runtimeVersion(): string {
  const { bun, deno, node } = process.versions;
  if (bun !== undefined) return `bun ${bun}`;
  return deno === undefined ? `node ${node}` : `deno ${deno}`;
}

function versionOfSource(): string {
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
