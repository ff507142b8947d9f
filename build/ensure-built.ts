import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.ts";
import { ROOT } from "./runtimes.ts";
import { readStamp, sourceStamp } from "./stamp.ts";

const OUTPUT = join(ROOT, "dist");

/** The path of the built program; builds it first if dist/ is missing or older than its sources. */
export async function ensureBuilt(): Promise<string> {
  if (readStamp(OUTPUT) !== sourceStamp()) await bundle(OUTPUT);
  return join(OUTPUT, "pgstep.js");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await ensureBuilt();
