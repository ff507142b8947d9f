import { writeSync } from "node:fs";
import process from "node:process";
import { versionLine } from "./adapters/json-report/version.ts";
import { ownSeal } from "./adapters/process/sealed-program.ts";
import { toolVersion } from "./adapters/process/tool-version.ts";

/*
 * What an executable starts with. Scripts ask for the version again and again, and loading the program takes several
 * times as long as telling it: so it is loaded only for what is more than that. What it prints is the same.
 */
const STDOUT = 1;

const [, , first = "", second] = process.argv;
const isVersionAlone = /^(--version|-v)$/.test(first) && second === undefined && !process.env.PGSTEP_FORMAT;
// A program whose seal is damaged does nothing, and one that cannot write says so.
if (!isVersionAlone || ownSeal() || !wrote(versionLine(toolVersion))) await import("./main.ts");

function wrote(text: string): boolean {
  try {
    return writeSync(STDOUT, text) === text.length;
  } catch {
    return false;
  }
}
