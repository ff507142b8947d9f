import type { Command } from "../core/command-line/command.ts";
import type { SchemaSide } from "../core/diff-sides/side.ts";
import { renamesIn } from "../core/diff-words/renames.ts";
import { usage } from "../core/failure/failure.ts";
import { compareVersions } from "../core/migrations/version.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { check } from "../engine/check/check.ts";
import { askRenames } from "../engine/diff/ask-renames.ts";
import { diffSchemas } from "../engine/diff/diff.ts";
import { serverMajor } from "../engine/diff/server-major.ts";
import { type Source, schemaFileText } from "../engine/diff/sources.ts";
import { requireAllowed, writeDiff } from "../engine/diff/write-diff.ts";
import { existing } from "../engine/verbs/create-migration.ts";
import type { Environment } from "./shared/environment.ts";
import { refuseTogether } from "./shared/options.ts";

/** The exit status if the schemas differ. */
const DIFFERENT = 3;

export const diff: Command<Environment> = {
  name: "diff",
  effect: "reads",
  aliases: [],
  summary: "compare two schemas, and write the next migration",
  description:
    "Compares the schema of the migrations with that of a schema file, a database, another directory or a git ref: " +
    "both are created on an empty database in memory. Exits with 3 if they differ. --sql prints statements that were " +
    "tried there, and --write writes them as the next migration with its down file.",
  arguments: [],
  options: [
    { name: "from", value: "schema", summary: "the first schema (migrations); see below" },
    { name: "to", value: "schema", summary: "the second: a file, directory, URL, database, migrations or git:<ref>" },
    { name: "sql", summary: "print the statements that lead from the first to the second" },
    { name: "write", value: "description", summary: "write the statements as the next migration" },
    { name: "allow-data-loss", value: "objects", summary: "with --write: these tables and columns may be deleted" },
    settingOption("shadowUrl"),
    settingOption("standInsDirectory"),
  ],
  examples: [
    { line: "pgstep diff --to schema.sql", note: "what the migrations lack" },
    { line: "pgstep diff --to schema.sql --write 'add orders'", note: "the next migration and its down file" },
    { line: "pgstep diff --from git:main --to migrations --sql", note: "what a branch changes" },
  ],
  async run({ options }, environment) {
    refuseTogether("diff", [options.has("sql") && "--sql", options.has("write") && "--write"]);
    const [from, to] = [
      await source(options.get("from") ?? "migrations", environment),
      await toSource(options.get("to"), environment),
    ];
    const description = options.get("write");
    if (description !== undefined && from.kind !== "migrations") {
      throw usage(`Cannot write a migration: ${from.name} is not the schema of the migrations`, "Leave out --from.");
    }
    if (options.has("allow-data-loss") && description === undefined) {
      throw usage("Cannot use --allow-data-loss without --write", "Add --write <description>.");
    }
    const renames = to.kind === "file" ? renamesIn(schemaFileText(environment.context.fileSystem, to.name)) : [];
    const wants = description !== undefined ? "files" : options.has("sql") ? "statements" : "words";
    const allowed = (options.get("allow-data-loss") ?? "").split(",").map((name) => name.trim());
    const isTyped = environment.settings.origins.url.source === "flag";
    const named = isTyped ? await environment.namedDatabase() : undefined;
    const major = await serverMajor(environment.context, [from, to], named ? [named] : []);
    const found = await diffSchemas(environment.inTrial, {
      ...{ from, to, renames, wants, major },
      ...(description !== undefined && {
        isSafe: existing(environment.context).layout === "pgstep",
        allow: (losses: readonly string[]) => requireAllowed(losses, allowed),
        askRenames: (...sides: [SchemaSide, SchemaSide]) => askRenames(environment.consent({}), sides, renames),
      }),
    });
    const { changes, losses, files } = found;
    const names = { from: from.name, to: to.name };
    if (description !== undefined && files.length > 0) {
      const { versions } = existing(environment.context);
      const paths = writeDiff(environment.context, { description, files });
      environment.report({ type: "diff", ...names, changes, losses, files: paths });
      await checkWritten(environment, [...versions].sort(compareVersions).at(-1));
      return 0;
    }
    const sql = options.has("sql") ? files.map(({ up }) => up).join("\n") : undefined;
    environment.report({ type: "diff", ...names, changes, losses, files: [], ...(sql !== undefined && { sql }) });
    return changes.length > 0 ? DIFFERENT : 0;
  },
};

const CHECK_LIMIT_MS = 300_000;

/** Reports what the written files would lock, rewrite or read. @param last the version before them, if there is one */
async function checkWritten(environment: Environment, last: string | undefined): Promise<void> {
  const { context, inTrial, versionControl, settings } = environment;
  const { report } = await check(context, undefined, {
    ...{ inShadow: inTrial, versionControl, limitMs: CHECK_LIMIT_MS, levels: settings.values.rules },
    choice: last === undefined ? { kind: "all" } : { kind: "since", version: last },
  });
  environment.report(report);
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
    return { kind: "database", name: database.description, database };
  }
  if (URL_START.test(typed)) {
    const database = await environment.databaseAt(typed);
    return { kind: "database", name: database.description, database };
  }
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
