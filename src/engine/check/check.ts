import { type Finding, interruption } from "../../core/failure/failure.ts";
import { CHECK_RULES } from "../../core/findings/check-rules.ts";
import { judge, judgeAhead, updatedKnown, type Verdict } from "../../core/findings/judge.ts";
import type { KnownFinding } from "../../core/findings/known-findings.ts";
import type { RuleLevels } from "../../core/findings/levels.ts";
import { runsIn } from "../../core/migrations/header.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { Repeatable } from "../../core/repeatable/repeatable.ts";
import type { CheckReport, DownOutcomes, MergeTest, UsedSizes } from "../../core/reports/check-report.ts";
import { Sizes } from "../../core/statistics/sizes.ts";
import type { TracedFile } from "../../core/trace/trace.ts";
import type { Database } from "../../ports/session.ts";
import type { VersionControl } from "../../ports/version-control.ts";
import { byWeightAndPlace } from "../files/read-migrations.ts";
import { type TestedMerge, testMerge } from "../merge/both-orders.ts";
import type { Meanwhile } from "../merge/meanwhile.ts";
import type { ReadBefore } from "../run/run-plan.ts";
import type { Context } from "../session/context.ts";
import { countOutcomes } from "../shadow/down-result.ts";
import { createdRoles, createRoles } from "../shadow/missing-roles.ts";
import { proveAlone } from "../shadow/prove-alone.ts";
import type { InShadow } from "../shadow/shadow.ts";
import { usedStandIns } from "../shadow/stand-ins.ts";
import { type ChosenFiles, chooseFiles, type FileChoice } from "./choose-files.ts";
import { asHarm, ignoresOf, parseWith, placedFinding, touchingStatements } from "./judge.ts";
import { OlderFiles } from "./older-files.ts";
import { type GivenSizes, usedSizes } from "./sizes.ts";
import { type TimeLimit, timeLimit } from "./time-limit.ts";
import { olderMigrations, Trial } from "./trial.ts";
import { type Inspected, inspectAll, readFiles } from "./validate.ts";

export interface CheckOptions {
  /** Gives an empty database, each time it is called. */
  readonly inShadow: InShadow;
  /** Which files are examined. */
  readonly choice: FileChoice;
  readonly versionControl: VersionControl;
  /** The longest time that the files may run, in milliseconds; 0 for no limit. */
  readonly limitMs: number;
  /** The levels that the settings give to rules. */
  readonly levels?: RuleLevels | undefined;
  /** The sizes of production's tables; undefined if they are unknown. */
  readonly sizes?: GivenSizes | undefined;
  /** The findings that are forgiven; absent without a file of them. */
  readonly known?: readonly KnownFinding[] | undefined;
}

/** The report of a check, and the known findings as they are after it. */
export interface Checked {
  readonly report: CheckReport;
  readonly known: readonly KnownFinding[];
}

/**
 * Does everything that `validate` does. Unless the files have errors, also runs them in an empty database, examines
 * each statement of the chosen files there, and tests their down scripts.
 * @param database compared with its history; undefined for none
 * @throws Failure directory-unreadable, history-foreign, shadow-not-empty, version-unknown, interrupted, terminated and
 *   those of connecting and of `VersionControl`
 */
export async function check(context: Context, database: Database | undefined, options: CheckOptions): Promise<Checked> {
  const { choice, versionControl, known = [] } = options;
  const read = readFiles(context);
  const all = { migrations: read.versioned.migrations, repeatables: read.repeatable.files };
  const chosen = await chooseFiles(choice, context.settings, all, versionControl);
  const files = { ...all, ...chosen };
  const { beginning } = trialFiles(context, files);
  // The database starts while the files are inspected.
  const prepared = await options.inShadow.prepare?.(beginning);
  try {
    // Findings may depend on a database that is named.
    const applied = database ? [] : beginning.migrations;
    const older = new OlderFiles(applied, () => prepared?.noteOf(applied.length, "files"));
    const inspected = await inspectAll(context, database, read, older);
    const before = { files: read.versioned, inspections: inspected.inspections };
    const result = inspected.mayRun ? await runFiles(context, { ...files, before }, options) : NOTHING_RUN;
    older.keep();
    const report = reportOf(database, files, inspected, result);
    return { report, known: updatedKnown(known, result.verdict) };
  } finally {
    await prepared?.release();
  }
}

function reportOf(
  database: Database | undefined,
  files: Files,
  { findings, aboutSeveral, syntax }: Inspected,
  { replay, statements, ran, verdict, sizes, merge }: Result,
): CheckReport {
  const isOlder = (path: string) => files.older.has(path);
  const isLeftToValidate = ({ severity, place }: Finding) => severity !== "error" && place && isOlder(place.path);
  const shown = findings.filter((finding) => !isLeftToValidate(finding));
  return {
    type: "check",
    database: database?.description,
    migrations: files.migrations.length,
    files: files.words,
    ...(files.hint !== undefined && { hint: files.hint }),
    ...(replay && { replay }),
    ...(merge && { merge }),
    ...(syntax && { syntax }),
    statements,
    findings: [...shown, ...aboutSeveral((path) => !isOlder(path))]
      .concat(files.afterMerge ?? [])
      .map(asHarm)
      .concat(ran)
      .sort(byWeightAndPlace),
    inOlder: findings.length - shown.length + aboutSeveral(isOlder).length,
    ...{ ignored: verdict.ignored.length, known: verdict.known.length, outdated: verdict.outdated.length },
    ...{ sizes, needsSizes: !sizes && verdict.findings.some(({ rule }) => rule.dependsOnSize) },
  };
}

/** The files of a check, and those of them to examine. */
interface Files extends ChosenFiles {
  readonly migrations: readonly Migration[];
  readonly repeatables: readonly Repeatable[];
}

/** The files of a check, and what inspecting them has found. */
interface RunFiles extends Files {
  readonly before: ReadBefore;
}

/** The files that a trial runs here, and those that it begins with. */
function trialFiles({ settings }: Context, { migrations: all, repeatables, paths }: Files) {
  const migrations = all.filter(({ up }) => runsIn(up.header, settings.environment));
  const examines = ({ up }: Migration) => paths.has(up.path);
  const tests = ({ down }: Migration) => down !== undefined && paths.has(down.path);
  const chosen = new Set(repeatables.map(({ file }) => file.path).filter((path) => paths.has(path)));
  const beginning = { migrations: olderMigrations({ migrations, examines, tests }) };
  return { migrations, examines, tests, repeatables: chosen, beginning };
}

interface Result {
  readonly replay?: CheckReport["replay"];
  readonly merge?: MergeTest | undefined;
  readonly statements: CheckReport["statements"];
  /** What the run found. */
  readonly ran: readonly Finding[];
  readonly verdict: Verdict;
  readonly sizes?: UsedSizes | undefined;
}

const NOTHING_RUN: Result = {
  statements: [],
  ran: [],
  verdict: { findings: [], ignored: [], known: [], warnings: [], outdated: [] },
};

async function runFiles(context: Context, files: RunFiles, options: CheckOptions): Promise<Result> {
  const limit = timeLimit(context.signal, options.limitMs);
  try {
    return await runWithin({ ...context, signal: limit.signal }, limit, files, options);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw interruption(context.signal, "Cannot check the migrations", "Run the command again.");
  } finally {
    limit.clear();
  }
}

async function runWithin(
  context: Context,
  limit: TimeLimit,
  files: RunFiles,
  { inShadow, levels, known, sizes: given }: CheckOptions,
): Promise<Result> {
  const { fileSystem, signal } = context;
  const own = { fileSystem, signal };
  const { earlier, meanwhile, before } = files;
  const parse = parseWith(await context.sqlParser?.());
  const { beginning, ...chosen } = trialFiles(context, files);
  // The rules look at a file while the database runs the next ones.
  const ran = (file: TracedFile) => void setTimeout(() => judgeAhead(file, CHECK_RULES, levels));
  const plan = { ...chosen, before, earlier, parse, ran, limit };
  const { trial, database, standIns, roles } = await inShadow(async (shadow, start) => {
    const one = new Trial({ ...shadow, ...own }, plan, start);
    await one.run();
    const [used, created] = limit.isOver
      ? [[], []]
      : [await usedStandIns({ ...shadow, signal }), await createdRoles({ ...shadow, signal })];
    return { trial: one, database: shadow.database.description, standIns: used, roles: created };
  }, beginning);
  const { applied, traced, stopped, leftOut } = trial;
  const merge = stopped || !meanwhile ? undefined : await testMergeWithin(context, limit, { inShadow, meanwhile });
  const complete = new Set([...applied.map(({ up }) => up.path), ...trial.appliedRepeatables]);
  const sources = [...files.migrations.map(({ up }) => up), ...files.repeatables.map(({ file }) => file)];
  const examined = traced.map((file) => ({
    traced: file,
    ignores: ignoresOf(context, file.path, sources),
    isPartial: !complete.has(file.path),
  }));
  const paths = sources.map(({ path }) => path);
  const sizes = given && { sizes: new Sizes(given.statistics.tables, traced), small: given.smallBytes };
  const verdict = judge(examined, CHECK_RULES, { levels, known, paths, sizes });
  const proof = await testAlone(
    trial,
    withRoles(roles, (work) => inShadow((shadow) => work({ ...shadow, fileSystem }), beginning)),
    limit,
  );
  return {
    replay: {
      database,
      applied: applied.length,
      downs: proof.downs,
      downRows: trial.downRows.report,
      examined: traced.map(({ path }) => path).filter((path) => complete.has(path)),
      notRun: plan.migrations.filter((one) => !applied.includes(one)).map(({ up }) => up.path),
      leftOut,
      ...{ rows: trial.rows.report, standIns, roles },
    },
    merge: merge?.test,
    statements: traced.flatMap(touchingStatements),
    ran: [
      ...(stopped ? [stopped] : []),
      ...verdict.findings.map((one) => placedFinding(one, fileSystem)),
      ...verdict.warnings,
      ...proof.findings,
      ...trial.downRows.findings,
      ...(merge?.findings ?? []),
    ],
    verdict,
    sizes: given && sizes && usedSizes(given, sizes.sizes, verdict),
  };
}

/** The roles that the trial has created exist from the beginning. */
function withRoles(roles: readonly string[], inShadow: InShadow): InShadow {
  return (work) =>
    inShadow(async (shadow) => {
      if (roles.length > 0) await createRoles(shadow, roles);
      return await work(shadow);
    });
}

/** Tests the down scripts that the trial could not. */
async function testAlone(trial: Trial, inShadow: InShadow, limit: TimeLimit): Promise<Tests> {
  const { applied, alone, results } = trial;
  const own = { signal: limit.signal, leavesOut: trial.leavesOut.bind(trial) };
  try {
    const others =
      alone.length > 0
        ? await proveAlone((work) => inShadow((shadow) => work({ ...shadow, ...own })), applied, alone)
        : [];
    const all = [...results, ...others];
    return { downs: countOutcomes(all), findings: all.flatMap(({ finding }) => finding ?? []) };
  } catch (error) {
    if (!limit.isOver) throw error;
    const known = results.flatMap(({ finding }) => finding ?? []);
    return { downs: countOutcomes(results), findings: [...known, limit.finding("test the down scripts")] };
  }
}

/** @returns a finding without a test if the time is over */
async function testMergeWithin(
  context: Context,
  limit: TimeLimit,
  { inShadow, meanwhile }: { readonly inShadow: InShadow; readonly meanwhile: Meanwhile },
): Promise<Partial<TestedMerge> | undefined> {
  try {
    return await testMerge(context, inShadow, meanwhile);
  } catch (error) {
    if (!limit.isOver) throw error;
    return { findings: [limit.finding(`run the migrations with those of ${meanwhile.commit}`)] };
  }
}

interface Tests {
  readonly downs: DownOutcomes;
  readonly findings: readonly Finding[];
}
