import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { difference } from "../support/difference.ts";
import { temporaryPlace } from "../support/place.ts";
import { programCommand, type RuntimeName, run } from "../support/program.ts";

/*
 * A schema with rows goes into a backup and comes back after a reset; all tables come back after a run that empties them;
 * and the schema file makes the schema again. All must give the same text as before: pg_dump's of the schema, and the rows and the values of the sequences as the backup has them.
 */

export interface Migrations {
  readonly name: string;
  readonly directory: string;
  /** A script that comes before the migrations. */
  readonly before: string | undefined;
  readonly table: string;
}

/** Empty databases: one for the backup, another one for the schema file. */
export interface Databases {
  readonly first: Named;
  readonly second: Named;
}

export interface Named {
  readonly url: string;
  readonly name: string;
}

export interface RoundTrip {
  /** Empty if everything came back. */
  readonly differences: readonly string[];
  readonly tables: number;
  readonly rows: number;
}

const ROWS = join(import.meta.dirname, "rows.sql");

export async function roundTrip(
  runtime: RuntimeName,
  { directory, before, table }: Migrations,
  { first, second }: Databases,
): Promise<RoundTrip> {
  const place = temporaryPlace("round-trip");
  const migrations = join(place, "migrations");
  mkdirSync(migrations);
  for (const file of readdirSync(directory)) copyFileSync(join(directory, file), join(migrations, file));
  if (before !== undefined && existsSync(before)) copyFileSync(before, join(migrations, "0_before.sql"));
  copyFileSync(ROWS, join(migrations, "99999999999999_rows.sql"));
  const program = await programCommand(runtime);
  const pgstep = async ({ url }: Named, ...words: string[]): Promise<string> => {
    const options = ["--dir", "migrations", "--table", table, "--url", url];
    const { status, stdout, stderr } = await run([...program, ...words, ...options], {
      directory: place,
      timeoutMs: 300_000,
    });
    if (status !== 0) throw new Error(`pgstep ${words.join(" ")}: ${(stderr + stdout).slice(-3_000)}`);
    return stdout;
  };
  const read = (path: string) => readFileSync(join(place, path), "utf8");
  const backUp = async (directory: string) => {
    await pgstep(first, "backup", "--backup-dir", directory);
    return join(directory, readdirSync(join(place, directory))[0] ?? "");
  };
  const dump = async (named: Named, file: string) => {
    await pgstep(named, "dump", "--owners", "--privileges", "--out", file);
    return read(file);
  };
  await pgstep(first, "up", "--no-backup");
  const schema = await dump(first, "schema.sql");
  const backup = await backUp("backups");
  await pgstep(first, "reset", "--confirm", first.name);
  await pgstep(first, "restore", backup, "--confirm", first.name);
  const earlier = withoutHead(read(backup));
  const again = read(await backUp("again"));
  const restored = await dump(first, "restored.sql");
  const { tables: all } = JSON.parse(/^-- pgstep backup (.*)$/m.exec(again)?.[1] ?? "{}") as { tables: string[] };
  const emptied = all.filter((one) => !one.includes(`.${table}`));
  writeFileSync(join(migrations, "999999999999999_empty.sql"), `TRUNCATE ${emptied.join(", ")};`);
  await pgstep(first, "up", "--backup-dir", "automatic");
  const automatic = join("automatic", readdirSync(join(place, "automatic"))[0] ?? "");
  await pgstep(first, "restore", automatic, "--confirm", first.name);
  const last = withoutHead(read(await backUp("last")));
  await pgstep(second, "load", "schema.sql");
  const parts = [
    ["restored", schema, restored],
    ["rows", earlier, withoutHead(again)],
    ["tables restored", schema, await dump(first, "tables.sql")],
    ["rows of tables", earlier, last],
    ["loaded", schema, await dump(second, "loaded.sql")],
  ] as const;
  const { tables } = JSON.parse(/\n-- pgstep end (.*)\n$/.exec(earlier)?.[1] ?? "{}") as {
    tables: readonly { rows: number }[];
  };
  return {
    differences: parts.flatMap(([name, one, other]) => (one === other ? [] : [`${name}:\n${difference(one, other)}`])),
    tables: tables.length,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** Without the time, which the first line has. */
function withoutHead(text: string): string {
  return text.slice(text.indexOf("\n"));
}

/** The directories of other projects' migrations. */
export function corpora(directory: string): Migrations[] {
  const rows = readFileSync(join(directory, "README.md"), "utf8").matchAll(/^\| (\w+) \| yes(.*?) \|/gm);
  return [...rows].map(([, name = "", note = ""]) => ({
    name: basename(name),
    directory: join(directory, name, "plain"),
    before: join(directory, name, "before.sql"),
    table: note.includes("--table") ? "pgstep_history" : "schema_migrations",
  }));
}
