import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../build/runtimes.ts";

/** Migration directories of other projects. They lie outside this repository. */
export const CORPORA = process.env.PGSTEP_CORPORA ?? join(ROOT, "..", "shared", "corpora");

/** Why their tests are skipped; false if they are there. */
export const NO_CORPORA = existsSync(join(CORPORA, "README.md")) ? false : "there are no corpora beside this checkout";

export interface Corpus {
  readonly name: string;
  readonly table: string;
}

/** Those with a directory `plain`. */
export function plainCorpora(): Corpus[] {
  const rows = readFileSync(join(CORPORA, "README.md"), "utf8").matchAll(/^\| (\w+) \| yes(.*?) \|/gm);
  return [...rows].map(([, name = "", note = ""]) => ({
    name,
    table: note.includes("--table") ? "pgstep_history" : "schema_migrations",
  }));
}
