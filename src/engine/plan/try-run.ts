import { Failure, type Finding, finding } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { PlannedTrial } from "../../core/plan/plan-report.ts";
import type { TracedFile } from "../../core/trace/trace.ts";
import type { Session } from "../../ports/session.ts";
import { parseWith } from "../check/judge.ts";
import type { TimeLimit } from "../check/time-limit.ts";
import { Trial } from "../check/trial.ts";
import { type Applied, appliedFiles } from "../drift/applied-files.ts";
import { tableNames } from "../history/history-table.ts";
import { readRecords } from "../repeatable/records.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { Context, DatabaseContext } from "../session/context.ts";
import { createdRoles } from "../shadow/missing-roles.ts";
import type { InShadow } from "../shadow/shadow.ts";
import { usedStandIns } from "../shadow/stand-ins.ts";

/** The effects of the statements of a run in a shadow database that is as the migrations have made the live one. */
export interface TriedRun {
  readonly traced: readonly TracedFile[];
  /** The paths of the files that ran to their end. */
  readonly complete: ReadonlySet<string>;
  readonly trial: PlannedTrial | undefined;
  readonly findings: readonly Finding[];
}

/**
 * The files that the database was made with.
 * @throws Failure history-conflict if the shadow database cannot be made like it
 */
export async function filesOfDatabase(
  context: DatabaseContext,
  session: Session,
  { state, around }: RunPlan,
): Promise<Applied> {
  const records = state.repeatableExists ? await readRecords(session, tableNames(context.settings)) : [];
  const applied = appliedFiles(context, { state, records, serverVersion: session.backend.serverVersion });
  const stale = new Set(around.repeatable.stale.map(({ name }) => name));
  const repeatables = new Set([...applied.repeatables].filter((name) => !stale.has(name)));
  return { ...applied, repeatables };
}

/** Runs the files of a run as `up` would, and watches their statements. */
export async function tryRun(
  context: Context,
  applied: Applied,
  { scripts, around }: RunPlan,
  { inShadow, limit }: { readonly inShadow: InShadow; readonly limit: TimeLimit },
): Promise<TriedRun> {
  const { fileSystem } = context;
  const { signal } = limit;
  const paths = new Set(scripts.map(({ path }) => path));
  const pending = applied.all.filter(({ up }) => paths.has(up.path));
  const plan = {
    migrations: [...applied.migrations, ...pending],
    examines: ({ up }: Migration) => paths.has(up.path),
    tests: () => false,
    repeatables: new Set(around.repeatable.stale.map(({ file }) => file.path)),
    history: applied,
    parse: parseWith(await context.sqlParser?.()),
    limit,
  };
  return await inShadow(async (shadow, start) => {
    const own = { ...shadow, fileSystem, signal };
    const one = new Trial(own, plan, start);
    await one.run();
    const [standIns, roles] = limit.isOver ? [[], []] : [await usedStandIns(own), await createdRoles(own)];
    return {
      traced: one.traced,
      complete: new Set([...one.applied.map(({ up }) => up.path), ...one.appliedRepeatables]),
      trial: { database: shadow.database.description, standIns, roles },
      findings: one.stopped ? [one.stopped] : [],
    };
  }, applied);
}

/** The result if nothing could be tried. @throws Failure interrupted, terminated; every other error */
export function notTried(context: Context, error: unknown): TriedRun {
  if (!(error instanceof Failure) || context.signal.aborted) throw error;
  const { message, hint, place, findings } = error;
  const why = findings.length > 0 ? findings.map((one) => one.message).join("; ") : message;
  const untried = finding("plan-untried", {
    message: `the statements could not be tried, so their locks and their work are not known: ${why}`,
    hint: findings[0]?.hint ?? hint,
    place,
  });
  return { traced: [], complete: new Set(), trial: undefined, findings: [untried] };
}
