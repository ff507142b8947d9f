import { writeSync } from "node:fs";
import process from "node:process";
import { versionLine } from "./adapters/json-report/version.ts";
import { ownSeal } from "./adapters/process/sealed-program.ts";
import { toolVersion } from "./adapters/process/tool-version.ts";

/*
 * Entry point of an executable. Scripts often ask for the version, and loading the whole program takes several times as
 * long as printing the version, so it is loaded only for other commands. The output is the same.
 */
const STDOUT = 1;

const [, , first = "", second] = process.argv;
const isVersionAlone = /^(--version|-v)$/.test(first) && second === undefined && !process.env.PGSTEP_FORMAT;
// A bundle with a damaged seal and a failed write are handled by the program.
if (!isVersionAlone || ownSeal() || !wrote(versionLine(toolVersion))) await import("./main.ts");

function wrote(text: string): boolean {
  try {
    return writeSync(STDOUT, text) === text.length;
  } catch {
    return false;
  }
}
