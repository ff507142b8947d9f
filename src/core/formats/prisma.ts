import { type Finding, finding } from "../failure/failure.ts";
import { type Format, type FoundMigration, type ListedEntry, plainHeader, wordsOf } from "../layout/format.ts";

const UP = "migration.sql";
const LOCK = "migration_lock.toml";

/**
 * Prisma Migrate: a folder for each migration, with a file `migration.sql`. The folder's whole name is the version, since
 * two folders may have the same time, and Prisma applies them in the order of their names. A `down.sql` beside it, which
 * Prisma's documentation suggests to generate, is the down script.
 */
export const PRISMA: Format = {
  layout: "prisma",
  tool: "Prisma",
  downAdvice: "Write down.sql into the folder of the migration",
  read(entries, contents) {
    const findings: Finding[] = [];
    const migrations = entries
      .filter(({ kind, name }) => kind === "directory" && !name.startsWith("."))
      .sort((left, right) => (left.name < right.name ? -1 : 1))
      .flatMap((folder) => migrationOf(folder, findings));
    const lock = entries.find(({ name, kind }) => name === LOCK && kind === "file");
    const provider = /^[ \t]*provider[ \t]*=[ \t]*"([^"]*)"/m.exec(lock ? (contents.text(lock.path) ?? "") : "")?.[1];
    if (lock && provider !== undefined && !PROVIDERS.has(provider)) {
      findings.push(
        finding("other-layout", {
          message: `these Prisma migrations are for ${provider}, not for PostgreSQL`,
          hint: "Name the directory of the PostgreSQL migrations with --dir.",
          place: { path: lock.path },
        }),
      );
    }
    return { migrations, repeatables: [], findings };
  },
};

const PROVIDERS: ReadonlySet<string> = new Set(["postgresql", "postgres", "cockroachdb"]);

function migrationOf({ name, path, inside = [] }: ListedEntry, findings: Finding[]): FoundMigration[] {
  const header = plainHeader();
  const script = (file: string) => inside.find((one) => one.name === file && one.kind === "file");
  const [up, down] = [script(UP), script("down.sql")];
  if (!up) {
    findings.push(
      finding("incomplete-migration", {
        message: `the folder ${name} has no file ${UP}`,
        hint: `Restore ${path}/${UP}, or remove the folder if the migration was never applied.`,
        place: { path },
      }),
    );
    return [];
  }
  const description = wordsOf(name.replace(/^[0-9]+_/, ""));
  const found = { version: name, name, description, up: { path: up.path, header } };
  return [down ? { ...found, down: { path: down.path, header } } : found];
}
