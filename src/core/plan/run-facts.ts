import { breaksRunningClients } from "../breaks/breaks-running-clients.ts";
import { destroysData } from "../check/destroys-data.ts";
import type { CheckRule } from "../check/rule.ts";
import { named } from "../check/words.ts";
import { kindOf } from "../parse-tree/node.ts";
import type { Statement } from "../sql/statement.ts";
import { destruction } from "../statements/data-loss.ts";
import { Sizes, wholes } from "../statistics/sizes.ts";
import type { TableStatistics } from "../statistics/table-statistics.ts";
import { newIndexes } from "../trace/definition-work.ts";
import { blockedBy, lockWords } from "../trace/lock-modes.ts";
import { type OutsideForm, outsideForm, outsideWords } from "../trace/outside.ts";
import { inOrder } from "../trace/resolve.ts";
import type { Relation, Touch, TracedFile, TracedStatement } from "../trace/trace.ts";
import { type Work, worksOf } from "../trace/waits.ts";
import { neededFile } from "./dependence.ts";
import { estimatedWork } from "./estimates.ts";
import { isExplained } from "./explained.ts";
import { lossWords } from "./losses.ts";
import { type Needs, neededLocks } from "./needed-locks.ts";
import { type OutsideWork, outsideWork } from "./outside-relations.ts";
import type { ExplainedRows, PlannedStatement, PlannedTouch, PlannedWork } from "./plan-report.ts";

/** The effects of a statement in a plan, without its place and its text. */
export type StatementFacts = Omit<PlannedStatement, "place" | "statement">;

/** A statement that was tried, and what a plan has to know of it. */
interface Known {
  readonly path: string;
  readonly traced: TracedStatement;
  readonly work: Work | undefined;
  /** The work of a statement outside a transaction; undefined for a statement in one. */
  readonly outside: (OutsideWork & { readonly form: OutsideForm }) | undefined;
  /** The path of the file of this run that makes what it names. */
  readonly needs: string | undefined;
  readonly destroys: readonly string[];
  readonly breaks: readonly string[];
}

/** A statement whose rows only the server can estimate. */
export interface ToExplain {
  readonly path: string;
  readonly statement: Statement;
}

/** The facts about the statements of a run, from the trial and from the sizes in the database. */
export class RunFacts {
  readonly sizes: Sizes;
  /** Statements that the server can be asked about, because it has everything that they name. */
  readonly toExplain: readonly ToExplain[];
  readonly #files: readonly TracedFile[];
  readonly #known: ReadonlyMap<string, Known>;

  /** @param files those of the run, in order */
  constructor(files: readonly TracedFile[], tables: readonly TableStatistics[]) {
    this.#files = files;
    this.sizes = new Sizes(tables, files);
    const all = files.flatMap((file) => knownOf(files, file));
    this.#known = new Map(all.map((one) => [keyOf(one.path, one.traced.statement), one]));
    this.toExplain = all
      .filter(({ traced, needs }) => needs === undefined && isExplained(traced))
      .map(({ path, traced }) => ({ path, statement: traced.statement }));
  }

  /** The relations of the database that the statements touch, as they are named there, each once. */
  get relations(): readonly Relation[] {
    const oids = [...this.#known.values()].flatMap(({ traced, outside }) => [
      ...traced.touches.map((touch) => touch.before.oid),
      ...(outside?.relations ?? []).map(({ oid }) => oid),
    ]);
    return [...new Set(oids)].flatMap((oid) => this.#before.get(oid) ?? []);
  }

  get #before(): ReadonlyMap<number, Relation> {
    return this.#files[0]?.before ?? new Map();
  }

  /** The locks that the statements take on relations of the database. */
  get needs(): Needs {
    return neededLocks([...this.#known.values()], this.#before);
  }

  /** True if the statement concerns only relations that this run makes, which no client uses yet. */
  isOfNewOnly({ touches }: TracedStatement): boolean {
    return touches.length > 0 && touches.every(({ before }) => this.#isNew(before));
  }

  /**
   * @param explained what the server said of its rows: its estimate, or why there is none
   * @param nameOf the name of the migration with this path
   */
  of(
    path: string,
    statement: Statement,
    explained: ExplainedRows | string | undefined,
    nameOf: (path: string) => string,
  ): StatementFacts {
    const known = this.#known.get(keyOf(path, statement));
    if (!known) return factsOfText(statement);
    const { traced, outside, needs, destroys, breaks } = known;
    const rows = typeof explained === "object" ? explained : undefined;
    const isWanted = isExplained(traced);
    return {
      inTransaction: traced.transaction !== 0,
      touches: this.#touches(known),
      outside: outside && wordsOf(outside.form),
      work: this.#work(known, rows),
      rows,
      unknown: isWanted && needs !== undefined ? `not known before ${nameOf(needs)}` : unknownOf(explained),
      ...{ destroys, breaks },
    };
  }

  #touches({ traced, outside }: Known): PlannedTouch[] {
    const isDivided = traced.touches.some(({ before }) => before.kind === "p" && !before.isPartition);
    const seen = traced.touches.filter(({ before }) => !(isDivided && before.isPartition));
    const lock = outside?.form.lock;
    const named = lock ? (outside?.relations ?? []).map((before) => ({ ...UNSEEN, before, lock })) : [];
    return [...seen, ...named].map((touch) => this.#touch(touch));
  }

  #touch({ before, lock, rewritten, scanned }: Pick<Touch, "before" | "lock" | "rewritten" | "scanned">): PlannedTouch {
    const isNew = this.#isNew(before);
    const size = isNew ? undefined : this.sizes.of(before);
    return {
      ...{ relation: named(before), isNew, lock: lockWords(lock), blocks: blockedBy(lock), rewritten, scanned },
      rows: size?.rows ?? undefined,
      bytes: size && size.bytes + size.indexBytes,
    };
  }

  #work({ traced, work, outside }: Known, explained: ExplainedRows | undefined): PlannedWork | undefined {
    const kind = outside ? outsideKind(outside.form, traced, outside) : work?.kind;
    const relations = outside ? outside.relations : wholes(traced, work?.relations ?? []);
    const old = relations.filter((one) => !this.#isNew(one));
    if (kind === undefined || old.length === 0) return undefined;
    const made = traced.touches.flatMap((touch) => newIndexes(touch).map((index) => [touch.before, index] as const));
    const [relation] = old;
    const unseen = relation ? (outside?.indexes ?? []).map((index) => [relation, index] as const) : [];
    return estimatedWork({
      ...{ kind, names: old.map(named), total: this.sizes.together(old), changedRows: explained?.rows },
      searchesAll: kind === "changes" && explained?.scans.some((scan) => scan.startsWith("Seq Scan ")) === true,
      indexes: [...made, ...unseen],
    });
  }

  #isNew({ oid }: Relation): boolean {
    return !this.#before.has(oid);
  }
}

const UNSEEN = { rewritten: false, scanned: false };

function knownOf(files: readonly TracedFile[], file: TracedFile): Known[] {
  const works = worksOf(file);
  const [destroys, breaks] = [messagesOf(destroysData, file), messagesOf(breaksRunningClients, file)];
  return [...inOrder(file)].map(({ statement: traced, resolve }) => {
    const form = traced.transaction === 0 ? outsideForm(traced.statement) : undefined;
    return {
      path: file.path,
      ...{ traced, work: works.get(traced), needs: neededFile(files, file, traced, resolve) },
      outside: form && { form, ...outsideWork(file, traced, resolve) },
      ...{ destroys: destroys.get(traced) ?? [], breaks: breaks.get(traced) ?? [] },
    };
  });
}

function messagesOf(rule: CheckRule, file: TracedFile): ReadonlyMap<TracedStatement, readonly string[]> {
  const messages = new Map<TracedStatement, string[]>();
  for (const { statement, message } of rule.find(file)) {
    messages.set(statement, [...(messages.get(statement) ?? []), message]);
  }
  return messages;
}

function outsideKind(
  { lock }: OutsideForm,
  statement: TracedStatement,
  { indexes }: OutsideWork,
): Work["kind"] | undefined {
  if (indexes.length > 0) return "indexes";
  if (kindOf(statement) === "VacuumStmt") return lock === "AccessExclusive" ? "rewrites" : "reads";
  return kindOf(statement) === "ClusterStmt" ? "rewrites" : undefined;
}

function wordsOf({ waits, leaves }: OutsideForm): string | undefined {
  const form = { lock: undefined, waits, ...(leaves !== undefined && { leaves }) };
  return waits || leaves !== undefined ? outsideWords(form) : undefined;
}

/** The facts that the text alone shows. */
function factsOfText(statement: Statement): StatementFacts {
  const destroyed = destruction(statement);
  return {
    inTransaction: true,
    ...{ touches: [], outside: undefined, work: undefined, rows: undefined },
    unknown: "not tried",
    destroys: destroyed ? [lossWords(destroyed)] : [],
    breaks: [],
  };
}

function unknownOf(explained: ExplainedRows | string | undefined): string | undefined {
  return typeof explained === "string" ? `not known: ${explained}` : undefined;
}

function keyOf(path: string, { offset }: Statement): string {
  return `${path}\n${offset}`;
}
