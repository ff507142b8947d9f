import { type Finding, finding } from "../failure/failure.ts";
import {
  type Contents,
  type Format,
  type FoundMigration,
  type ListedEntry,
  plainHeader,
  wordsOf,
} from "../layout/format.ts";
import { type NamedScript, paired } from "../layout/pairs.ts";
import { findOtherOrder } from "../layout/text-order.ts";

const METADATA = "metadata.toml";

/**
 * Diesel 2 (diesel_migrations): a folder for each migration, with `up.sql` and perhaps `down.sql` and `metadata.toml`. The
 * version is the folder's name up to its first underscore, without dashes. Hidden and empty folders are ignored.
 */
export const DIESEL: Format = {
  layout: "diesel",
  tool: "Diesel",
  downAdvice: "Write down.sql into the folder of the migration",
  read(entries, contents) {
    const findings: Finding[] = [];
    const folders = entries.filter(
      ({ kind, name, inside }) => kind === "directory" && !name.startsWith(".") && inside?.length,
    );
    const scripts = folders.flatMap((folder) => scriptsOf(folder, contents, findings));
    const migrations: readonly FoundMigration[] = paired(scripts, NAMING, findings);
    findOtherOrder("Diesel", migrations, findings);
    return { migrations, repeatables: [], findings };
  },
};

const NAMING = { pairs: "name", up: ({ name }: NamedScript) => `${name}/up.sql`, down: () => "down.sql" } as const;

function scriptsOf({ name, path, inside = [] }: ListedEntry, contents: Contents, findings: Finding[]): NamedScript[] {
  const [written = ""] = name.split("_", 1);
  const metadata = inside.find((one) => one.name === METADATA);
  const isAlone = metadata && runsAlone(contents.text(metadata.path) ?? "");
  const about = {
    version: versionOf(written),
    name,
    description: wordsOf(name.slice(written.length + 1)) || name,
    header: plainHeader(isAlone ? { transaction: "none" } : {}),
  };
  const up = inside.find((one) => one.name === "up.sql");
  if (!up) {
    findings.push(
      finding("incomplete-migration", {
        message: `the folder ${name} has no file up.sql`,
        hint: `Restore ${path}/up.sql, or move the folder out of the directory.`,
        place: { path },
      }),
    );
    return [];
  }
  const down = inside.find((one) => one.name === "down.sql");
  const first: NamedScript = { ...about, direction: "up", path: up.path };
  return down ? [first, { ...about, direction: "down", path: down.path }] : [first];
}

/**
 * Diesel's version, with a dash after the seconds. Diesel sorts versions as text: those of its newer releases, which have
 * four more digits, come between those of the older ones.
 */
function versionOf(written: string): string {
  return written.replaceAll("-", "").replace(/^([0-9]{14})(?=[0-9])/, "$1-");
}

/** As Diesel reads it: a file without the key turns the transaction off; a line that is no TOML makes it be ignored. */
function runsAlone(toml: string): boolean {
  const lines = toml
    .split(/\r?\n/)
    .map((line) => (line.split("#", 1)[0] ?? "").trim())
    .filter((line) => line !== "");
  if (lines.some((line) => !/^(?:\[.*\]|[\w."'-]+\s*=\s*\S.*)$/.test(line))) return false;
  return !lines.some((line) => /^run_in_transaction\s*=\s*true$/.test(line));
}
