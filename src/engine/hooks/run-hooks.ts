import type { Settings } from "../../core/configuration/settings.ts";
import { Failure, finding, interruption } from "../../core/failure/failure.ts";
import type { Hook, HookMoment, HookReport } from "../../core/hooks/hook.ts";
import type { FileSystem } from "../../ports/file-system.ts";
import type { Session } from "../../ports/session.ts";
import { tableNames } from "../history/history-table.ts";
import { mustBeTransactional, stepOf } from "../repeatable/plan.ts";
import { loadScripts, refuseUnsound, type Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { COMMIT } from "../session/own-transaction.ts";
import { beginFiles, sendFile } from "../step/file-transaction.ts";
import type { Run } from "../step/session-settings.ts";
import { failureOf, type Refusal, refusalOf } from "../step/step-result.ts";

/** A hook, and its statements where it is a file. */
export interface LoadedHook {
  readonly hook: Hook;
  readonly script: Script | undefined;
}

export interface HookPlace {
  readonly session: Session;
  readonly fileSystem: FileSystem;
  readonly settings: Settings;
  /** The name of the database. */
  readonly database: string;
}

/** Checks the statements of the hooks before anything runs. @throws Failure files-unsound */
export async function loadHooks(
  hooks: readonly Hook[],
  { session, fileSystem, settings, database }: HookPlace,
): Promise<LoadedHook[]> {
  const place = { names: tableNames(settings), database, placeholders: settings.placeholders };
  const files = hooks.filter((hook) => "file" in hook);
  const plan = { steps: files.map((hook) => stepOf(hook)), skipped: [], warnings: [] };
  const { scripts, findings } = await loadScripts(plan, fileSystem, session, place, new Map());
  const problems = scripts.flatMap(({ path, inspection }) => mustBeTransactional(path, inspection));
  refuseUnsound([...findings, ...problems], "run hooks");
  return hooks.map((hook) => ({ hook, script: scripts.find(({ path }) => path === hook.name) }));
}

/** The data about the run that a command gets as JSON on standard input, with the names and values of --json. */
export type HookData = Readonly<Record<string, unknown>>;

/** Runs hooks at their moments, on the run's session: a file in a transaction of its own, a command as a program. */
export class HookRunner {
  readonly reports: HookReport[] = [];
  /** For each report, the number of commits before it; undefined for a command, which no lost connection can undo. */
  readonly #commitsBefore: (number | undefined)[] = [];
  readonly #run: Run;
  readonly #hooks: readonly LoadedHook[];

  constructor(run: Run, hooks: readonly LoadedHook[]) {
    this.#run = run;
    this.#hooks = hooks;
  }

  /** True if there is a hook for any of these moments. */
  has(...moments: readonly HookMoment[]): boolean {
    return this.#hooks.some(({ hook }) => moments.includes(hook.moment));
  }

  /**
   * Runs the hooks of a moment until one fails. Returns the failure if it stops the run.
   * @param commits how many commits of the run the server has confirmed
   * @throws ConnectionLost with the hook reported
   */
  async run(moment: HookMoment, data: HookData, commits = 0): Promise<Failure | undefined> {
    for (const { hook, script } of this.#hooks) {
      if (hook.moment !== moment) continue;
      const { context } = this.#run;
      const started = context.clock.monotonicMs();
      const finished = (outcome: HookReport["outcome"]) => {
        const durationMs = Math.round(context.clock.monotonicMs() - started);
        const report: HookReport = { moment, name: hook.name, outcome, durationMs };
        this.reports.push(report);
        this.#commitsBefore.push(script && commits);
        context.emit({ type: "hook-finished", hook: report });
      };
      const failure = script
        ? await this.#runScript(script, finished)
        : "command" in hook
          ? await runCommand(context, hook, { moment, ...data })
          : undefined;
      finished(failure ? "failed" : "done");
      if (!failure) continue;
      // A hook that ended its transaction may have committed a part of its work.
      const isFinal = context.signal.aborted || failure.code === "transaction-ended";
      if (context.settings.hookFailure === "stop" || isFinal) return failure;
      context.emit({ type: "warning", finding: finding("hook-failed", failure) });
    }
    return undefined;
  }

  /**
   * After a lost connection: an SQL hook leaves nothing to look up, so that only a later commit of the run that is
   * known to have succeeded proves that its own did.
   * @param proven how many commits of the run are known to have succeeded
   */
  doubtUnless(proven: number): void {
    for (const [index, report] of this.reports.entries()) {
      const before = this.#commitsBefore[index];
      if (report.outcome !== "done" || before === undefined || before < proven) continue;
      const hook: HookReport = { ...report, outcome: "in-doubt" };
      this.reports[index] = hook;
      this.#run.context.emit({ type: "hook-finished", hook });
    }
  }

  /** @throws ConnectionLost after `finished` got the outcome of the hook */
  async #runScript(script: Script, finished: (outcome: HookReport["outcome"]) => void): Promise<Failure | undefined> {
    const { session } = this.#run;
    let refusal: Refusal | undefined;
    let committing = false;
    try {
      await beginFiles(this.#run);
      refusal = await sendFile(this.#run, script);
      committing = refusal === undefined;
      if (committing) await session.execute(COMMIT);
    } catch (error) {
      refusal = refusalOf(error, { at: "commit" });
    }
    if (!refusal) return undefined;
    if (refusal.kind === "lost") {
      finished(committing ? "in-doubt" : "failed");
      throw refusal.lost;
    }
    await session.execute("ROLLBACK").catch(() => {});
    const failure = failureOf(this.#run, script, refusal);
    if (failure.code !== "statement-failed") return failure;
    const { hint, place, server } = failure;
    const what = server ? `${server.message} (${server.code})` : failure.message.replace(/^Cannot [^:]*: /, "");
    return new Failure("hook-failed", `Cannot run the hook ${script.path}: ${what}`, {
      ...(hint !== undefined && { hint }),
      ...(place && { place }),
      ...(server && { server }),
    });
  }
}

async function runCommand(
  { programs, emit, signal, settings, hooksNamedIn }: DatabaseContext,
  { name, command, moment }: Extract<Hook, { readonly command: unknown }>,
  data: HookData,
): Promise<Failure | undefined> {
  const what = `Cannot run the hook ${moment} (${name})`;
  if (!programs) return new Failure("hook-failed", `${what}: no program can be started here`, {});
  if (hooksNamedIn !== undefined) {
    emit({ type: "program-named", what: `hook ${moment}`, program: name, origin: hooksNamedIn });
  }
  const input = `${JSON.stringify(data)}\n`;
  const finished = (line: string) => emit({ type: "hook-output", hook: name, line });
  const end = await programs.run(command, input, finished, signal);
  if (signal.aborted) return interruption(signal, what, "Run the command again to continue.");
  if (end.kind === "not-started") {
    return new Failure("hook-failed", `${what}: ${end.reason}`, { hint: end.hint });
  }
  if (end.status === 0) return undefined;
  return new Failure("hook-failed", `${what}: it ended with exit status ${end.status}`, {
    hint: `Its output above may show the reason.${settings.hookFailure === "stop" ? " With --hook-failure warn the run continues anyway." : ""}`,
  });
}
