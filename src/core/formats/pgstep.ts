import { type Finding, finding } from "../failure/failure.ts";
import type { Format, ListedEntry } from "../layout/format.ts";
import { type NamedScript, paired } from "../layout/pairs.ts";
import { misspeltDirection, parseMigrationName } from "../migrations/migration-name.ts";

/** pgstep's own files: `001_create_users.sql` or `.up.sql`, `001_create_users.down.sql`, and folders for environments. */
export const PGSTEP: Format = {
  layout: "pgstep",
  tool: "pgstep",
  read(entries) {
    const findings: Finding[] = [];
    const scripts = nameScripts(entries, findings);
    const naming = {
      pairs: "name",
      up: ({ name }: NamedScript) => `${name}.sql`,
      down: ({ name }: NamedScript) => `${name}.down.sql`,
    } as const;
    return { migrations: paired(scripts, naming, findings), repeatables: [], findings };
  },
};

/** The scripts that are named like migrations; the other files that end in .sql are added to the findings. */
function nameScripts(entries: readonly ListedEntry[], findings: Finding[]): NamedScript[] {
  const scripts: NamedScript[] = [];
  const names = new Set(entries.map(({ name }) => name));
  for (const { name, kind, path, environment } of entries) {
    const parsed = parseMigrationName(name);
    if (!parsed) continue;
    const misspelt = "problem" in parsed ? undefined : misspeltDirection(parsed, names);
    if (kind !== "file") {
      findings.push(noFile({ name, kind, path }));
    } else if ("problem" in parsed) {
      findings.push(
        finding("bad-name", {
          message: `${name} is not a migration name: ${parsed.problem}`,
          hint: "Rename it, e.g. 001_create_users.sql, or move it out of the directory.",
          place: { path },
        }),
      );
    } else if (misspelt) {
      findings.push(
        finding("bad-name", {
          message: `${name} would be a separate migration: it ends neither in .up.sql nor in .down.sql`,
          hint: `Did you mean ${misspelt}? If not, remove the dot before its last word.`,
          place: { path },
        }),
      );
    } else {
      const { version, description, direction } = parsed;
      scripts.push({ version, name: parsed.name, description, direction, path, environment });
    }
  }
  return scripts;
}

/** The error for a name of a migration that is not a file. */
export function noFile({ name, kind, path }: ListedEntry): Finding {
  const what = kind === "directory" ? "is a directory" : "is not a regular file, or is a broken link";
  return finding("not-a-file", {
    message: `${name} ${what}`,
    hint: "Rename or remove it: a name that ends in .sql counts as a migration.",
    place: { path },
  });
}
