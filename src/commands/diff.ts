import type { Command } from "../core/command-line/command.ts";
import { renamesIn } from "../core/diff-words/renames.ts";
import { usage } from "../core/failure/failure.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { diffSchemas } from "../engine/diff/diff.ts";
import { serverMajor } from "../engine/diff/server-major.ts";
import { type Source, schemaFileText } from "../engine/diff/sources.ts";
import { databaseSource } from "./shared/database-source.ts";
import type { Environment } from "./shared/environment.ts";
import { refuseTogether, WRITE_OPTIONS } from "./shared/options.ts";
import { checkWritten, descriptionToWrite, writeDifference } from "./shared/write-difference.ts";

/** The exit status if the schemas differ. */
const DIFFERENT = 3;

export const diff: Command<Environment> = {
  name: "diff",
  effect: "reads",
  aliases: [],
  summary: "compare two schemas, and write the next migration",
  description:
    "Compares the schema of the migrations with that of a schema file, a database, another directory or a git ref: " +
    "both are created on an empty database in memory. What drift ignores in a database is left out. Exits with 3 if " +
    "they differ. --sql prints statements that were tried there, and --write writes them as the next migration with " +
    "its down file.",
  arguments: [],
  options: [
    { name: "from", value: "schema", summary: "the first schema (migrations); see below" },
    { name: "to", value: "schema", summary: "the second: a file, directory, URL, database, migrations or git:<ref>" },
    { name: "sql", summary: "print the statements that lead from the first to the second" },
    ...WRITE_OPTIONS,
    settingOption("driftIgnore"),
    settingOption("shadowUrl"),
    settingOption("standInsDirectory"),
  ],
  examples: [
    { line: "pgstep diff --to schema.sql", note: "what the migrations lack" },
    { line: "pgstep diff --to schema.sql --write 'add orders'", note: "the next migration and its down file" },
    { line: "pgstep diff --from git:main --to migrations --sql", note: "what a branch changes" },
  ],
  async run(invocation, environment) {
    const { options } = invocation;
    refuseTogether("diff", [options.has("sql") && "--sql", options.has("write") && "--write"]);
    const [from, to] = [
      await source(options.get("from") ?? "migrations", environment),
      await toSource(options.get("to"), environment),
    ];
    const description = descriptionToWrite(invocation);
    if (description !== undefined && from.kind !== "migrations") {
      throw usage(`Cannot write a migration: ${from.name} is not the schema of the migrations`, "Leave out --from.");
    }
    const isIgnoring = environment.settings.origins.driftIgnore.source === "flag";
    if (isIgnoring && from.kind !== "database" && to.kind !== "database") {
      throw usage("Cannot use --drift-ignore: no database is compared", "Leave it out, or name a database with --to.");
    }
    const renames = to.kind === "file" ? renamesIn(schemaFileText(environment.context.fileSystem, to.name)) : [];
    const isTyped = environment.settings.origins.url.source === "flag";
    const named = isTyped ? await environment.namedDatabase() : undefined;
    const major = await serverMajor(environment.context, [from, to], named ? [named] : []);
    const names = { from: from.name, to: to.name, ...leftOut([from, to], environment) };
    if (description !== undefined) {
      const written = await writeDifference(environment, invocation, { from, to, renames, major }, description);
      const { changes, losses, files } = written;
      environment.report({ type: "diff", ...names, changes, losses, files });
      if (files.length > 0) await checkWritten(environment, written);
      return files.length > 0 || changes.length === 0 ? 0 : DIFFERENT;
    }
    const wants = options.has("sql") ? "statements" : "words";
    const { changes, losses, files } = await diffSchemas(environment.inTrial, { from, to, renames, wants, major });
    const sql = options.has("sql") ? files.map(({ up }) => up).join("\n") : undefined;
    environment.report({ type: "diff", ...names, changes, losses, files: [], ...(sql !== undefined && { sql }) });
    return changes.length > 0 ? DIFFERENT : 0;
  },
};

/** The objects that do not count, by what ignores them. */
function leftOut(sources: readonly Source[], { settings }: Environment) {
  const ignored = sources.flatMap((one) => (one.kind === "database" && one.ignored ? [one.ignored] : []));
  const patterns = ignored.length > 0 ? (settings.values.driftIgnore ?? []) : [];
  return { platforms: [...new Set(ignored.flatMap(({ platforms }) => platforms))], patterns };
}

async function toSource(typed: string | undefined, environment: Environment): Promise<Source> {
  if (typed !== undefined) return await source(typed, environment);
  if ((await environment.namedDatabase()) !== undefined) return await source("database", environment);
  throw usage("Cannot compare schemas: only one is named", "Name the second: pgstep diff --to schema.sql.");
}

const URL_START = /^(?:postgres(?:ql)?|pglite):/;

/** A schema as typed. @throws Failure usage, settings */
async function source(typed: string, environment: Environment): Promise<Source> {
  const { context } = environment;
  if (typed === "migrations") return { kind: "migrations", name: "the migrations" };
  if (typed === "database") {
    const { database } = await environment.databaseContext();
    return await databaseSource(environment, database);
  }
  if (URL_START.test(typed)) return await databaseSource(environment, await environment.databaseAt(typed));
  if (typed.startsWith("git:")) return await committed(typed, environment);
  if (/\.sql$/i.test(typed)) return { kind: "file", name: typed };
  try {
    context.fileSystem.list(typed);
  } catch {
    throw usage(
      `Cannot compare with ${typed}: it is neither a file that ends in .sql nor a directory`,
      "Name a schema file, a directory of migrations, a URL, database, migrations or git:<ref>.",
    );
  }
  return { kind: "migrations", name: `the migrations in ${typed}`, directory: typed };
}

async function committed(typed: string, { context, versionControl }: Environment): Promise<Source> {
  const { directory } = context.settings;
  const files = await versionControl.filesAt(directory, typed.slice("git:".length));
  const texts = new Map<string, Uint8Array>();
  for (const path of files.checksums.keys()) {
    const bytes = await files.read?.(path);
    if (bytes) texts.set(path, bytes);
  }
  const { committedFiles } = await import("../engine/files/committed-files.ts");
  return {
    kind: "migrations",
    name: `the migrations of ${files.commit}`,
    fileSystem: committedFiles(directory, texts),
  };
}
