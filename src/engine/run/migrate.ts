import type { Settings } from "../../core/configuration/settings.ts";
import { Failure } from "../../core/failure/failure.ts";
import { runsIn } from "../../core/migrations/header.ts";
import { type Applied, compareHistory, type Entry, isApplied, isPending } from "../../core/migrations/history.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import {
  type DownTarget,
  type Plan,
  planDown,
  planRedo,
  planUp,
  type Step,
  type UpTarget,
} from "../../core/migrations/plan.ts";
import type { RunReport } from "../../core/reports/report.ts";
import type { Session } from "../../ports/session.ts";
import { forgottenFiles } from "../files/empty-files.ts";
import { inspectFiles } from "../files/inspect-files.ts";
import { byWeightAndPlace, gapFindings, readMigrations } from "../files/read-migrations.ts";
import { asWarnings, findOccupied, type PendingFile, refuseOccupied } from "../history/first-run.ts";
import { tableNames } from "../history/history-table.ts";
import { isFirstRun, type Occupants, readOccupants } from "../history/occupants.ts";
import { requireUnprotected } from "../history/protection.ts";
import { look, requireNoResetUnfinished, requireWritable, type TablePrivilege } from "../history/read-state.ts";
import { notRun } from "../repeatable/plan.ts";
import { begunOnesResumed, loadScripts, refuseUnsound, type Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { hasOwnWork, type Surroundings } from "./around-run.ts";
import { withoutEffectEmbedded } from "./embedded-findings.ts";
import { planSurroundings, readSurroundings, requireNoStepHooks } from "./plan-around.ts";
import { requirePoolable } from "./pooled-limits.ts";
import type { Prepared, RunOptions } from "./prepared-run.ts";
import { type Executed, executeLocked } from "./run-locked.ts";
import { stepReport } from "./run-scripts.ts";

/**
 * Applies what is pending.
 * @throws Failure for everything that stops it before its first step; a step that fails is in the report
 */
export function migrate(context: DatabaseContext, target: UpTarget, options: RunOptions): Promise<RunReport> {
  const isFirstRunGuarded = !target.firstRun && !context.isRehearsal;
  return runPlan(context, "up", (entries) => planUp(entries, target), { ...options, isFirstRunGuarded });
}

/** Undoes applied migrations, highest version first. @throws as `migrate` */
export function undo(context: DatabaseContext, target: DownTarget, options: RunOptions): Promise<RunReport> {
  return runPlan(context, "down", (entries) => planDown(entries, target), options);
}

/** Undoes the newest migrations and applies them again. @throws as `migrate` */
export function redo(context: DatabaseContext, count: number, options: RunOptions): Promise<RunReport> {
  return runPlan(context, "redo", (entries) => planRedo(entries, count), options);
}

type Planner = (entries: readonly Entry[]) => Plan;

async function runPlan(
  context: DatabaseContext,
  command: RunReport["command"],
  planner: Planner,
  options: RunOptions & { readonly isFirstRunGuarded?: boolean },
): Promise<RunReport> {
  const { database, fileSystem, settings, clock, emit } = context;
  const started = clock.monotonicMs();
  const files = readMigrations(fileSystem, settings.directory);
  if (files.findings.some(({ severity }) => severity === "error")) {
    // All faults together, although the statements of what is applied already would not matter otherwise.
    const all = [...files.findings, ...inspectFiles(fileSystem, files.migrations, settings)];
    refuseUnsound(all.sort(byWeightAndPlace), "run migrations");
  }
  const seen = new Map<SqlFile, Script>();
  const around = readSurroundings(context, command);
  // Asked once: the plan is made again under the lock.
  let occupantsRead: Promise<Occupants | undefined> | undefined;
  const prepare = async (session: Session): Promise<Prepared & { readonly surroundings: Surroundings }> => {
    const recordsSent = around.sendForRecords(session);
    const state = await look(session, settings, command === "up" ? nothingPending(files.migrations, settings) : []);
    requireNoResetUnfinished(state, "migrate");
    const entries = compareHistory(files.migrations, state.history, {
      environment: settings.environment,
      unfinished: state.unfinished,
    });
    const plan = planner(entries);
    const isComplete = command === "up" && !context.isRehearsal;
    if (isComplete) refuseUnsound(forgottenFiles(plan.steps.flatMap(upAndDown)), "run migrations");
    const undone = plan.steps.filter(({ direction }) => direction === "down").length;
    if (undone > 1 && !options.dryRun) requireUnprotected(state, `undo ${undone} migrations of`);
    const { placeholders } = settings;
    const place = { names: tableNames(settings), database: state.name, placeholders };
    const loaded = await loadScripts(plan, fileSystem, session, place, seen);
    const scripts = begunOnesResumed(loaded.scripts, state.unfinished);
    const gaps = command === "up" ? gapFindings(files, settings.directory, entries) : [];
    const isGuarded = options.isFirstRunGuarded && scripts.length > 0 && isFirstRun(state);
    if (isGuarded) occupantsRead ??= readOccupants(session, settings);
    const occupants = isGuarded && (await occupantsRead);
    const occupied = occupants ? findOccupied(occupants, scripts.map(pendingFile)) : [];
    if (!options.dryRun) refuseOccupied(occupied, state.name);
    const findings = [...gaps, ...loaded.findings, ...asWarnings(occupied)];
    const held = entries.filter(isPending).length > (command === "up" ? plan.steps.length : 0);
    const surroundings = await planSurroundings(context, around, { session, state, recordsSent, scripts, held });
    return { state, plan, scripts, findings, alreadyApplied: entries.filter(isApplied).length, surroundings };
  };
  return withSession(
    database,
    "migrate",
    async (session) => {
      const prepared = await prepare(session);
      const skipped = session.backend.embedded ? withoutEffectEmbedded(settings, prepared.scripts) : [];
      for (const finding of [
        ...files.findings,
        ...prepared.plan.warnings,
        ...prepared.findings,
        ...prepared.surroundings.findings,
        ...skipped,
      ]) {
        emit({ type: "warning", finding });
      }
      if (options.singleTransaction) {
        requireOneTransaction(prepared);
        requireNoStepHooks(prepared.surroundings);
      }
      const nothingToRun = (prepared.scripts.length === 0 && !hasOwnWork(prepared.surroundings)) || options.dryRun;
      if (!nothingToRun) requireWritable(prepared.state, "migrate", writesToHistory(prepared.scripts));
      emit({ type: "planned", database: database.description, plan: prepared.plan, dryRun: options.dryRun ?? false });
      const report = (executed: Executed): RunReport => ({
        type: "run",
        command,
        database: database.description,
        dryRun: options.dryRun ?? false,
        steps: executed.steps,
        alreadyApplied: executed.alreadyApplied,
        durationMs: Math.round(clock.monotonicMs() - started),
        ...(executed.repeatable && executed.repeatable.length > 0 && { repeatable: executed.repeatable }),
        ...(executed.hooks && executed.hooks.length > 0 && { hooks: executed.hooks }),
        ...(executed.failure && { failure: executed.failure }),
      });
      if (nothingToRun) {
        const steps = prepared.scripts.map((script) => stepReport(script, "not-run"));
        const { alreadyApplied, surroundings } = prepared;
        return report({ steps, alreadyApplied, repeatable: surroundings.repeatable.stale.map(notRun) });
      }
      const direct = prepared.state.processId === session.backend.processId;
      if (!direct) {
        requirePoolable(prepared.state, prepared.scripts);
      }
      return report(await executeLocked(context, session, prepared.state, prepare, options));
    },
    context.signal,
  );
}

/** What the scripts' bookkeeping does with the rows of the history, as far as it cannot do without. */
function writesToHistory(scripts: readonly Script[]): TablePrivilege[] {
  const isUp = scripts.some(({ step }) => step.direction === "up");
  const isDown = scripts.some(({ step }) => step.direction === "down");
  const isAlone = scripts.some(({ inspection }) => inspection.mode === "statements");
  return [
    ...(isUp ? ["INSERT" as const] : []),
    ...(isDown ? ["DELETE" as const] : []),
    ...(isUp && isAlone ? ["UPDATE" as const] : []),
  ];
}

function pendingFile({ path, plannedPieces }: Script): PendingFile {
  return { path, pieces: plannedPieces };
}

function upAndDown({ script, down }: Step): Pick<Migration, "up" | "down">[] {
  return script ? [{ up: script, ...(down && { down }) }] : [];
}

/** The history when every file has been applied as it is. */
function nothingPending(migrations: readonly Migration[], { environment }: Settings): Applied[] {
  return migrations
    .filter((migration) => runsIn(migration.up.header, environment))
    .map(({ version, description, up, down }) => ({
      version,
      appliedAt: "",
      description,
      checksum: up.checksum,
      durationMs: null,
      appliedBy: null,
      toolVersion: null,
      hasDownScript: down !== undefined,
    }));
}

/**
 * @throws Failure files-unsound when a script cannot be part of one transaction, too-large when the server's lock table
 *   could not hold what the scripts create
 */
function requireOneTransaction({ scripts, state }: Prepared): void {
  const alone = scripts.find((script) => script.inspection.mode === "statements");
  if (alone) {
    const { because, blocks } = alone.inspection;
    const own = blocks.length > 0 ? "it has transactions of its own" : 'the header says "Transaction: none"';
    const reason = because ?? own;
    throw new Failure(
      "files-unsound",
      `Cannot run in one transaction: ${alone.step.name} cannot be part of it (${reason})`,
      {
        hint: "Leave --single-transaction out, or stop before that migration.",
        place: { path: alone.path },
      },
    );
  }
  const locks = scripts.reduce((sum, script) => sum + script.inspection.relationsCreated, 0);
  if (locks > state.lockCapacity) {
    throw new Failure(
      "too-large",
      `Cannot run in one transaction: it creates ${locks} relations, each takes a lock, and the server has room for ${state.lockCapacity}`,
      { hint: "Leave --single-transaction out, or raise max_locks_per_transaction on the server." },
    );
  }
}
