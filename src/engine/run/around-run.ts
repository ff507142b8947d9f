import type { Failure, Finding } from "../../core/failure/failure.ts";
import type { HookMoment, HookReport } from "../../core/hooks/hook.ts";
import type { RecordedRepeatable, RepeatableReport } from "../../core/repeatable/repeatable.ts";
import type { RunReport, StepReport } from "../../core/reports/report.ts";
import { ConnectionLost, ServerFailure, type Session } from "../../ports/session.ts";
import { AFTER_UP_MARK, clearMarkSql, setMarkSql } from "../history/journal.ts";
import { type HookData, HookRunner, type LoadedHook } from "../hooks/run-hooks.ts";
import { applyRepeatables, reportOf, type TriedRepeatable } from "../repeatable/apply.ts";
import { NOTHING_REPEATABLE, type RepeatablePlan } from "../repeatable/plan.ts";
import { forgetAllSql, forgetSql } from "../repeatable/records.ts";
import type { Script } from "../script/load-scripts.ts";
import { inTransaction } from "../session/own-transaction.ts";
import { bookkeeping } from "../step/one-statement.ts";
import type { Run } from "../step/session-settings.ts";
import { type Progress, runScripts, type Stop, stepReport } from "./run-scripts.ts";

/** The work of a run around its steps. */
export interface AroundSteps {
  readonly command: RunReport["command"];
  readonly repeatable: RepeatablePlan;
  /** The records that it was planned from. */
  readonly records: readonly RecordedRepeatable[];
  /** The same plan with the unchanged files, even if none is stale: a migration may drop their views. */
  planAll(): Promise<RepeatablePlan>;
  /** Plans the repeatable migrations again after the steps have run. */
  planAgain(session: Session): Promise<RepeatablePlan>;
  /** True if the database has records of repeatable migrations. */
  readonly hasRecords: boolean;
  readonly hooks: readonly LoadedHook[];
  /** True if after-up hooks of an earlier `up` still have to run. */
  readonly afterUpUnfinished: boolean;
  /** Findings about this work, not about the steps. */
  readonly findings: readonly Finding[];
}

export const NOTHING_AROUND: AroundSteps = {
  command: "up",
  repeatable: NOTHING_REPEATABLE,
  records: [],
  planAll: async () => NOTHING_REPEATABLE,
  planAgain: async () => NOTHING_REPEATABLE,
  hasRecords: false,
  hooks: [],
  afterUpUnfinished: false,
  findings: [],
};

/** @throws Failure and ConnectionLost, which end the run */
export type AroundStep = (run: Run, script: Script) => Promise<void>;

export function inTurn(...works: readonly AroundStep[]): AroundStep {
  return async (run, script) => {
    for (const work of works) await work(run, script);
  };
}

/** What happens around the steps of a trial run. */
export interface EachStep {
  readonly beforeStep?: AroundStep;
  readonly afterStep?: AroundStep;
  /** False for a step around which nothing happens: it may be sent before those before it are answered. */
  readonly concerns?: (script: Script) => boolean;
}

type Retry = (stop: Stop & { kind: "busy" }) => Promise<boolean>;

const BEFORE: Readonly<Record<RunReport["command"], readonly HookMoment[]>> = {
  up: ["before-up"],
  down: ["before-down"],
  redo: ["before-down", "before-up"],
};

const AFTER: Readonly<Record<RunReport["command"], readonly HookMoment[]>> = {
  up: ["after-up"],
  down: ["after-down"],
  redo: ["after-down", "after-up"],
};

/** True if there is work besides the steps. */
export function hasOwnWork({ repeatable, afterUpUnfinished }: AroundSteps): boolean {
  return repeatable.stale.length + repeatable.missing.length > 0 || afterUpUnfinished;
}

/** How far the steps came; `refused` is the failure of a hook. */
type StepsProgress = Progress & { readonly refused?: Failure };

/** Runs hooks and repeatable migrations at their places in a run. @throws ConnectionLost */
export class AroundRun {
  /** The outcomes of the repeatable migrations; empty before they run. */
  tried: readonly TriedRepeatable[] = [];
  /** The current work, for the message: "Cannot <doing>: the connection was lost". */
  doing = "run migrations";
  readonly #run: Run;
  readonly #given: AroundSteps;
  readonly #hooks: HookRunner;
  readonly #retry: Retry;
  readonly #beforeStep: AroundStep | undefined;
  readonly #afterStep: AroundStep | undefined;
  readonly #concerns: (script: Script) => boolean;
  /** Number of the run's commits that the server confirmed; all repeatable migrations together are the last one. */
  #commits = 0;
  /** The reported outcomes of repeatable migrations, by name. */
  readonly #reported = new Map<string, RepeatableReport["outcome"]>();

  constructor(run: Run, given: AroundSteps, retry: Retry, { beforeStep, afterStep, concerns }: EachStep) {
    this.#run = run;
    this.#given = given;
    this.#hooks = new HookRunner(run, given.hooks);
    this.#retry = retry;
    this.#beforeStep = beforeStep;
    this.#afterStep = afterStep;
    const hasHooks = this.#hooks.has("before-step", "after-step");
    this.#concerns = (script) => hasHooks || ((beforeStep ?? afterStep) !== undefined && concerns?.(script) !== false);
  }

  get hookReports(): readonly HookReport[] {
    return this.#hooks.reports;
  }

  /**
   * After a lost connection: reports the outcomes of repeatable migrations, and marks unproven hooks as in-doubt.
   * @param proven number of the run's commits known to have persisted
   */
  settle(repeatable: readonly RepeatableReport[], proven: number): void {
    this.#hooks.doubtUnless(proven);
    for (const report of repeatable) {
      if (report.outcome !== this.#reported.get(report.name)) this.#print(report);
    }
  }

  #print(repeatable: RepeatableReport): void {
    this.#reported.set(repeatable.name, repeatable.outcome);
    this.#run.context.emit({ type: "repeatable-finished", repeatable });
  }

  /** Runs the hooks before the run. Returns a failure if the run must not begin. */
  async before(scripts: readonly Script[]): Promise<Failure | undefined> {
    if (scripts.length + this.#given.repeatable.stale.length === 0) return undefined;
    return await this.#runHooks(BEFORE[this.#given.command], {
      steps: scripts.map((script) => stepReport(script, "not-run")),
      repeatable: this.#given.repeatable.stale.map(({ name }) => name),
    });
  }

  /** Runs the steps, one at a time if something happens around them. */
  async steps(scripts: readonly Script[]): Promise<StepsProgress> {
    this.doing = "run migrations";
    const finished: StepReport[] = [];
    while (finished.length < scripts.length) {
      const rest = scripts.slice(finished.length);
      const next = rest.findIndex(this.#concerns);
      const progress: StepsProgress =
        next === 0 && rest[0]
          ? await this.#concernedStep(rest[0])
          : await runScripts(this.#run, next === -1 ? rest : rest.slice(0, next));
      finished.push(...progress.finished);
      if (progress.stop || progress.refused) return { ...progress, finished };
    }
    return { finished, stop: undefined };
  }

  async #concernedStep(script: Script): Promise<StepsProgress> {
    const unready = await this.#runHooks(["before-step"], { step: stepReport(script, "not-run") });
    if (unready) return { finished: [], stop: undefined, refused: unready };
    await this.#beforeStep?.(this.#run, script);
    const progress = await runScripts(this.#run, [script]);
    this.#commits += progress.finished.length;
    if (progress.stop) return progress;
    await this.#afterStep?.(this.#run, script);
    const refused = await this.#runHooks(["after-step"], { step: progress.finished[0] });
    return refused ? { ...progress, refused } : progress;
  }

  /** Runs the repeatable migrations and hooks that follow the steps. */
  async after(finished: readonly StepReport[]): Promise<Failure | undefined> {
    this.doing = "apply the repeatable migrations";
    const failure = await this.#applyRepeatables(finished);
    if (failure) return failure;
    this.#commits = finished.length + 1;
    const repeatable = this.tried.map(({ script }) => script.name);
    return await this.#remembering(() => this.#runHooks(AFTER[this.#given.command], { steps: finished, repeatable }));
  }

  /** Keeps a mark in the database that after-up hooks have to run, until they have run. */
  async #remembering(runHooks: () => Promise<Failure | undefined>): Promise<Failure | undefined> {
    const { names } = this.#run;
    const { command, afterUpUnfinished } = this.#given;
    const hasHooks = command !== "down" && this.#hooks.has("after-up");
    if (hasHooks) await this.#note(...setMarkSql(names, AFTER_UP_MARK));
    const failure = await runHooks();
    const isDone = hasHooks ? !failure : afterUpUnfinished;
    // If the connection is lost here, the hooks will run again, so the run is not reported as done.
    if (isDone) await this.#write([clearMarkSql(names, AFTER_UP_MARK)], [ServerFailure]);
    if (!hasHooks || failure?.code !== "hook-failed") return failure;
    const hint = "Everything applied stays applied. The next pgstep up runs all after-up hooks again.";
    return failure.withHint(failure.hint === undefined ? hint : `${failure.hint} ${hint}`);
  }

  async #applyRepeatables(finished: readonly StepReport[]): Promise<Failure | undefined> {
    const { command, hasRecords, planAgain } = this.#given;
    const { session, names } = this.#run;
    if (command === "down") {
      // The schema under them has changed.
      if (hasRecords && finished.length > 0) await this.#note(forgetAllSql(names));
      return undefined;
    }
    const plan = finished.length > 0 ? await planAgain(session) : this.#given.repeatable;
    if (plan.stale.length === 0) {
      if (plan.missing.length > 0) await this.#note(forgetSql(names, plan.missing));
      return undefined;
    }
    for (;;) {
      const { tried, failure, lost, busy } = await applyRepeatables(this.#run, plan);
      this.tried = tried;
      if (lost) throw lost;
      if (busy && (await this.#retry({ kind: "busy", ...busy }))) continue;
      for (const one of tried) this.#print(reportOf(one));
      return failure;
    }
  }

  /** Best effort: without it a later run only repeats work that it could have skipped. */
  #note(...sql: readonly string[]): Promise<void> {
    return this.#write(sql, [ServerFailure, ConnectionLost]);
  }

  /** @param tolerated classes of errors that are ignored */
  async #write(sql: readonly string[], tolerated: readonly (new (...args: never[]) => Error)[]): Promise<void> {
    try {
      await inTransaction(this.#run.session, [bookkeeping(this.#run), ...sql]);
    } catch (error) {
      if (!tolerated.some((kind) => error instanceof kind)) throw error;
    }
  }

  async #runHooks(moments: readonly HookMoment[], data: HookData): Promise<Failure | undefined> {
    const { context } = this.#run;
    const { settings, database } = context;
    const { schema, table } = settings;
    const environment = settings.environment ?? null;
    const common = { command: this.#given.command, database: database.description, environment, schema, table };
    for (const moment of moments) {
      this.doing = `run the hook ${moment}`;
      const failure = await this.#hooks.run(moment, { ...common, ...data }, this.#commits);
      if (failure) return failure;
    }
    return undefined;
  }
}
