import type { Finding } from "../../core/failure/failure.ts";
import { compareHistory, type Entry, isApplied, isPending, nothingPending } from "../../core/migrations/history.ts";
import type { Migration, SqlFile } from "../../core/migrations/migration.ts";
import type { Plan, Step } from "../../core/migrations/plan.ts";
import type { RunReport } from "../../core/reports/report.ts";
import type { Session } from "../../ports/session.ts";
import { forgottenFiles } from "../files/empty-files.ts";
import { inspectFiles } from "../files/inspect-files.ts";
import { byWeightAndPlace, gapFindings, type MigrationFiles, readMigrations } from "../files/read-migrations.ts";
import { scanFiles } from "../files/scan-files.ts";
import { appliedSinceImport } from "../history/applied-since-import.ts";
import { asWarnings, findOccupied, type PendingFile, refuseOccupied } from "../history/first-run.ts";
import { tableNames } from "../history/history-table.ts";
import { isFirstRun, type Occupants, readOccupants } from "../history/occupants.ts";
import { requireUnprotected } from "../history/protection.ts";
import { type DatabaseState, readState, requireNoResetUnfinished } from "../history/read-state.ts";
import { requireNoShadow } from "../history/shadow-note.ts";
import { begunOnesResumed, loadScripts, refuseUnsound, type Script } from "../script/load-scripts.ts";
import type { DatabaseContext } from "../session/context.ts";
import { type AroundFiles, planAround, readAround } from "./plan-around.ts";
import { withoutEffectEmbedded } from "./requirements.ts";
import type { Planner, RunOptions, RunPlan } from "./run-plan.ts";

/** The command to plan, and how to choose its steps. */
export interface RunChoice {
  readonly command: RunReport["command"];
  /** Chooses the steps from the compared files and history. */
  choose(entries: readonly Entry[]): Plan;
  /** True if a first run is refused on a database that is in use. */
  readonly guardsFirstRun?: boolean;
}

/**
 * Reads the files of a run once; each plan reads the state of the database again.
 * @throws Failure directory-unreadable, files-unsound
 */
export function plannerOf(context: DatabaseContext, choice: RunChoice, options: RunOptions): Planner {
  const { fileSystem, settings } = context;
  const { only, before } = options;
  const all = before?.files ?? readMigrations(context);
  const files = only ? { ...all, migrations: all.migrations.filter(only.migration) } : all;
  if (files.findings.some(({ severity }) => severity === "error")) {
    // Report all errors together, including those in migrations that are already applied.
    const inspected = [...inspectFiles(scanFiles(fileSystem), files.migrations, settings).values()];
    const findings = [...files.findings, ...inspected.flatMap((one) => one.findings)];
    refuseUnsound(findings.sort(byWeightAndPlace), "run migrations");
  }
  const around = readAround(context, choice.command, all.layout, only);
  const planning = new Planning(context, { files, around }, choice, options);
  return (session) => planning.plan(session);
}

const SLICES_WHILE_HASHING = 64;

class Planning {
  readonly #context: DatabaseContext;
  readonly #files: MigrationFiles;
  readonly #around: AroundFiles;
  readonly #choice: RunChoice;
  readonly #options: RunOptions;
  /** Files that were checked. */
  readonly #seen = new Map<SqlFile, Script>();
  /** Read once, although the run is planned again under the lock. */
  #occupants: Promise<Occupants | undefined> | undefined;

  constructor(
    context: DatabaseContext,
    { files, around }: { readonly files: MigrationFiles; readonly around: AroundFiles },
    choice: RunChoice,
    options: RunOptions,
  ) {
    this.#context = context;
    this.#files = files;
    this.#around = around;
    this.#choice = choice;
    this.#options = options;
  }

  async plan(session: Session): Promise<RunPlan> {
    const { settings } = this.#context;
    const isUp = this.#choice.command === "up";
    const recordsSent = this.#around.sendForRecords(session);
    const { migrations } = this.#files;
    // A file whose checksum is not known yet makes its slice differ.
    const slices = migrations.some(({ up }) => up.isHashing) ? SLICES_WHILE_HASHING : 1;
    const expected = isUp ? { rows: nothingPending(migrations, settings.environment), slices } : undefined;
    const state = await readState(session, settings, expected);
    requireNoResetUnfinished(state, "migrate");
    if (!this.#context.isRehearsal) requireNoShadow(state, "migrate");
    const entries = compareHistory(migrations, state, settings.environment);
    const plan = this.#choice.choose(entries);
    this.#refuse(plan, state);
    const loaded = await this.#load(session, state, plan);
    const { scripts } = loaded;
    const occupied = await this.#occupied(session, state, scripts);
    const others = isUp ? await appliedSinceImport(session, state, tableNames(settings)) : [];
    const staysPending = entries.filter(isPending).length > (isUp ? plan.steps.length : 0);
    const held = staysPending || (this.#options.withoutRepeatables ?? false);
    const looked = { session, state, recordsSent, scripts, held };
    const around = await planAround(this.#context, this.#around, looked);
    const findings = [
      ...this.#files.findings,
      ...plan.warnings,
      ...(isUp ? gapFindings(this.#files, settings.directory, entries) : []),
      ...loaded.findings,
      ...occupied,
      ...others,
      ...around.findings,
      ...(session.backend.embedded ? withoutEffectEmbedded(settings, scripts) : []),
    ];
    return { state, plan, scripts, around, findings, alreadyApplied: entries.filter(isApplied).length };
  }

  /** @throws Failure files-unsound, protected */
  #refuse(plan: Plan, state: DatabaseState): void {
    if (this.#choice.command === "up" && !this.#context.isRehearsal) {
      refuseUnsound(forgottenFiles(plan.steps.flatMap(upAndDown)), "run migrations");
    }
    const undone = plan.steps.filter(({ direction }) => direction === "down").length;
    if (undone > 1 && !this.#options.dryRun) requireUnprotected(state, `undo ${undone} migrations of`);
  }

  async #load(session: Session, state: DatabaseState, plan: Plan): ReturnType<typeof loadScripts> {
    const { fileSystem, settings } = this.#context;
    const place = {
      ...{ names: tableNames(settings), database: state.name, placeholders: settings.placeholders },
      inspections: this.#options.before?.inspections,
    };
    const { scripts, findings } = await loadScripts(plan, fileSystem, session, place, this.#seen);
    return { scripts: begunOnesResumed(scripts, state.unfinished), findings };
  }

  /** Existing objects that the files would create. @throws Failure database-not-empty, unless in a dry run */
  async #occupied(session: Session, state: DatabaseState, scripts: readonly Script[]): Promise<readonly Finding[]> {
    if (!this.#choice.guardsFirstRun || scripts.length === 0 || !isFirstRun(state)) return [];
    this.#occupants ??= readOccupants(session, this.#context.settings);
    const occupants = await this.#occupants;
    const occupied = occupants ? findOccupied(occupants, scripts.map(pendingFile)) : [];
    if (!this.#options.dryRun) refuseOccupied(occupied, state.name);
    return asWarnings(occupied);
  }
}

function pendingFile({ path, plannedPieces }: Script): PendingFile {
  return { path, pieces: plannedPieces };
}

function upAndDown({ script, down }: Step): Pick<Migration, "up" | "down">[] {
  return script ? [{ up: script, ...(down && { down }) }] : [];
}
