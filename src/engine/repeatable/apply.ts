import type { Failure, ServerMessage } from "../../core/failure/failure.ts";
import type { RepeatableReport } from "../../core/repeatable/repeatable.ts";
import { type ConnectionLost, ServerFailure } from "../../ports/session.ts";
import { isBusy } from "../session/may-pass.ts";
import { COMMIT } from "../session/own-transaction.ts";
import { beginFiles, sendFile } from "../step/file-transaction.ts";
import { cleanSession, ownRole, type Run } from "../step/session-settings.ts";
import { failureOf, type Refusal, refusalOf } from "../step/step-result.ts";
import { type DroppedDependent, dropDependents, isThere, recreate, restoreDetails } from "./dependents.ts";
import type { RepeatablePlan, RepeatableScript } from "./plan.ts";
import { readViewsThere, recordSql, recordsSql } from "./records.ts";

/** A repeatable migration of a run, with the outcome to report unless the connection is lost. */
export interface TriedRepeatable {
  readonly script: RepeatableScript;
  readonly outcome: RepeatableReport["outcome"];
  /** The state of the COMMIT of its transaction. */
  readonly commit: "not-sent" | "sent" | "confirmed";
}

/** The result of applying repeatable migrations: all of them, or none. */
export interface Applied {
  readonly tried: readonly TriedRepeatable[];
  readonly failure?: Failure;
  /** The connection was lost: the outcome has to be read from the database. */
  readonly lost?: ConnectionLost;
  /** The server's error, if a table was busy and a retry may succeed. */
  readonly busy?: {
    readonly script: RepeatableScript["script"];
    readonly failure: Failure;
    readonly server: ServerMessage;
  };
}

/** SQL that comes before the records of repeatable migrations, in their transaction. */
export function beforeRecordsSql(run: Run): string {
  return `${cleanSession(run)} ${ownRole(run)}; RESET search_path`;
}

/** The record of an applied file. */
export function recordOf({ context, names }: Run, { name, file, outline }: RepeatableScript): string {
  const { toolVersion } = context;
  return recordSql(names, { name, checksum: file.checksum, toolVersion, views: outline.views });
}

/** invalid_table_definition, duplicate_table, dependent_objects_still_exist, wrong_object_type. */
export const WANTS_REPLACEMENT = new Set(["42P16", "42P07", "2BP01", "42809"]);
/** undefined_table, _column, _function, _object, invalid_schema_name. */
const WANTS_OTHERS = new Set(["42P01", "42703", "42883", "42704", "3F000"]);
/** invalid_function_definition, dependent_objects_still_exist: the server advises DROP, which no such file contains. */
const WANTS_DROP = new Set(["42P13", "2BP01"]);

/**
 * Applies the stale files in one transaction. A file that needs the objects of another file runs after it. A view that
 * cannot be replaced is dropped with its dependents. Dependents are re-created by their own file if they have one,
 * otherwise as they were.
 */
export async function applyRepeatables(run: Run, plan: RepeatablePlan): Promise<Applied> {
  const { session } = run;
  const work = new Application(run, plan);
  let refusal: Refusal | undefined;
  let commit: TriedRepeatable["commit"] = "not-sent";
  try {
    await beginFiles(run);
    refusal = await work.applyAll();
    if (!refusal) {
      commit = "sent";
      await session.execute([beforeRecordsSql(run), ...work.bookkeeping(), COMMIT].join("; "));
    }
  } catch (error) {
    refusal = refusalOf(error, { at: "commit" });
  }
  if (!refusal) {
    work.tellFindings();
    return { tried: work.tried("applied", "applied", "confirmed") };
  }
  if (refusal.kind === "lost") {
    const tried =
      commit === "sent" ? work.tried("applied", "applied", commit) : work.tried("rolled-back", "failed", commit);
    return { tried, lost: refusal.lost };
  }
  await session.execute("ROLLBACK").catch(() => {});
  const script = work.current?.script ?? plan.stale[0]?.script;
  if (!script) throw new Error("there was nothing to apply");
  const failure = failureOf(run, script, refusal);
  const isKnown = failure.code !== "transaction-ended";
  const tried = work.tried(isKnown ? "rolled-back" : "in-doubt", "failed", "not-sent");
  if (refusal.kind === "refused" && isBusy(refusal.server) && !run.context.signal.aborted) {
    return { tried, failure, busy: { script, failure, server: refusal.server } };
  }
  return { tried, failure };
}

export function reportOf({ script: { name, file }, outcome }: TriedRepeatable): RepeatableReport {
  return { name, path: file.path, outcome };
}

class Application {
  current: RepeatableScript | undefined;
  readonly #run: Run;
  readonly #plan: RepeatablePlan;
  readonly #waiting: RepeatableScript[];
  readonly #applied: RepeatableScript[] = [];
  #taken: DroppedDependent[] = [];
  readonly #findings: Parameters<Run["context"]["emit"]>[0][] = [];

  constructor(run: Run, plan: RepeatablePlan) {
    this.#run = run;
    this.#plan = plan;
    this.#waiting = [...plan.stale];
  }

  async applyAll(): Promise<Refusal | undefined> {
    const before = await this.#viewsThere();
    let refusal = await this.#applyWaiting();
    if (!refusal && (await this.#queueLost(before))) refusal = await this.#applyWaiting();
    return refusal ?? (await this.#recreateAll());
  }

  /** The existing views of all files. */
  #viewsThere(): Promise<Set<string>> {
    const { stale, settled } = this.#plan;
    return readViewsThere(
      this.#run.session,
      [...stale, ...settled].flatMap(({ outline }) => outline.views),
    );
  }

  /** Queues the files whose views a DROP ... CASCADE in another file dropped. */
  async #queueLost(before: ReadonlySet<string>): Promise<boolean> {
    const now = await this.#viewsThere();
    const isLost = (view: string) => before.has(view) && !now.has(view);
    const { stale, settled } = this.#plan;
    const lost = [...stale, ...settled].filter(({ outline }) => outline.views.some(isLost));
    this.#waiting.push(...lost);
    return lost.length > 0;
  }

  async #applyWaiting(): Promise<Refusal | undefined> {
    let stalled = 0;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.current = next;
      const refusal = await this.#apply(next);
      if (!refusal) {
        this.#applied.push(next);
        stalled = 0;
        continue;
      }
      if (refusal.kind !== "refused" || !WANTS_OTHERS.has(refusal.server.code)) return refusal;
      this.#waiting.push(next);
      stalled++;
      if (stalled < this.#waiting.length) continue;
      // The object it needs may be one of the dropped dependents.
      if (!(await this.#recreateSome())) return this.#firstOf(refusal);
      stalled = 0;
    }
    return undefined;
  }

  /** Reports the first waiting file in dependency order. */
  async #firstOf(refusal: Refusal): Promise<Refusal> {
    const [first] = this.#plan.stale.filter((one) => this.#waiting.includes(one));
    if (!first || first === this.current) return refusal;
    this.current = first;
    return (await this.#apply(first)) ?? refusal;
  }

  async #apply(one: RepeatableScript): Promise<Refusal | undefined> {
    const refusal = withOwnAdvice(await this.#send(one));
    if (refusal?.kind !== "refused" || !WANTS_REPLACEMENT.has(refusal.server.code)) return refusal;
    const doing = `replace the views of ${one.script.path}`;
    const taken = await dropDependents(this.#run.session, one.outline.views, doing);
    if (taken.length === 0) return refusal;
    this.#taken.push(...taken);
    await this.#queueOwnFiles(one, taken);
    return await this.#send(one);
  }

  async #send({ script }: RepeatableScript): Promise<Refusal | undefined> {
    const { session, context } = this.#run;
    const watch = context.watch?.beganRepeatable && context.watch;
    await session.execute("SAVEPOINT pgstep_file");
    await watch?.beganRepeatable?.(session, script.path);
    const refusal = await sendFile(this.#run, script, watch);
    if (refusal && refusal.kind !== "refused") return refusal;
    await session.execute(`${refusal ? "ROLLBACK TO SAVEPOINT pgstep_file; " : ""}RELEASE SAVEPOINT pgstep_file`);
    if (refusal) watch?.rolledBack?.();
    return refusal;
  }

  /** Queues the files that create the dropped dependents. */
  async #queueOwnFiles(besides: RepeatableScript, taken: readonly DroppedDependent[]): Promise<void> {
    const { stale, settled } = this.#plan;
    const gone = new Set(taken.map(({ name }) => lastPart(name)));
    const queued = [...stale, ...settled].filter(
      (one) => one !== besides && !this.#waiting.includes(one) && [...one.outline.made].some((name) => gone.has(name)),
    );
    this.#waiting.push(...queued);
  }

  async #recreateSome(): Promise<boolean> {
    let some = false;
    for (const taken of this.#taken) {
      if (await isThere(this.#run.session, taken)) continue;
      try {
        await recreate(this.#run.session, taken);
        some = true;
      } catch (error) {
        if (!(error instanceof ServerFailure)) throw error;
      }
    }
    return some;
  }

  async #recreateAll(): Promise<Refusal | undefined> {
    const { session } = this.#run;
    while (await this.#recreateSome()) {
      // One dependent may need another that comes later in the list.
    }
    for (const taken of this.#taken) {
      if (await isThere(session, taken)) {
        for (const finding of await restoreDetails(session, taken)) this.#findings.push({ type: "warning", finding });
        continue;
      }
      try {
        await recreate(session, taken);
      } catch (error) {
        if (!(error instanceof ServerFailure)) throw error;
        const message = `${taken.kind} ${taken.name} depends on it and cannot be re-created: ${error.server.message}`;
        const hint = `Change ${taken.name} first: drop it in a migration, or define it in its own repeatable migration.`;
        return { kind: "refused", stage: { at: "record" }, server: { ...error.server, message, hint } };
      }
    }
    return undefined;
  }

  bookkeeping(): string[] {
    const rows = [...new Set(this.#applied)].map((one) => recordOf(this.#run, one));
    return [...recordsSql(this.#run.names, this.#plan), ...rows];
  }

  tellFindings(): void {
    for (const event of this.#findings) this.#run.context.emit(event);
  }

  /** All that were applied or should have been. */
  tried(
    applied: RepeatableReport["outcome"],
    current: RepeatableReport["outcome"],
    commit: TriedRepeatable["commit"],
  ): TriedRepeatable[] {
    const all = [...new Set([...this.#applied, ...(this.current ? [this.current] : []), ...this.#plan.stale])];
    return all.map((script) => {
      const outcome = script === this.current ? current : this.#applied.includes(script) ? applied : "not-run";
      return { script, outcome, commit };
    });
  }
}

function withOwnAdvice(refusal: Refusal | undefined): Refusal | undefined {
  if (refusal?.kind !== "refused" || !WANTS_DROP.has(refusal.server.code)) return refusal;
  const hint = "Drop it and the views that use it in a migration; the repeatable migrations then re-create them.";
  return { ...refusal, server: { ...refusal.server, hint } };
}

/** The last part of a name as the catalog spells it, without quotes; for a routine without its arguments. */
function lastPart(name: string): string {
  const [, quoted, plain] = /(?:^|\.)(?:"((?:[^"]|"")*)"|([^".(]*))(?:\(.*)?$/s.exec(name) ?? [];
  return quoted?.replaceAll('""', '"') ?? plain ?? name;
}
