import { failsOnExistingRows } from "../../core/check/fails-on-existing-rows.ts";
import type { Failure, FilePlace, Finding } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { UpTarget } from "../../core/migrations/plan.ts";
import type { Node } from "../../core/parse-tree/node.ts";
import type { Event } from "../../core/reports/event.ts";
import { quoteIdentifier } from "../../core/sql/quote.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { enumeration } from "../../core/text/display.ts";
import type { Relation, TracedFile } from "../../core/trace/trace.ts";
import type { Session } from "../../ports/session.ts";
import { nameOf, tableNames } from "../history/history-table.ts";
import { DownRows } from "../rows/down-rows.ts";
import { RowTests, withMisfits } from "../rows/row-tests.ts";
import { inTurn } from "../run/around-run.ts";
import { migrate } from "../run/migrate.ts";
import type { ChosenFiles, ReadBefore, RunOptions } from "../run/run-plan.ts";
import type { Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { StatementWatch } from "../session/statement-watch.ts";
import { withSession } from "../session/with-session.ts";
import type { DownResult } from "../shadow/down-result.ts";
import { createRoles, missingRole, reachesBeyond } from "../shadow/missing-roles.ts";
import { DownProofs, isReversible, type Reversible } from "../shadow/prove-downs.ts";
import { type AppliedFiles, replayChosen } from "../shadow/replay-chosen.ts";
import type { TrialNote, TrialStart } from "../shadow/trial-start.ts";
import { Tracer } from "../trace/tracer.ts";
import { applyEarlier, type EarlierRepeatables, withReplaced } from "./earlier-repeatables.ts";
import { findingOfFile } from "./judge.ts";
import type { TimeLimit } from "./time-limit.ts";
import { UnsentStatements } from "./unsent-statements.ts";

/** The files of a trial run, and how they are run. */
export interface TrialPlan {
  /** Those that run, lowest version first. */
  readonly migrations: readonly Migration[];
  /** The migrations as they were read and inspected, so that the trial need not do so again. */
  readonly before?: ReadBefore | undefined;
  /** True for a file whose statements are traced. */
  readonly examines: (migration: Migration) => boolean;
  /** True for a migration whose down script is tested. */
  readonly tests: (migration: Migration) => boolean;
  /** The paths of the repeatable migrations whose statements are traced. */
  readonly repeatables: ReadonlySet<string>;
  /** Their earlier versions, if production has others. */
  readonly earlier?: EarlierRepeatables | undefined;
  /** The files that the database of the run was made with, if it is known; otherwise those before the examined ones. */
  readonly history?: AppliedFiles;
  readonly parse: (text: string) => Promise<Node | undefined>;
  /** Called with each examined file that has run; what is known of it may still change. */
  readonly ran?: (file: TracedFile) => void;
  readonly limit: TimeLimit;
}

/**
 * A run of migrations on an empty database, in the transactions of `up`. From the first examined file on, statements are
 * traced and down scripts tested; the run ends at a statement that fails.
 */
export class Trial {
  /** Why the run ended before the last migration. */
  stopped: Finding | undefined;
  /** Statements that were not sent, because their effect would not end with the database. */
  readonly leftOut: FilePlace[] = [];
  readonly #plan: TrialPlan;
  readonly #start: TrialStart | undefined;
  readonly #context: DatabaseContext;
  readonly #tracer: Tracer;
  readonly #proofs: DownProofs;
  readonly rows: RowTests;
  readonly downRows: DownRows;
  readonly #applied = new Set<string>();
  /** The tables whose rows were deleted, as SQL names them. */
  readonly #emptied = new Set<string>();
  /** The paths of the repeatable migrations that were applied. */
  readonly appliedRepeatables = new Set<string>();
  readonly #unsent: UnsentStatements;
  /** The relations with the earlier repeatable migrations. */
  #earlier: readonly Relation[] = [];
  /** The name of the migration that was started last, or the path of the repeatable one. */
  #running: string | undefined;

  /** @param start where the shadow database begins with the older migrations */
  constructor(shadow: DatabaseContext, plan: TrialPlan, start?: TrialStart) {
    this.#plan = plan;
    this.#start = start;
    for (const { version } of plan.migrations.slice(0, start?.applied ?? 0)) this.#applied.add(version);
    this.#tracer = new Tracer(plan.parse, ownTables(shadow), plan.ran);
    this.#unsent = new UnsentStatements(plan.parse);
    const examined = plan.migrations.filter(plan.examines).map(({ up }) => up.path);
    this.rows = new RowTests(examined, ownTables(shadow));
    this.downRows = new DownRows(plan.migrations.filter(plan.tests).filter(isReversible), ownTables(shadow));
    this.#context = {
      ...shadow,
      emit: (event) => this.#note(event),
      leavesOut: (statement, path) => this.leavesOut(statement, path),
    };
    const withDown = (one: Migration) => (plan.tests(one) ? one : withoutDown(one));
    this.#proofs = new DownProofs(this.#context, plan.migrations.map(withDown));
  }

  /** The results of the down scripts that were tested. */
  get results(): readonly DownResult[] {
    return this.#proofs.results;
  }

  /** The migrations whose down scripts need a database of their own: see `proveAlone`. */
  get alone(): readonly Reversible[] {
    return this.#proofs.alone;
  }

  /** The migrations that were applied, lowest version first. */
  get applied(): readonly Migration[] {
    return this.#plan.migrations.filter(({ version }) => this.#applied.has(version));
  }

  /** The examined files that were applied, and the part of the last one that ran, if it failed. */
  get traced(): readonly TracedFile[] {
    const { migrations, examines, repeatables } = this.#plan;
    const ran = migrations.filter(({ name, version }) => this.#applied.has(version) || name === this.#running);
    const examined = new Set([...ran.filter(examines).map(({ up }) => up.path), ...repeatables]);
    // A repeatable migration may have run several times: after the others that it needs, it runs again.
    const lastRuns = new Map(
      this.#tracer.files.map((file) => {
        const whole = withReplaced(this.#unsent.addedTo(file), this.#earlier);
        return [file.path, withMisfits(whole, this.rows.misfits)];
      }),
    );
    return [...lastRuns.values()].filter(({ path }) => examined.has(path));
  }

  /** @throws Failure interrupted, terminated and those of connecting */
  async run(): Promise<void> {
    const { migrations, repeatables, limit } = this.#plan;
    const older = olderMigrations(this.#plan);
    const hasNew = older.length < migrations.length || repeatables.size > 0;
    try {
      await this.#applyOlder(older);
      if (!this.stopped && hasNew) this.stopped = await this.#examine();
    } catch (error) {
      if (!limit.isOver) throw error;
      this.stopped = limit.finding(this.#running === undefined ? "run the migrations" : `apply ${this.#running}`);
    }
  }

  async #applyOlder(older: readonly Migration[]): Promise<void> {
    const { history } = this.#plan;
    if (history) return await replayChosen(this.#context, history, this.#start);
    const last = older.at(-1);
    if (!last || older.length === this.#start?.applied) return;
    this.stopped = await this.#migrate(this.#context, { to: last.version }, { withoutRepeatables: true });
    // Without rows that were deleted, a later check would find other things.
    if (!this.stopped && this.#emptied.size === 0) await this.#start?.keep(older.length);
  }

  /** Applies the migrations that are left, and the repeatable ones. */
  async #examine(): Promise<Finding | undefined> {
    const [tracer, proofs] = [this.#tracer, this.#proofs];
    const watch: StatementWatch = {
      began(session, path) {
        const [{ ended, overlaps }, proof] = [tracer.began(session, path), proofs.began(session)];
        return { ended: Promise.all([ended, proof]).then(() => {}), overlaps };
      },
      sending: (session, statement, isAlone) => tracer.sending(session, statement, isAlone),
      willRunOutside: (session, path) => tracer.willRunOutside(session, path),
      ranOutside: (session, path, statement) => tracer.ranOutside(session, path, statement),
      get looksAtEnd() {
        return proofs.looksAtEnd;
      },
      ending: (session) => proofs.ending(session),
      ...(this.#plan.repeatables.size > 0 && {
        beganRepeatable: async (session, path) => {
          this.#running = path;
          await tracer.beganRepeatable(session, path);
        },
        rolledBack: () => tracer.rolledBack(),
      }),
    };
    tracer.beginWith(this.#noteAtStart("relations"));
    await proofs.begin(this.applied.length, this.#noteAtStart("schema"));
    const { database, signal } = this.#context;
    const finish = () => withSession(database, "inspect", (session) => tracer.finish(session), signal);
    const around = {
      beforeStep: inTurn(this.rows.beforeStep, this.downRows.beforeStep),
      afterStep: inTurn(proofs.afterStep, this.downRows.afterStep),
      concerns: (script: Script) => [this.rows, this.downRows, proofs].some((one) => one.concerns(script)),
    };
    const run = (withoutRepeatables: boolean) =>
      this.#migrate(
        { ...this.#context, watch },
        { outOfOrder: this.#plan.history !== undefined },
        { ...this.#only(), ...around, withoutRepeatables },
      );
    const { earlier } = this.#plan;
    let stopped = await run(earlier !== undefined);
    if (!stopped && earlier) {
      await finish();
      const isLeftOut = (statement: Statement) => reachesBeyond(statement, this.#context);
      this.#earlier = await applyEarlier({ ...this.#context, emit: () => {}, leavesOut: isLeftOut }, earlier);
      stopped = await run(false);
    }
    await finish();
    await this.#unsent.parse();
    return stopped;
  }

  /** A note about the database of the older migrations, if nothing else is in it. */
  #noteAtStart(about: Parameters<TrialStart["noteOf"]>[1]): TrialNote | undefined {
    const { history } = this.#plan;
    const isAlone = this.#emptied.size === 0 && !history?.repeatables.size;
    return isAlone ? this.#start?.noteOf(olderMigrations(this.#plan).length, about) : undefined;
  }

  /** Leaves out the files that the run leaves out, if its history is known. */
  #only(): Pick<RunOptions, "only"> {
    const { history, migrations, repeatables } = this.#plan;
    if (!history) return {};
    const versions = new Set(migrations.map(({ version }) => version));
    const repeatable: ChosenFiles["repeatable"] = ({ name, file }) =>
      repeatables.has(file.path) || history.repeatables.has(name);
    return { only: { migration: ({ version }) => versions.has(version), repeatable } };
  }

  /** Rows that a statement does not fit are deleted, so that the rest of the files is examined as well. */
  async #migrate(context: DatabaseContext, target: UpTarget = {}, options: RunOptions = {}) {
    for (;;) {
      const { failure } = await migrate(context, target, { ...options, before: this.#plan.before });
      if (!failure) return undefined;
      if (context.signal.aborted) throw failure;
      const role = missingRole(this.#context, failure);
      if (role !== undefined && this.#tracer.abandon() && (await createRoles(this.#context, [role]))) continue;
      const found = await findingOfFile(context, failure, this.#tracer.rejected?.text);
      if (found.rule === failsOnExistingRows.id && (await this.#empties(failure))) continue;
      return found.rule === "replay" ? this.#withoutRows(found) : found;
    }
  }

  /** Names the tables without their rows: a later statement may fail only for lack of them. */
  #withoutRows(found: Finding): Finding {
    if (this.#emptied.size === 0) return found;
    const tables = enumeration([...this.#emptied]);
    return { ...found, hint: `This may be because check has deleted all rows of ${tables}: fix that finding first.` };
  }

  /** Deletes the rows of the table that an error names. @returns false if the file cannot run again */
  async #empties({ server }: Failure): Promise<boolean> {
    const table = server?.table && `${quoteIdentifier(server.schema ?? "public")}.${quoteIdentifier(server.table)}`;
    if (!table || this.#emptied.has(table) || !this.#tracer.abandon(server.message)) return false;
    this.#emptied.add(table);
    const truncate = (session: Session) => session.execute(`TRUNCATE ${table} CASCADE`);
    await withSession(this.#context.database, "empty a table of", truncate, this.#context.signal);
    return true;
  }

  #note(event: Event): void {
    if (event.type === "repeatable-finished" && event.repeatable.outcome === "applied") {
      this.appliedRepeatables.add(event.repeatable.path);
    }
    if (event.type === "step-started") this.#running = event.step.name;
    if (event.type === "step-finished" && event.outcome === "applied") this.#applied.add(event.step.version);
  }

  /** True for a statement that is not run; `leftOut` then lists it. */
  leavesOut(statement: Statement, path: string): boolean {
    if (!reachesBeyond(statement, this.#context)) return false;
    const place = { path, ...statement.position };
    const isKnown = this.leftOut.some(
      (one) => one.path === path && one.line === place.line && one.column === place.column,
    );
    if (!isKnown) {
      this.leftOut.push(place);
      this.#unsent.add(statement, path);
    }
    return true;
  }
}

/** The migrations before the first whose statements are traced or whose down script is tested. */
export function olderMigrations({
  migrations,
  examines,
  tests,
}: Pick<TrialPlan, "migrations" | "examines" | "tests">): readonly Migration[] {
  const first = migrations.findIndex((one) => examines(one) || tests(one));
  return first === -1 ? migrations : migrations.slice(0, first);
}

function withoutDown({ down: _, ...migration }: Migration): Migration {
  return migration;
}

/** The tables that every run uses, as the tracer names them. */
function ownTables({ settings }: DatabaseContext): string[] {
  const { history, journal, lease, seeds, repeatable } = tableNames(settings);
  return [history, journal, lease, seeds, repeatable].map((quoted) => `${settings.schema}.${nameOf(quoted)}`);
}
