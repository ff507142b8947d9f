import { kindOf, type Parsed } from "../../core/parse-tree/node.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { type LockMode, mayChange } from "../../core/trace/lock-modes.ts";
import {
  changesDefinition,
  leavesAlone,
  lockedNames,
  locksOnlyNamed,
  mayChangeAccess,
  referredNames,
  relationNames,
} from "../../core/trace/names.ts";
import type { Relation, Touch } from "../../core/trace/trace.ts";
import type { Session } from "../../ports/session.ts";
import { runKept } from "../session/prepared-statements.ts";
import { readFacts, readRelations } from "./contents.ts";
import { countersIn, isSame, type LockedRelation, lockedIn, relationsIn } from "./trace-answers.ts";
import { afterCreate, CHANGED_QUERY, COUNTERS_QUERY, LOCKED_QUERY, type QueryForm } from "./trace-sql.ts";

/** What was last seen of a relation within a transaction. */
interface Sight {
  /** The name of the file that holds its rows. */
  readonly fileNode: number;
  /** How often its rows were read from end to end. */
  readonly scans: number;
  readonly lock: LockMode | undefined;
}

const HIGHEST_OID = 2 ** 32 - 1;

type ParsedStatement = Parsed & Pick<Statement, "text">;

/** The relations that existed before a file of a trial run, as they were last seen, and what its statements do to them. */
export class SeenRelations {
  /** The tables of pgstep itself, which every run locks. */
  readonly #own: ReadonlySet<string>;
  #all = new Map<number, Relation>();
  /** Relations with a higher oid were made by the current file, unless some are still to be added. */
  #newestOid = 0;
  /** The names of relations that are still to be added, and of others. */
  readonly #awaited = new Set<ReadonlySet<string>>();
  /** Of the transaction that was begun last; its statements may be sent before the answers about the one before it. */
  #sights = new Map<number, Sight>();
  /** The names of relations that its statements have locked, as far as their text shows: answers may be on the way. */
  #lockedNames = new Set<string>();
  #hasEventTriggers = false;
  /** "short" if there are certainly no privileges, row security and publications. */
  #form: QueryForm = "complete";
  /** How many statements were sent that may have made some. */
  #accessChanges = 0;
  /** The answer to the last question. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param own the tables of pgstep, "schema.name" without quotes */
  constructor(own: readonly string[]) {
    this.#own = new Set(own);
  }

  get newestOid(): number {
    return this.#newestOid;
  }

  /** Resolves after the answers to all former questions were dealt with: each changes what is seen. */
  #inTurn<Answer>(answer: Promise<Answer>): Promise<Answer> {
    // It may fail before its turn.
    answer.catch(() => {});
    const turn = this.#last.then(
      () => answer,
      () => answer,
    );
    this.#last = turn;
    return turn;
  }

  /** A copy of the present state, by oids. */
  copy(): Map<number, Relation> {
    return new Map(this.#all);
  }

  /** A copy of the state after the answers to all questions so far. */
  async copyInTurn(): Promise<ReadonlyMap<number, Relation>> {
    await this.#inTurn(Promise.resolve());
    return this.copy();
  }

  /** Returns to a former state. */
  restore(former: ReadonlyMap<number, Relation>): void {
    this.#all = new Map(former);
  }

  add(relations: ReadonlyMap<number, Relation>): void {
    for (const relation of relations.values()) {
      this.#newestOid = Math.max(this.#newestOid, relation.oid);
      if (!this.#own.has(`${relation.schema}.${relation.name}`)) this.#all.set(relation.oid, relation);
    }
  }

  /** Adds those that were made since the last file. @param names theirs, and others that do no harm */
  async addNew(session: Session, names: ReadonlySet<string>): Promise<void> {
    this.#awaited.add(names);
    try {
      this.add(await this.#inTurn(readRelations(session, this.#newestOid, this.#form)));
    } finally {
      this.#awaited.delete(names);
    }
  }

  /** The highest oid of the relations that existed before the current file. */
  get #lastOid(): number {
    return this.#awaited.size > 0 ? HIGHEST_OID : this.#newestOid;
  }

  /**
   * Reads the counters at the begin of a transaction: they survive the one before it for a while.
   * @returns a copy of the state at that moment
   */
  async beginTransaction(session: Session): Promise<ReadonlyMap<number, Relation>> {
    const sights = new Map<number, Sight>();
    this.#sights = sights;
    this.#lockedNames = new Set();
    const changes = this.#accessChanges;
    const [row] = await this.#inTurn(runKept(session, COUNTERS_QUERY, ""));
    for (const [oid, fileNode, scans] of countersIn(row)) sights.set(oid, { fileNode, scans, lock: undefined });
    this.#hasEventTriggers = row?.watched === "true";
    if (this.#accessChanges === changes) this.#form = row?.open === "true" ? "short" : "complete";
    return this.copy();
  }

  /**
   * What a statement has done to the relations that its transaction has locked. The first question is sent before the
   * first `await`, so that it can follow the statement at once.
   * @param isOfRows true if it has certainly changed no definition
   */
  async look(session: Session, statement: ParsedStatement, isOfRows = false): Promise<Touch[]> {
    this.#hasEventTriggers ||= kindOf(statement) === "CreateEventTrigStmt";
    this.#noteAccess(statement);
    if (this.#leavesAll(statement)) {
      // It fails if the statement has failed.
      await this.#inTurn(session.execute("SELECT"));
      return [];
    }
    const sights = this.#sights;
    const kept = isOfRows ? undefined : this.#keptBy(statement);
    for (const name of lockedNames(statement)) this.#lockedNames.add(name);
    if (kept && changesDefinition(statement)) {
      // Then the answer is most likely needed.
      const [row] = await this.#inTurn(
        runKept(session, CHANGED_QUERY[this.#form], `(${this.#lastOid}, '{${[...kept]}}')`),
      );
      return this.#touched(sights, lockedIn(row), relationsIn(row, this.#all, "read"));
    }
    const [row] = await this.#inTurn(runKept(session, LOCKED_QUERY, `(${this.#lastOid})`));
    const locked = lockedIn(row);
    const changed = locked.filter(({ oid, lock, fileNode }) => {
      return kept && this.#all.has(oid) && fileNode !== undefined && mayChange(lock) && !kept.has(oid);
    });
    // The next answer may be there already: it must not come first.
    const read = changed.length === 0 ? new Map() : await readFacts(session, changed, this.#form, this.#all);
    return this.#touched(sights, locked, read);
  }

  #noteAccess(statement: ParsedStatement): void {
    if (!mayChangeAccess(statement)) return;
    this.#accessChanges++;
    this.#form = "complete";
  }

  /** True for a statement that defines a relation without naming one that existed before. */
  #leavesAll(statement: ParsedStatement): boolean {
    if (this.#hasEventTriggers || !locksOnlyNamed(statement)) return false;
    const names = relationNames(statement);
    for (const { name } of this.#all.values()) if (names.has(name)) return false;
    return ![...this.#awaited].some((awaited) => [...names].some((name) => awaited.has(name)));
  }

  /** The oids of relations that a statement locks, or an earlier one has locked, and whose definition it leaves alone. */
  #keptBy(statement: ParsedStatement): Set<number> {
    const referred = new Set(referredNames(statement));
    const locked: Relation[] = [];
    const named = new Map<string, Relation[]>();
    for (const relation of this.#all.values()) {
      const lock = this.#sights.get(relation.oid)?.lock;
      if (lock !== undefined && lock !== "AccessShare") locked.push(relation);
      const { name } = relation;
      if (this.#lockedNames.has(name) || referred.has(name)) named.set(name, [...(named.get(name) ?? []), relation]);
    }
    // If several schemas have the name, it does not show which one is locked.
    for (const relations of named.values()) if (relations.length === 1) locked.push(...relations);
    const kept = locked.filter(
      (one) => leavesAlone(statement, statement.text, one) || (referred.has(one.name) && !one.isChild),
    );
    return new Set(kept.map(({ oid }) => oid));
  }

  #touched(
    sights: Map<number, Sight>,
    locked: readonly LockedRelation[],
    read: ReadonlyMap<number, Relation>,
  ): Touch[] {
    return locked.flatMap((one) => this.#touch(sights, one, read.get(one.oid)));
  }

  /** Notes the locks that the transaction has taken so far. */
  async noteLocked(session: Session): Promise<void> {
    await this.look(session, { tree: undefined, text: "" });
  }

  /** Reads known relations after a statement outside a transaction. */
  async readAfter(session: Session, statement: ParsedStatement, mayHaveChanged: (relation: Relation) => boolean) {
    this.#noteAccess(statement);
    await this.readAgain(session, mayHaveChanged);
  }

  /** Reads known relations after statements that may change them without a lock that is still held. */
  async readAgain(session: Session, mayHaveChanged: (relation: Relation) => boolean): Promise<Touch[]> {
    const known = [...this.#all.values()].filter(mayHaveChanged);
    const read = await this.#inTurn(readFacts(session, known, this.#form, this.#all));
    const touches: Touch[] = [];
    for (const before of known) {
      const { oid } = before;
      const now = read.get(oid);
      const after = now && isSame(before, now) ? before : now;
      if (after === before) continue;
      if (after) this.#all.set(oid, after);
      else this.#all.delete(oid);
      const held = this.#sights.get(oid)?.lock;
      touches.push({ before, after, lock: held ?? "AccessShare", held, rewritten: false, scanned: false });
    }
    return touches;
  }

  /** @param read its definition, if that was read again */
  #touch(
    sights: Map<number, Sight>,
    { oid, lock, fileNode, scans }: LockedRelation,
    read: Relation | undefined,
  ): Touch[] {
    const before = this.#all.get(oid);
    if (!before) return [];
    const seen = sights.get(oid);
    const counters = seen ?? afterCreate(before);
    const isDropped = fileNode === undefined;
    const after = isDropped ? undefined : read && !isSame(before, read) ? read : before;
    if (after) this.#all.set(oid, after);
    else this.#all.delete(oid);
    sights.set(oid, { fileNode: fileNode ?? 0, scans, lock });
    const isRewritten = !isDropped && counters !== undefined && fileNode !== counters.fileNode;
    const isScanned = !isDropped && scans > (counters?.scans ?? 0);
    const isNews = lock !== seen?.lock || isRewritten || isScanned || after !== before;
    return isNews ? [{ before, after, lock, held: seen?.lock, rewritten: isRewritten, scanned: isScanned }] : [];
  }
}
