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

/** A directory as its project publishes it, in a format that pgstep reads. */
export interface Published {
  readonly name: string;
  /** Below `original`. */
  readonly path: string;
  readonly layout: string;
  /** The files show the format; otherwise it must be named. */
  readonly isSaid: boolean;
  /** Takes more than a few seconds. */
  readonly isLarge: boolean;
}

export const PUBLISHED: readonly Published[] = [
  published("openmeter", "tools/migrate/migrations", "golang-migrate", { isLarge: true }),
  published("harbor", "make/migrations/postgresql", "golang-migrate"),
  published("kestra", "jdbc-postgres/src/main/resources/migrations/postgres", "flyway"),
  published("atuin", "crates/atuin-server-postgres/migrations", "sqlx", { isSaid: false }),
  published("cratesio", "migrations", "diesel", { isLarge: true }),
];

function published(
  name: string,
  path: string,
  layout: string,
  { isSaid = true, isLarge = false }: Partial<Pick<Published, "isSaid" | "isLarge">> = {},
): Published {
  return { name, path, layout, isSaid, isLarge };
}
