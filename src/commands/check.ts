import type { CheckRule } from "../core/check/rule.ts";
import { rulePage } from "../core/check/rule.ts";
import type { Command } from "../core/command-line/command.ts";
import { type Finding, usage } from "../core/failure/failure.ts";
import { CHECK_RULES } from "../core/findings/check-rules.ts";
import { presetLevels, presetOf, type RuleLevels, reaches } from "../core/findings/levels.ts";
import { settingOption } from "../core/settings/setting-options.ts";
import { nearest } from "../core/text/spelling.ts";
import { check as checkMigrations } from "../engine/check/check.ts";
import { type FileChoice, fileChoice } from "../engine/check/choose-files.ts";
import { readKnownFindings, replaceKnownFindings } from "../engine/check/known-findings.ts";
import type { GivenSizes } from "../engine/check/sizes.ts";
import type { Context } from "../engine/session/context.ts";
import { readStatistics } from "../engine/statistics/read-statistics.ts";
import { readStatisticsFile, statisticsPath } from "../engine/statistics/statistics-file.ts";
import type { Database } from "../ports/session.ts";
import type { Environment } from "./shared/environment.ts";
import { FOUND_ERRORS, REPEATABLE_DIRECTORY, TRIAL_LIMIT, trialLimit } from "./shared/options.ts";

export const check: Command<Environment> = {
  name: "check",
  effect: "reads",
  aliases: [],
  summary: "run all files in an empty database, find harm; also: stats",
  description:
    "Does what validate does. Then it runs all migrations on an empty database in memory, and reports what the new " +
    "files (those that the default branch of origin lacks) would lock, rewrite or read in production, with a safe way; " +
    "and it proves that the down scripts undo them. No server is needed; a database is compared only if --url is typed. " +
    "Exits with 3 on errors.",
  arguments: [],
  findings: true,
  options: [
    {
      name: "explain",
      value: "rule",
      summary: "explain a rule, and check nothing",
      get completes() {
        return CHECK_RULES.map(({ id }) => id);
      },
    },
    { name: "all", summary: "examine all files, not only the new ones" },
    {
      name: "stdin-path",
      value: "file",
      summary: "check standard input as the text of this migration, as editors do",
      completes: "file",
    },
    {
      name: "since",
      value: "version",
      summary: "examine the migrations after this version",
      completes: "version",
    },
    settingOption("base"),
    settingOption("preset"),
    settingOption("rules"),
    settingOption("failOn"),
    settingOption("knownFindings"),
    settingOption("stats"),
    settingOption("smallTable"),
    { name: "update-known-findings", summary: "write the findings of this check to the file of known findings" },
    TRIAL_LIMIT,
    settingOption("shadowUrl"),
    settingOption("standInsDirectory"),
    settingOption("shadowTimeZone"),
    settingOption("placeholders"),
    REPEATABLE_DIRECTORY,
    settingOption("hooksDirectory"),
  ],
  examples: [
    { line: "pgstep check", note: "in CI; no server is needed" },
    { line: "pgstep check --explain rewrites-table", note: "the harm and the safe way" },
    { line: "pgstep check --format sarif > pgstep.sarif", note: "for code scanning" },
    { line: "pgstep check --format markdown > comment.md", note: "for a comment on the change" },
  ],
  async run(invocation, environment) {
    const { options } = invocation;
    const explained = options.get("explain");
    if (explained !== undefined) {
      explain(ruleOf(explained), environment);
      return 0;
    }
    const limitMs = trialLimit(invocation);
    const isDatabaseTyped = environment.settings.origins.url.source === "flag";
    const database = isDatabaseTyped ? await environment.namedDatabase() : undefined;
    const { failOn, knownFindings } = environment.settings.values;
    const { context, choice } = await chosenFiles(options, environment);
    const updates = options.has("update-known-findings");
    if (updates && knownFindings === undefined) {
      throw usage("Cannot update known findings: no file is named", "Add --known-findings <file>.");
    }
    const known =
      knownFindings === undefined ? undefined : readKnownFindings(context.fileSystem, knownFindings, updates);
    const result = await checkMigrations(context, database, {
      ...{ inShadow: environment.inTrial, versionControl: environment.versionControl },
      ...{ choice, limitMs, levels: levelsOf(environment), known, sizes: await givenSizes(environment, database) },
    });
    if (updates && knownFindings !== undefined) replaceKnownFindings(context.fileSystem, knownFindings, result.known);
    environment.report(result.report);
    const fails = ({ rule, severity }: Finding) =>
      reaches(severity, failOn) && !(updates && CHECK_RULES.some(({ id }) => id === rule));
    return result.report.findings.some(fails) ? FOUND_ERRORS : 0;
  },
};

/** @throws Failure usage for a file that is no migration of the project */
async function chosenFiles(
  options: ReadonlyMap<string, string>,
  environment: Environment,
): Promise<{ context: Context; choice: FileChoice }> {
  const { base, directory } = environment.settings.values;
  const choice = fileChoice(options, base);
  const given = options.get("stdin-path");
  if (given === undefined) return { context: environment.context, choice };
  const { context, path } = await environment.buffered(given);
  if (path !== undefined) return { context, choice: { kind: "file", path } };
  throw usage(
    `Cannot check ${given}: it is not below ${directory}`,
    "Name the file of a migration, or the directory of the migrations: --dir.",
  );
}

/** The sizes of the named database, else those of the file of statistics. */
async function givenSizes(
  { context, settings }: Environment,
  database: Database | undefined,
): Promise<GivenSizes | undefined> {
  const { stats, directory, smallTable: smallBytes } = settings.values;
  const today = context.clock.now().toISOString().slice(0, 10);
  if (database) {
    return {
      source: database.description,
      statistics: await readStatistics({ ...context, database }),
      today,
      smallBytes,
    };
  }
  const source = statisticsPath(stats, directory);
  const statistics = readStatisticsFile(context.fileSystem, source, stats === undefined);
  return statistics && { source, statistics, today, smallBytes };
}

function levelsOf({ settings: { values } }: Environment): RuleLevels {
  return presetLevels(CHECK_RULES, values.preset, values.rules);
}

/** Every format but JSON gets the page for people. */
function explain(rule: CheckRule, environment: Environment): void {
  const { find: _, isStrict: __, ...parts } = rule;
  const severity = levelsOf(environment)[rule.id] ?? "off";
  if (environment.settings.values.format === "json") {
    environment.report({ type: "rule", ...parts, severity, preset: presetOf(rule) });
  } else environment.print(rulePage(rule));
}

/** @throws Failure usage */
function ruleOf(id: string) {
  const rule = CHECK_RULES.find((one) => one.id === id);
  if (rule) return rule;
  const ids = CHECK_RULES.map((one) => one.id);
  const meant = nearest(id, ids);
  throw usage(
    `Cannot explain ${id}: check has no such rule`,
    meant ? `Type pgstep check --explain ${meant}.` : `The rules are ${ids.join(", ")}.`,
  );
}
