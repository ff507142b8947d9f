import { type Failure, type FilePlace, type Finding, finding } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import type { Event } from "../../core/reports/event.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { reachOf } from "../../core/statements/leaves-database.ts";
import type { TracedFile, Tree } from "../../core/trace/trace.ts";
import { nameOf, tableNames } from "../history/history-table.ts";
import { migrate } from "../run/migrate.ts";
import type { DatabaseContext } from "../session/context.ts";
import { withSession } from "../session/with-session.ts";
import { findingOf } from "../shadow/down-result.ts";
import type { TimeLimit } from "./time-limit.ts";
import { Tracer } from "./tracer.ts";

/** The files of a trial run, and how they are run. */
export interface TrialPlan {
  /** Those that run, lowest version first. */
  readonly migrations: readonly Migration[];
  /** True for a file whose statements are traced. */
  readonly examines: (migration: Migration) => boolean;
  readonly parse: (text: string) => Promise<Tree | undefined>;
  readonly limit: TimeLimit;
}

/**
 * A run of migrations on an empty database, in the transactions of `up`. Statements are traced from the first examined
 * file on; the run ends at a statement that fails.
 */
export class Trial {
  /** Why the run ended before the last migration. */
  stopped: Finding | undefined;
  /** Statements that were not sent, because their effect would not end with the database. */
  readonly leftOut: FilePlace[] = [];
  readonly #plan: TrialPlan;
  readonly #context: DatabaseContext;
  readonly #tracer: Tracer;
  readonly #applied = new Set<string>();
  /** The name of the migration that was started last. */
  #running: string | undefined;

  constructor(shadow: DatabaseContext, plan: TrialPlan) {
    this.#plan = plan;
    this.#tracer = new Tracer(plan.parse, ownTables(shadow));
    this.#context = {
      ...shadow,
      emit: (event) => this.#note(event),
      leavesOut: (statement, path) => this.#leavesOut(statement, path),
    };
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
    const { migrations, examines, limit } = this.#plan;
    const first = migrations.findIndex(examines);
    const older = first === -1 ? undefined : migrations[first - 1];
    try {
      if (older) this.stopped = await this.#migrate(this.#context, older.version);
      this.stopped ??= await this.#migrate({ ...this.#context, ...(first !== -1 && { watch: this.#tracer }) });
      await withSession(this.#context.database, "inspect", (session) => this.#tracer.finish(session), limit.signal);
    } catch (error) {
      if (!limit.isOver) throw error;
      this.stopped = limit.finding(this.#running === undefined ? "run the migrations" : `apply ${this.#running}`);
    }
  }

  async #migrate(context: DatabaseContext, to?: string): Promise<Finding | undefined> {
    const { failure } = await migrate(context, to === undefined ? {} : { to }, {});
    if (!failure) return undefined;
    if (context.signal.aborted) throw failure;
    return await ofFile(context, failure);
  }

  #note(event: Event): void {
    if (event.type === "step-started") this.#running = event.step.name;
    if (event.type === "step-finished" && event.outcome === "applied") this.#applied.add(event.step.version);
  }

  #leavesOut(statement: Statement, path: string): boolean {
    const reach = reachOf(statement);
    // The roles of the embedded database end with it, and later statements may need them.
    if (reach === undefined || (reach === "role" && this.#context.database.embedded)) return false;
    this.leftOut.push({ path, ...statement.position });
    return true;
  }
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
