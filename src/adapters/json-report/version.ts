import { FORMAT_VERSION, type JsonVersion } from "./shapes.ts";

/** What `--version` prints for people. */
export function versionLine(version: string): string {
  return `pgstep ${version}\n`;
}

/** What `--version` prints: a line for people, or with --json one that tells all of it. */
export function versionText(told: Omit<JsonVersion, "type">, format: string): string {
  if (format !== "json") return versionLine(told.version);
  return `${JSON.stringify({ type: "version", format: FORMAT_VERSION, ...told })}\n`;
}
