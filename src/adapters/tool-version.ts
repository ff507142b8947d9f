import { readFileSync } from "node:fs";

/** Put in by the bundler. */
declare const PGSTEP_VERSION: string | undefined;

/** pgstep's own version. */
export const toolVersion: string = typeof PGSTEP_VERSION === "string" ? PGSTEP_VERSION : versionOfSource();

function versionOfSource(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
