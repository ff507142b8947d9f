import { writeSync } from "node:fs";
import process from "node:process";
import { versionLine } from "./adapters/json-report/version.ts";
import { mayBeSealed } from "./adapters/process/own-file.ts";
import { toolVersion } from "./adapters/process/tool-version.ts";

/*
 * The entry point. Scripts often ask for the version, and loading the whole program takes several times as long as
 * printing the version, so it is loaded only for other commands. The output is the same.
 */
const STDOUT = 1;

// The program handles bundles, a failed write, and a Deno that refuses variables.
if (!isVersionAlone() || mayBeSealed() || !wrote(versionLine(toolVersion))) {
  const { main } = await import("./main.ts");
  await main();
}

function isVersionAlone(): boolean {
  const [, , first = "", second] = process.argv;
  if (!/^(--version|-v)$/.test(first) || second !== undefined) return false;
  return process.versions.deno === undefined && !process.env.PGSTEP_FORMAT;
}

function wrote(text: string): boolean {
  try {
    return writeSync(STDOUT, text) === text.length;
  } catch {
    return false;
  }
}
