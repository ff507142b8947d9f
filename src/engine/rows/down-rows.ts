import type { Finding } from "../../core/failure/failure.ts";
import type { TriedDowns } from "../../core/reports/check-report.ts";
import { tablesAtRisk, type WordedStatement, worded } from "../../core/rows/losing-statements.ts";
import { type Loss, lossesOf, type MadeUp, mayHaveLost } from "../../core/rows/lost-values.ts";
import type { TableShape } from "../../core/rows/table-shape.ts";
import type { ValueStyle } from "../../core/rows/value-styles.ts";
import { ServerFailure } from "../../ports/session.ts";
import type { AroundStep } from "../run/around-run.ts";
import type { Script } from "../script/load-scripts.ts";
import { workOf } from "../script/statements-to-run.ts";
import { deallocateOthers } from "../session/prepared-statements.ts";
import { loadDown, type Reversible } from "../shadow/prove-downs.ts";
import { readSequences, restoreSequences, type Sequences } from "../shadow/sequences.ts";
import { beginFiles, sendFile } from "../step/file-transaction.ts";
import type { Run } from "../step/session-settings.ts";
import { readKept } from "./kept-values.ts";
import { type LossMoment, lossFinding } from "./loss-finding.ts";
import { addRows, readShapes, type Shapes } from "./make-rows.ts";

/** Trying a down script takes several times as long as running it. */
const MOST_FILES = 5;
/** Longer files are data, and so are those with more statements. */
const LARGEST_FILE = 256 * 1024;
const MOST_STATEMENTS = 200;
/** Values that a conversion refuses show nothing: then others are tried. */
const STYLES: readonly ValueStyle[] = ["telling", "modest"];

/** A migration and its down script, which may lose something. */
interface Pair {
  readonly up: Script;
  readonly down: Script;
  readonly ups: readonly WordedStatement[];
  readonly downs: readonly WordedStatement[];
  readonly names: readonly string[];
}

/**
 * Finds what down scripts lose of rows, in transactions that are rolled back: of rows from before the migration, once it
 * is applied and undone; and of rows from after it, once it is undone. What the migration itself has created is not
 * reported: dropping it is what a down script is for.
 */
export class DownRows {
  readonly findings: Finding[] = [];
  readonly #waiting: ReadonlyMap<string, Reversible>;
  readonly #leftOut: number;
  readonly #own: readonly string[];
  /** The names of the migrations whose down scripts were tried, and of those that could not be. */
  readonly #tried = new Set<string>();
  readonly #untried = new Set<string>();
  /** The migration that runs, the tables before it, and what the down script is known to lose. */
  #current: { readonly pair: Pair; readonly before: readonly TableShape[]; readonly known: Set<string> } | undefined;

  /**
   * @param migrations those whose down scripts are tested, in their order
   * @param own the tables of pgstep, "schema.name" without quotes
   */
  constructor(migrations: readonly Reversible[], own: readonly string[]) {
    const chosen = migrations.slice(-MOST_FILES);
    this.#waiting = new Map(chosen.map((one) => [one.up.path, one]));
    this.#leftOut = migrations.length - chosen.length;
    this.#own = own;
  }

  get report(): TriedDowns {
    const untried = [...this.#untried].filter((name) => !this.#tried.has(name));
    return { tried: this.#tried.size, untried: untried.length, leftOut: this.#leftOut };
  }

  /** For `EachStep`. */
  concerns({ path }: Script): boolean {
    return this.#waiting.has(path);
  }

  /** @throws Failure and ConnectionLost, which end the run */
  readonly beforeStep: AroundStep = async (run, up) => {
    this.#current = undefined;
    const migration = this.#waiting.get(up.path);
    if (!migration) return;
    const down = await loadDown(run, migration);
    const pair = pairOf(up, down);
    if (pair === "harmless") return;
    if (pair === "unable") {
      this.#untried.add(up.step.name);
      return;
    }
    await this.#guarded(run, up, async () => {
      const { tables, types } = await this.#shapes(run, pair);
      this.#current = { pair, before: tables, known: new Set() };
      const atRisk = tablesAtRisk([...pair.ups, ...pair.downs], tables);
      await this.#try(run, pair, "before", { shapes: { tables, types }, atRisk });
    });
  };

  /** @throws Failure and ConnectionLost, which end the run */
  readonly afterStep: AroundStep = async (run, up) => {
    if (this.#current?.pair.up.path !== up.path) return;
    const { pair, before } = this.#current;
    if (!pair.downs.some(({ loses }) => loses)) return;
    await this.#guarded(run, up, async () => {
      const shapes = await this.#shapes(run, pair);
      const existing = shapes.tables.flatMap((table) => partOfBefore(table, before) ?? []);
      await this.#try(run, pair, "after", { shapes, atRisk: tablesAtRisk(pair.downs, existing) });
    });
  };

  async #guarded(run: Run, { step }: Script, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ServerFailure) || run.context.signal.aborted) throw error;
      this.#untried.add(step.name);
    }
  }

  async #shapes(run: Run, { names }: Pair): Promise<Shapes> {
    await deallocateOthers(run.session);
    await beginFiles(run);
    try {
      return await readShapes(run.session, names, this.#own);
    } finally {
      await run.session.execute("ROLLBACK");
    }
  }

  async #try(run: Run, pair: Pair, moment: LossMoment, tables: Tables): Promise<void> {
    if (tables.atRisk.length === 0) return;
    const { name } = pair.up.step;
    for (const style of STYLES) {
      const losses = await lossesWith(run, pair, moment, tables, style);
      if (losses === "refused") continue;
      if (losses !== "unable") {
        this.#tried.add(name);
        this.#report(losses, moment);
        return;
      }
      break;
    }
    this.#untried.add(name);
  }

  #report(losses: readonly Loss[], moment: LossMoment): void {
    if (!this.#current) return;
    const { pair, known } = this.#current;
    for (const loss of losses) {
      const key = `${loss.table}.${loss.column ?? ""}`;
      if (known.has(key) || known.has(`${loss.table}.`)) continue;
      known.add(key);
      this.findings.push(lossFinding(loss, moment, pair.down, pair.downs));
    }
  }
}

interface Tables {
  /** Those that get a row. */
  readonly shapes: Shapes;
  /** Those that may lose it, with the columns that may. */
  readonly atRisk: readonly TableShape[];
}

/** "refused" if the values may be the reason, "unable" for any other. */
type Losses = readonly Loss[] | "refused" | "unable";

/** @throws ServerFailure, ConnectionLost */
async function lossesWith(
  run: Run,
  { up, down }: Pair,
  moment: LossMoment,
  { shapes, atRisk }: Tables,
  style: ValueStyle,
): Promise<Losses> {
  const { session } = run;
  let sequences: Sequences | undefined;
  await beginFiles(run);
  try {
    sequences = await readSequences(session);
    const rows = (await addRows(session, shapes, style)).flatMap((row) => partAtRisk(row, atRisk) ?? []);
    if (rows.length === 0) return "refused";
    const before = await readKept(session, rows);
    const unable = await runFile(run, moment === "before" ? up : down);
    if (unable) return unable;
    const between = moment === "before" ? undefined : await readKept(session, rows);
    const isLost = (loss: { readonly table: string; readonly column: string | undefined }) =>
      !between || mayHaveLost(loss, before, between);
    const places = rows.flatMap(({ table, values }) =>
      [undefined, ...values.keys()].map((column) => ({ table, column })),
    );
    if (!places.some(isLost)) return [];
    // Some conversions are undone by the migration: only what stays lost after it is reported.
    const unableToReturn = await runFile(run, moment === "before" ? down : up);
    if (unableToReturn) return unableToReturn;
    return lossesOf(rows, before, await readKept(session, rows)).filter(isLost);
  } finally {
    await session.execute("ROLLBACK");
    if (sequences) await restoreSequences(session, sequences);
  }
}

/** Errors that other values may not cause: data exceptions, unique and CHECK constraints, RAISE EXCEPTION. */
const OF_VALUES = /^(?:22...|23505|23514|P0001)$/;

/** @returns undefined if the file ran @throws ConnectionLost */
async function runFile(run: Run, script: Script): Promise<"refused" | "unable" | undefined> {
  await deallocateOthers(run.session);
  const refusal = await sendFile(run, script);
  if (!refusal) return undefined;
  if (refusal.kind === "lost") throw refusal.lost;
  return refusal.kind === "refused" && OF_VALUES.test(refusal.server.code) ? "refused" : "unable";
}

function pairOf(up: Script, down: Script): Pair | "harmless" | "unable" {
  const [ups, downs] = [statementsOf(up), statementsOf(down)];
  if (!ups || !downs) return "unable";
  if (![...ups, ...downs].some(({ loses }) => loses)) return "harmless";
  if ([up, down].some(({ inspection }) => inspection.mode === "statements")) return "unable";
  const names = new Set([...ups, ...downs].flatMap(({ words }) => [...words]));
  return { up, down, ups, downs, names: [...names] };
}

/** Undefined if there are too many. */
function statementsOf(script: Script): WordedStatement[] | undefined {
  const { step, inspection } = script;
  if ((step.script?.size ?? 0) > LARGEST_FILE || inspection.statements > MOST_STATEMENTS) return undefined;
  return [...workOf(script)].map(({ statement }) => worded(statement));
}

/** The table with those columns that it had before the migration; undefined for a new table. */
function partOfBefore(table: TableShape, before: readonly TableShape[]): TableShape | undefined {
  const same = before.find(({ oid }) => oid === table.oid);
  const old = same ?? before.find(({ name }) => name === table.name);
  if (!old) return undefined;
  const last = same ? Math.max(0, ...same.columns.map(({ number }) => number)) : 0;
  const columns = table.columns.filter(
    ({ name, number }) => number <= last || old.columns.some((one) => one.name === name),
  );
  return { ...table, columns };
}

/** The oid of the type: its values are computed from others, mostly by a trigger. */
const TSVECTOR = 3614;

function partAtRisk({ table, values }: MadeUp, atRisk: readonly TableShape[]): MadeUp | undefined {
  const shape = atRisk.find(({ name }) => name === table);
  if (!shape) return undefined;
  const columns = new Set(shape.columns.filter(({ type }) => type !== TSVECTOR).map(({ name }) => name));
  return { table, values: new Map([...values].filter(([column]) => columns.has(column))) };
}
