import { type Failure, type FilePlace, type Finding, finding } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { UpTarget } from "../../core/migrations/plan.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { reachOf } from "../../core/statements/leaves-database.ts";
import type { TracedFile, Tree } from "../../core/trace/trace.ts";
import { nameOf, tableNames } from "../history/history-table.ts";
import { migrate } from "../run/migrate.ts";
import type { RunOptions } from "../run/run-plan.ts";
import type { DatabaseContext } from "../session/context.ts";
import type { StatementWatch } from "../session/statement-watch.ts";
import { withSession } from "../session/with-session.ts";
import { type DownResult, findingOf } from "../shadow/down-result.ts";
import { DownProofs, type Reversible } from "../shadow/prove-downs.ts";
import type { TimeLimit } from "./time-limit.ts";
import { Tracer } from "./tracer.ts";

/** The files of a trial run, and how they are run. */
export interface TrialPlan {
  /** Those that run, lowest version first. */
  readonly migrations: readonly Migration[];
  /** True for a file whose statements are traced. */
  readonly examines: (migration: Migration) => boolean;
  /** True for a migration whose down script is tested. */
  readonly tests: (migration: Migration) => boolean;
  readonly parse: (text: string) => Promise<Tree | undefined>;
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
  readonly #context: DatabaseContext;
  readonly #tracer: Tracer;
  readonly #proofs: DownProofs;
  readonly #applied = new Set<string>();
  /** The name of the migration that was started last. */
  #running: string | undefined;

  constructor(shadow: DatabaseContext, plan: TrialPlan) {
    this.#plan = plan;
    this.#tracer = new Tracer(plan.parse, ownTables(shadow));
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

  /** The examined files that were applied. */
  get traced(): readonly TracedFile[] {
    const examined = new Set(this.applied.filter(this.#plan.examines).map(({ up }) => up.path));
    return this.#tracer.files.filter(({ path }) => examined.has(path));
  }

  /** @throws Failure interrupted, terminated and those of connecting */
  async run(): Promise<void> {
    const { migrations, examines, tests, limit } = this.#plan;
    const first = migrations.findIndex((one) => examines(one) || tests(one));
    const older = first === -1 ? undefined : migrations[first - 1];
    try {
      if (older) this.stopped = await this.#migrate(this.#context, { to: older.version });
      this.stopped ??= first === -1 ? await this.#migrate(this.#context) : await this.#examine();
    } catch (error) {
      if (!limit.isOver) throw error;
      this.stopped = limit.finding(this.#running === undefined ? "run the migrations" : `apply ${this.#running}`);
    }
  }

  /** Applies the migrations that are left. */
  async #examine(): Promise<Finding | undefined> {
    const [tracer, proofs] = [this.#tracer, this.#proofs];
    const watch: StatementWatch = {
      began: (session, path) => tracer.began(session, path),
      ran: (session, statement, isAlone) => tracer.ran(session, statement, isAlone),
      ranOutside: (session, path, statement) => tracer.ranOutside(session, path, statement),
      ending: (session) => proofs.ending(session),
    };
    await proofs.begin(this.applied.length);
    const stopped = await this.#migrate({ ...this.#context, watch }, {}, { afterStep: proofs.afterStep });
    const { database, signal } = this.#context;
    await withSession(database, "inspect", (session) => tracer.finish(session), signal);
    return stopped;
  }

  async #migrate(context: DatabaseContext, target: UpTarget = {}, options: RunOptions = {}) {
    const { failure } = await migrate(context, target, options);
    if (!failure) return undefined;
    if (context.signal.aborted) throw failure;
    return await ofFile(context, failure);
  }

  #note(event: Event): void {
    if (event.type === "step-started") this.#running = event.step.name;
    if (event.type === "step-finished" && event.outcome === "applied") this.#applied.add(event.step.version);
  }

  /** True for a statement that is not run; `leftOut` then lists it. */
  leavesOut(statement: Statement, path: string): boolean {
    const reach = reachOf(statement);
    // The roles of the embedded database end with it, and later statements may need them.
    if (reach === undefined || (reach === "role" && this.#context.database.embedded)) return false;
    const place = { path, ...statement.position };
    const isKnown = this.leftOut.some(
      (one) => one.path === path && one.line === place.line && one.column === place.column,
    );
    if (!isKnown) this.leftOut.push(place);
    return true;
  }
}

function withoutDown({ down: _, ...migration }: Migration): Migration {
  return migration;
}

/** The tables that every run uses, as the tracer names them. */
function ownTables({ settings }: DatabaseContext): string[] {
  const { history, journal, lease, seeds, repeatable } = tableNames(settings);
  return [history, journal, lease, seeds, repeatable].map((quoted) => `${settings.schema}.${nameOf(quoted)}`);
}

/** The finding for a failure that a file caused. @throws Failure any other failure */
async function ofFile(context: DatabaseContext, failure: Failure): Promise<Finding> {
  const { code, message, hint, place } = failure;
  const isOfFile = code === "transaction-ended" || (code === "connection-lost" && context.database.embedded);
  return isOfFile ? finding("replay", { message, hint, place }) : findingOf(context, failure);
}
