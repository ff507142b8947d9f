import type { Command, Invocation } from "../core/command-line/command.ts";
import { usage } from "../core/failure/failure.ts";
import { reaches } from "../core/findings/levels.ts";
import { planFindings } from "../core/plan/plan-findings.ts";
import { settingOption, shorthandOptions } from "../core/settings/setting-options.ts";
import { readKnownFindings } from "../engine/check/known-findings.ts";
import { type PlanOptions, planRelease } from "../engine/plan/plan.ts";
import type { KeptPlan } from "../engine/plan/record-plan.ts";
import type { Environment } from "./shared/environment.ts";
import {
  durationOption,
  FOUND_ERRORS,
  HOOK_OPTIONS,
  REPEATABLE_DIRECTORY,
  SINGLE_TRANSACTION,
  TRIAL_LIMIT,
  trialLimit,
} from "./shared/options.ts";
import { plannedSettings } from "./shared/planned-settings.ts";
import { COUNT, UNUSUAL, UP_ARGUMENT, upTarget } from "./shared/up-target.ts";

export const plan: Command<Environment> = {
  name: "plan",
  effect: "reads",
  aliases: [],
  summary: "show what up will do to this database",
  description:
    "Shows for each pending statement what it locks and blocks, how large the tables are, its work on existing rows " +
    "and the time and disk for it, what it destroys, and what breaks running clients; also the sessions that up would " +
    "wait for now. The statements are tried in a database that has what the applied migrations make; the live database " +
    "is only read. Exits with 3 on errors.",
  arguments: [UP_ARGUMENT],
  findings: true,
  options: [
    COUNT,
    SINGLE_TRANSACTION,
    ...UNUSUAL,
    { name: "out", value: "file", summary: "write the plan to a file, for up --plan", completes: "file" },
    { name: "valid-for", value: "duration", summary: "how long up --plan accepts the file (24h)" },
    { name: "sql", summary: "print a script for psql that does the same" },
    { name: "watch", value: "duration", summary: "how long to inspect other sessions, each second (once)" },
    settingOption("failOn"),
    settingOption("rules"),
    settingOption("knownFindings"),
    settingOption("smallTable"),
    TRIAL_LIMIT,
    settingOption("lockTimeoutMs"),
    settingOption("backup"),
    ...shorthandOptions("backup"),
    settingOption("backupLimit"),
    settingOption("shadowUrl"),
    settingOption("standInsDirectory"),
    settingOption("shadowTimeZone"),
    settingOption("placeholders"),
    REPEATABLE_DIRECTORY,
    ...HOOK_OPTIONS,
  ],
  examples: [
    { line: "pgstep plan", note: "before a release, on production" },
    { line: "pgstep plan --watch 30s", note: "also finds sessions that come and go" },
    { line: "pgstep plan --format markdown > ticket.md", note: "for a change ticket" },
    { line: "pgstep plan --sql > release.sql", note: "for a database that only psql may change" },
    { line: "pgstep plan --out plan.json", note: "to review, and to run with up --plan" },
  ],
  async run(invocation, environment) {
    const target = upTarget(invocation, "plan");
    const options = await planOptions(invocation, environment);
    const isScript = invocation.options.has("sql");
    const script = isScript ? (sql: string) => environment.print(sql) : undefined;
    const context = await environment.databaseContext();
    const report = await planRelease(context, target, { ...options, script });
    if (isScript) for (const finding of planFindings(report)) context.emit({ type: "warning", finding });
    else environment.report(report);
    const { failOn } = environment.settings.values;
    return planFindings(report).some(({ severity }) => reaches(severity, failOn)) ? FOUND_ERRORS : 0;
  },
};

/** @throws Failure usage, settings */
async function planOptions(invocation: Invocation, environment: Environment): Promise<PlanOptions> {
  const { context, settings, inDriftTrial } = environment;
  const { rules: levels, knownFindings, smallTable: smallBytes } = settings.values;
  const { policy } = await environment.backupMeans();
  const known = knownFindings === undefined ? undefined : readKnownFindings(context.fileSystem, knownFindings, false);
  const path = invocation.options.get("out");
  const validForMs = durationOption(invocation, "valid-for");
  if (validForMs !== undefined && path === undefined) {
    throw usage("Cannot use --valid-for: no file is named", "Add --out <file>.");
  }
  const kept = path === undefined ? undefined : keptPlan(path, validForMs, environment);
  return {
    ...{ kept, inShadow: inDriftTrial, policy, limitMs: trialLimit(invocation), levels, known, smallBytes },
    watching: { forMs: durationOption(invocation, "watch") ?? 0 },
    singleTransaction: invocation.options.has("single-transaction"),
  };
}

const DAY_MS = 86_400_000;

function keptPlan(path: string, validForMs = DAY_MS, environment: Environment): KeptPlan {
  return { path, validForMs, settings: plannedSettings(environment) };
}
