import { interruption } from "../../core/failure/failure.ts";
import type { Migration } from "../../core/migrations/migration.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { ownTablesSql, tableNames } from "../history/history-table.ts";
import type { AroundStep } from "../run/around-run.ts";
import { readCatalogWrites } from "../schema/read-schema-state.ts";
import type { OwnObjects } from "../schema/schema-sql.ts";
import { SchemaState } from "../schema/schema-state.ts";
import { loadScripts, type Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { deallocateOthers } from "../session/prepared-statements.ts";
import { withSession } from "../session/with-session.ts";
import { beginFiles, sendFile } from "../step/file-transaction.ts";
import type { Run } from "../step/session-settings.ts";
import { failureOf, type Refusal } from "../step/step-result.ts";
import { type DownResult, findingOf, resultOf } from "./down-result.ts";
import { readSequences, restoreSequences } from "./sequences.ts";
import type { TrialNote } from "./trial-start.ts";

/** A migration with a down script. */
export type Reversible = Migration & Required<Pick<Migration, "down">>;

export function isReversible(migration: Migration): migration is Reversible {
  return migration.down !== undefined;
}

/**
 * Tests down scripts during a run of the migrations. After each migration it runs the down script and the migration
 * again in a transaction that is rolled back, so a bad down script changes nothing for the migrations after it.
 */
export class DownProofs {
  readonly results: DownResult[] = [];
  /** Migrations that can only be tested by committing: see `proveAlone`. */
  readonly alone: Reversible[] = [];
  readonly #context: DatabaseContext;
  /** The migrations of the run by name, each with the one that follows. */
  readonly #migrations: ReadonlyMap<string, { readonly migration: Migration; readonly next: Migration | undefined }>;
  /** The schema before the next migration; undefined if no test needs it. */
  #before: SchemaState | undefined;
  /** The schema at the end of the transaction of a migration. */
  #ending: SchemaState | undefined;
  /** See `SchemaState.inTransaction`: of the transaction of a migration. */
  #writesBefore: string | undefined;

  /** @param migrations those that the run applies, in order; only down scripts that are to be tested */
  constructor(context: DatabaseContext, migrations: readonly Migration[]) {
    this.#context = context;
    this.#migrations = new Map(
      migrations.map((migration, index) => [migration.name, { migration, next: migrations[index + 1] }]),
    );
  }

  /**
   * Reads the schema before the next migration.
   * @param applied how many were applied before
   * @param note about this database: it saves the reading, which takes longer than testing a down script
   * @throws Failure of connecting
   */
  async begin(applied: number, note?: TrialNote): Promise<void> {
    const { database, signal } = this.#context;
    const next = [...this.#migrations.values()][applied]?.migration;
    if (!next?.down) return;
    const own = ownObjects(this.#context);
    const known = note?.read();
    if (known !== undefined) {
      this.#before = SchemaState.ofText(own, known);
      return;
    }
    const read = (session: Session) => SchemaState.read(session, own);
    this.#before = await withSession(database, "read the schema of", read, signal);
    note?.keep(this.#before.text);
  }

  /** For `StatementWatch`. @throws ServerFailure, ConnectionLost */
  async began(session: Session): Promise<void> {
    this.#writesBefore = this.#before && (await readCatalogWrites(session));
  }

  /** For `StatementWatch`. */
  get looksAtEnd(): boolean {
    return this.#before !== undefined;
  }

  /** For `EachStep`. */
  concerns({ step }: Script): boolean {
    const { migration, next } = this.#migrations.get(step.name) ?? {};
    return [migration, next].some((one) => one !== undefined && isReversible(one));
  }

  /** For `StatementWatch`. @throws ServerFailure, ConnectionLost */
  async ending(session: Session): Promise<void> {
    this.#ending = await this.#before?.inTransaction(session, this.#writesBefore);
  }

  /** @throws Failure interrupted, terminated; ConnectionLost */
  readonly afterStep: AroundStep = async (run, script) => {
    const { migration, next } = this.#migrations.get(script.step.name) ?? {};
    const needsNext = next !== undefined && isReversible(next);
    const isTested = migration !== undefined && isReversible(migration);
    const before = this.#before;
    this.#before = undefined;
    if (!isTested && !needsNext) return;
    try {
      const after = await this.#after(run, script, before);
      if (isTested && before) await this.#test(run, script, migration, { before, after });
      if (needsNext) this.#before = after;
    } catch (error) {
      const { signal } = this.#context;
      // A cancelled query only reports the cancel, so report the interrupt.
      if (!signal.aborted || !(error instanceof ServerFailure)) throw error;
      throw interruption(signal, `Cannot test the down script of ${script.step.name}`, "Run the command again.");
    }
  };

  /** The schema after a step. */
  async #after({ session }: Run, { inspection }: Script, before: SchemaState | undefined): Promise<SchemaState> {
    const ending = this.#ending;
    this.#ending = undefined;
    if (!before) return await SchemaState.read(session, ownObjects(this.#context));
    if (inspection.statements === 0) return before;
    return inspection.mode !== "statements" && ending ? ending : await before.later(session);
  }

  async #test(run: Run, up: Script, migration: Reversible, states: States): Promise<void> {
    const result = await this.#prove(run, up, migration, states);
    if (result) this.results.push(result);
    else this.alone.push(migration);
  }

  /** Undefined if the scripts cannot share a transaction. */
  async #prove(
    run: Run,
    up: Script,
    migration: Reversible,
    { before, after }: States,
  ): Promise<DownResult | undefined> {
    const { session } = run;
    const down = await loadDown(run, migration);
    if ([up, down].some(({ inspection }) => inspection.mode === "statements")) return undefined;
    const sequences = await readSequences(session);
    await beginFiles(run);
    try {
      await deallocateOthers(session);
      const writesBefore = await readCatalogWrites(session);
      const unable = await sendFile(run, down);
      if (unable) {
        const finding = this.#findingOf(run, down, unable);
        return finding && { outcome: "failed", finding };
      }
      const left = before.differencesTo(await after.inTransaction(session, writesBefore));
      await deallocateOthers(session);
      const refusal = await sendFile(run, up);
      const refused = refusal && this.#findingOf(run, up, refusal);
      if (refusal && !refused) return undefined;
      const again = refusal ? [] : after.differencesTo(await after.inTransaction(session, writesBefore));
      return resultOf({ name: migration.name, path: down.path }, { left, refused, again });
    } finally {
      await session.execute("ROLLBACK");
      await restoreSequences(session, sequences);
    }
  }

  /**
   * The finding for a refused script; undefined if the reason is the shared transaction.
   * @throws Failure interrupted, terminated; ConnectionLost
   */
  #findingOf(run: Run, script: Script, refusal: Refusal): DownResult["finding"] {
    if (refusal.kind === "lost") throw refusal.lost;
    const isOfTransaction = refusal.kind === "refused" && OF_TRANSACTION.has(refusal.server.code);
    if (isOfTransaction && !this.#context.signal.aborted) return undefined;
    return findingOf(this.#context, failureOf(run, script, refusal));
  }
}

/** The schema before and after a migration. */
interface States {
  readonly before: SchemaState;
  readonly after: SchemaState;
}

/**
 * Errors that two scripts may cause only because they share a transaction: a statement that cannot run in one (25001, a
 * procedure that commits 2D000), a new enum value used before COMMIT (55P04), pending trigger events (55006), more locks
 * than the server holds at once (53200).
 */
const OF_TRANSACTION: ReadonlySet<string> = new Set(["25001", "2D000", "55P04", "55006", "53200"]);

/** pgstep's own tables, and their schema if pgstep has created it. */
export function ownObjects({ settings }: Pick<DatabaseContext, "settings">): OwnObjects {
  const { schema } = settings;
  return { tables: ownTablesSql(tableNames(settings)), schema: schema === "public" ? undefined : schema };
}

/** The down script of a migration, checked and ready to run. @throws Failure files-unsound */
export async function loadDown(
  { context, session, names }: Run,
  { version, name, description, down }: Reversible,
): Promise<Script> {
  const { fileSystem, settings } = context;
  const step = { direction: "down" as const, version, name, description, script: down };
  const plan = { steps: [step], skipped: [], warnings: [] };
  const place = { names, database: "", placeholders: settings.placeholders };
  const { scripts } = await loadScripts(plan, fileSystem, session, place, new Map());
  const [script] = scripts;
  if (!script) throw new Error(`the down script of ${name} was not loaded`);
  return script;
}
