import type { Command, Invocation } from "../core/command-line/command.ts";
import type { SchemaChoice } from "../core/dump/schema-file.ts";
import { usage } from "../core/failure/failure.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { checkFile, comparableFile, dumpToFile } from "../engine/dump/dump-file.ts";
import type { Environment } from "./shared/environment.ts";

/** The exit status if the file is out of date. */
const STALE = 3;

/** Options that choose what a new file has; a compared file has its own. */
const CHOICES = ["rows", "owners", "privileges"];

export const dump: Command<Environment> = {
  name: "dump",
  effect: "reads",
  aliases: [],
  summary: "write the schema as SQL; also: load",
  description:
    "Writes the schema as SQL with PostgreSQL's own pg_dump, which is part of pgstep: always the same text for the " +
    "same schema, without pgstep's tables. Without a database it applies the migrations to an embedded one in " +
    "memory. Without --out it prints the text.",
  arguments: [],
  options: [
    { name: "out", value: "file", summary: "the file to write (the setting dump, else print)", completes: "file" },
    { name: "from-migrations", summary: "use only the migrations, applied to an embedded database in memory" },
    { name: "check", summary: "write nothing; exit with 3 if the file is out of date" },
    { name: "rows", value: "tables", summary: "also write the rows of these tables, separated by commas" },
    { name: "owners", summary: "also write who owns the objects" },
    { name: "privileges", summary: "also write GRANT and REVOKE" },
    settingOption("lockTimeoutMs"),
    settingOption("shadowUrl"),
    settingOption("standInsDirectory"),
  ],
  examples: [
    { line: "pgstep dump --out schema.sql", note: "the schema of the database" },
    { line: "pgstep dump --from-migrations --out schema.sql --check", note: "in CI, without a server" },
    { line: "pgstep dump --out schema.sql --rows country,currency", note: "with the rows of reference tables" },
  ],
  async run(invocation, environment) {
    const path = invocation.options.get("out") ?? environment.settings.values.dump;
    const report = invocation.options.has("check")
      ? await checked(invocation, environment, path)
      : await written(invocation, environment, path);
    environment.report(report);
    return report.checked && report.file?.change !== "none" ? STALE : 0;
  },
};

async function written({ options }: Invocation, environment: Environment, path: string | undefined) {
  const choice = choiceOf(options);
  const isNamed = !options.has("from-migrations") && (await environment.namedDatabase()) !== undefined;
  return isNamed
    ? await dumpToFile(await environment.databaseContext(), { source: "database", choice, path })
    : await environment.replayed((context) => dumpToFile(context, { source: "migrations", choice, path }));
}

function choiceOf(options: Invocation["options"]): SchemaChoice {
  const rows = (options.get("rows") ?? "").split(",").map((name) => name.trim());
  return {
    rows: rows.filter((name) => name !== ""),
    owners: options.has("owners"),
    privileges: options.has("privileges"),
  };
}

/** Compares like with like: with the migrations if the file was made of them. */
async function checked({ options }: Invocation, environment: Environment, path: string | undefined) {
  if (path === undefined) {
    throw usage("Cannot check a schema file: none is named", "Name the file: pgstep dump --check --out <file>.");
  }
  const chosen = CHOICES.find((name) => options.has(name));
  if (chosen !== undefined) {
    throw usage(
      `Cannot run pgstep dump: --check and --${chosen} contradict each other`,
      `Leave out --${chosen}: the file says what it has.`,
    );
  }
  const file = comparableFile(environment.context.fileSystem, path);
  const { source } = file.head;
  if (options.has("from-migrations") && source === "database") {
    throw usage(
      `Cannot compare ${path} with the migrations: the file was made of a database`,
      `Leave out --from-migrations, or write the file again: pgstep dump --from-migrations --out ${path}.`,
    );
  }
  return source === "migrations"
    ? await environment.replayed((context) => checkFile(context, file))
    : await checkFile(await environment.databaseContext(), file);
}
