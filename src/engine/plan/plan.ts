import type { BackupPolicy } from "../../core/backup/backup-report.ts";
import { interruption } from "../../core/failure/failure.ts";
import { CHECK_RULES } from "../../core/findings/check-rules.ts";
import { judge, type Verdict } from "../../core/findings/judge.ts";
import type { KnownFinding } from "../../core/findings/known-findings.ts";
import type { RuleLevels } from "../../core/findings/levels.ts";
import type { UpTarget } from "../../core/migrations/plan.ts";
import type { PlanReport } from "../../core/plan/plan-report.ts";
import { RunFacts } from "../../core/plan/run-facts.ts";
import type { Session } from "../../ports/session.ts";
import { type Watching, watchActivity } from "../activity/watch-activity.ts";
import { forecastBackup } from "../backup/before-run.ts";
import { ignoresOf, placedFinding } from "../check/judge.ts";
import { type TimeLimit, timeLimit } from "../check/time-limit.ts";
import { byWeightAndPlace } from "../files/read-migrations.ts";
import { STANDBY } from "../history/read-only.ts";
import { sqlScript } from "../psql/script.ts";
import { upChoice } from "../run/migrate.ts";
import { plannerOf } from "../run/plan-run.ts";
import { hooksOfUp, type RunPlan } from "../run/run-plan.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import type { InShadow } from "../shadow/shadow.ts";
import { readStatisticsOn } from "../statistics/read-statistics.ts";
import { explainStatements } from "./explain.ts";
import { readIdentity } from "./identity.ts";
import { type KeptPlan, recordPlan } from "./record-plan.ts";
import { findRefusals } from "./refusals.ts";
import { plannedSteps, stepNames } from "./steps.ts";
import { filesOfDatabase, notTried, type TriedRun, tryRun } from "./try-run.ts";

export interface PlanOptions {
  /** Gives an empty database, from an image of the applied migrations if there is one. */
  readonly inShadow: InShadow;
  readonly policy: BackupPolicy;
  /** The longest time that the files may run in the shadow database, in milliseconds; 0 for no limit. */
  readonly limitMs: number;
  readonly singleTransaction: boolean;
  /** The size below which a table is small, in bytes, with indexes. */
  readonly smallBytes: number;
  /** The file to write the plan to; absent for none. */
  readonly kept?: KeptPlan | undefined;
  /** Receives the run as a script for psql; absent if none is wanted. @throws Failure plan-not-scriptable */
  readonly script?: ((sql: string) => void) | undefined;
  /** How often to inspect other sessions; once, if absent. */
  readonly watching?: Watching | undefined;
  /** The levels that the settings give to rules. */
  readonly levels?: RuleLevels | undefined;
  /** The findings that are forgiven; absent without a file of them. */
  readonly known?: readonly KnownFinding[] | undefined;
}

/**
 * Says what `up` would do to the database now. The statements run in a shadow database that is as the applied migrations
 * make it; the live database is only read.
 * @throws Failure as `migrate` before its first step; file-exists, file-unwritable
 */
export async function planRelease(
  context: DatabaseContext,
  target: UpTarget,
  options: PlanOptions,
): Promise<PlanReport> {
  const limit = timeLimit(context.signal, options.limitMs);
  const work = (session: Session) => planOn(context, session, { target, options, limit });
  try {
    return await withSession(context.database, "plan a run on", work, context.signal);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw interruption(context.signal, "Cannot plan the run", "Run the command again.");
  } finally {
    limit.clear();
  }
}

interface Request {
  readonly target: UpTarget;
  readonly options: PlanOptions;
  readonly limit: TimeLimit;
}

async function planOn(
  context: DatabaseContext,
  session: Session,
  { target, options, limit }: Request,
): Promise<PlanReport> {
  const { inShadow, policy, singleTransaction } = options;
  // A script runs without pgstep: what `up` would refuse must be refused here.
  const dryRun = options.script === undefined;
  const planned = await plannerOf(context, upChoice(context, target), { dryRun })(session);
  // The server reads its catalog while the shadow database starts.
  const tried = tryOn(context, session, planned, { inShadow, limit });
  const [result, statistics, forecast] = await Promise.allSettled([
    tried,
    readStatisticsOn(session, context),
    forecastBackup(context, session, planned, policy, false),
  ]);
  const { traced, complete, trial, findings: tries } = settled(result);
  if (options.script) {
    const source = { planned, singleTransaction, complete, identity: await readIdentity(session) };
    options.script(await sqlScript(context, session, source));
  }
  const { backup, findings: ofBackup } = settled(forecast);
  const facts = new RunFacts(traced, settled(statistics).tables);
  const other = await otherSessions(context, session, { planned, facts, options });
  const explained = await explainStatements(session, facts.toExplain.filter(isAsRun(planned)));
  const verdict = judged(context, planned, { traced, complete }, { facts, options });
  const findings = [
    ...planned.findings,
    ...findRefusals(context, session, planned, singleTransaction),
    ...ofBackup,
    ...tries,
    ...verdict.findings.map((one) => placedFinding(one, context.fileSystem)),
    ...verdict.warnings,
  ].sort(byWeightAndPlace);
  const { relations } = facts;
  const run = { planned, target, singleTransaction, relations, findings };
  return {
    type: "plan",
    database: context.database.description,
    alreadyApplied: planned.alreadyApplied,
    steps: plannedSteps(planned, facts, explained),
    singleTransaction,
    hooks: hooksOfUp(planned).map(({ hook: { moment, name } }) => ({ moment, name })),
    file: options.kept && (await recordPlan(context, session, options.kept, run)),
    ...{ backup, trial, sessions: other.findings, samples: other.samples, findings },
    ...{ ignored: verdict.ignored.length, known: verdict.known.length },
  };
}

const ONCE: Watching = { forMs: 0 };

/** What other sessions do now, if there are any and something would run. */
async function otherSessions(
  context: DatabaseContext,
  session: Session,
  run: { readonly planned: RunPlan; readonly facts: RunFacts; readonly options: PlanOptions },
): Promise<Awaited<ReturnType<typeof watchActivity>>> {
  const { planned, facts, options } = run;
  const { scripts, around, state } = planned;
  // The sessions of a standby are not those of the server that would run the migrations.
  const isElsewhere = session.backend.embedded || state.readOnly === STANDBY;
  if (isElsewhere || scripts.length + around.repeatable.stale.length === 0) return { findings: [], samples: 0 };
  const { needs } = facts;
  const { watching = ONCE } = options;
  const { lockTimeoutMs } = context.settings;
  const concerned = { ...needs, nameOf: stepNames(planned), lockTimeoutMs, longMs: watching.longMs };
  return await watchActivity(context, session, concerned, watching);
}

/** Runs the statements in the shadow database, if there are any. */
async function tryOn(
  context: DatabaseContext,
  session: Session,
  planned: RunPlan,
  means: { readonly inShadow: InShadow; readonly limit: TimeLimit },
): Promise<TriedRun> {
  if (planned.scripts.length + planned.around.repeatable.stale.length === 0) return NOTHING_TRIED;
  try {
    return await tryRun(context, await filesOfDatabase(context, session, planned), planned, means);
  } catch (error) {
    return notTried(context, error);
  }
}

const NOTHING_TRIED: TriedRun = { traced: [], complete: new Set(), trial: undefined, findings: [] };

function settled<Value>(result: PromiseSettledResult<Value>): Value {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

/** False after a setting that the file changes: the names of the statement may mean something else then. */
function isAsRun({ scripts }: RunPlan): (one: RunFacts["toExplain"][number]) => boolean {
  const changes = new Map(scripts.map(({ path, inspection }) => [path, inspection.sessionChange]));
  return ({ path, statement: { position } }) => {
    const change = changes.get(path);
    if (!change) return true;
    return position.line < change.line || (position.line === change.line && position.column < change.column);
  };
}

/** The verdict of the rules of check, without findings about relations that the run itself makes. */
function judged(
  context: DatabaseContext,
  { scripts, around }: RunPlan,
  { traced, complete }: Pick<TriedRun, "traced" | "complete">,
  { facts, options }: { readonly facts: RunFacts; readonly options: PlanOptions },
): Verdict {
  const files = [
    ...scripts.flatMap(({ step }) => step.script ?? []),
    ...around.repeatable.stale.map(({ file }) => file),
  ];
  const examined = traced.map((file) => ({
    traced: file,
    ignores: ignoresOf(context, file.path, files),
    isPartial: !complete.has(file.path),
  }));
  const { levels, known, smallBytes: small } = options;
  const sizes = { sizes: facts.sizes, small };
  const verdict = judge(examined, CHECK_RULES, { levels, known, sizes, paths: files.map(({ path }) => path) });
  return { ...verdict, findings: verdict.findings.filter(({ match }) => !facts.isOfNewOnly(match.statement)) };
}
