import { kindOf, type Parsed } from "../../core/parse-tree/node.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { type LockMode, mayChange } from "../../core/trace/lock-modes.ts";
import { definesRelations, leavesAlone, locksOnlyNamed, relationNames } from "../../core/trace/names.ts";
import type { Relation, Touch } from "../../core/trace/trace.ts";
import type { Session } from "../../ports/session.ts";
import { runKept } from "../session/prepared-statements.ts";
import { readFacts, readRelations } from "./contents.ts";
import { countersIn, type LockedRelation, lockedIn, relationsIn } from "./trace-answers.ts";
import { afterCreate, CHANGED_QUERY, COUNTERS_QUERY, LOCKED_QUERY } from "./trace-sql.ts";

/** What was last seen of a relation within a transaction. */
interface Sight {
  /** The name of the file that holds its rows. */
  readonly fileNode: number;
  /** How often its rows were read from end to end. */
  readonly scans: number;
  readonly lock: LockMode | undefined;
}

type ParsedStatement = Parsed & Pick<Statement, "text">;

/** The relations that existed before a file of a trial run, as they were last seen, and what its statements do to them. */
export class SeenRelations {
  /** The tables of pgstep itself, which every run locks. */
  readonly #own: ReadonlySet<string>;
  #all = new Map<number, Relation>();
  /** Relations with a higher oid were made by the current file. */
  #newestOid = 0;
  #sights = new Map<number, Sight>();
  #hasEventTriggers = false;

  /** @param own the tables of pgstep, "schema.name" without quotes */
  constructor(own: readonly string[]) {
    this.#own = new Set(own);
  }

  get newestOid(): number {
    return this.#newestOid;
  }

  /** A copy of the present state, by oids. */
  copy(): Map<number, Relation> {
    return new Map(this.#all);
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

  /** Adds those that were made since the last file. */
  async addNew(session: Session): Promise<void> {
    this.add(await readRelations(session, this.#newestOid));
  }

  /** Reads the counters at the begin of a transaction: they survive the one before it for a while. */
  async beginTransaction(session: Session): Promise<void> {
    const [row] = await runKept(session, COUNTERS_QUERY, "");
    const counters = countersIn(row).map(
      ([oid, fileNode, scans]) => [oid, { fileNode, scans, lock: undefined }] as const,
    );
    this.#sights = new Map(counters);
    this.#hasEventTriggers = row?.watched === "true";
  }

  /**
   * What a statement has done to the relations that its transaction has locked. The queries are sent before the first
   * `await`, so that they can follow the statement at once.
   */
  async look(session: Session, statement: ParsedStatement): Promise<Touch[]> {
    this.#hasEventTriggers ||= kindOf(statement) === "CreateEventTrigStmt";
    if (this.#leavesAll(statement)) {
      // It fails if the statement has failed.
      await session.execute("SELECT");
      return [];
    }
    if (definesRelations(statement)) {
      const kept = [...this.#sights].flatMap(([oid, { lock }]) => (this.#isKept(oid, lock, statement) ? [oid] : []));
      const [row] = await runKept(session, CHANGED_QUERY, `(${this.#newestOid}, '{${kept}}')`);
      return this.#touched(lockedIn(row), relationsIn(row, "read"));
    }
    const [row] = await runKept(session, LOCKED_QUERY, `(${this.#newestOid})`);
    const locked = lockedIn(row);
    const changed = locked.filter(({ oid, lock, fileNode }) => {
      const isKept = this.#isKept(oid, this.#sights.get(oid)?.lock, statement);
      return this.#all.has(oid) && fileNode !== undefined && mayChange(lock) && !isKept;
    });
    return this.#touched(locked, await readFacts(session, changed));
  }

  /** True for a statement that defines a relation without naming one that existed before. */
  #leavesAll(statement: ParsedStatement): boolean {
    if (this.#hasEventTriggers || !locksOnlyNamed(statement)) return false;
    const names = relationNames(statement);
    for (const { name } of this.#all.values()) if (names.has(name)) return false;
    return true;
  }

  /** True if the definition of a relation with this lock before the statement is certainly as it was. */
  #isKept(oid: number, before: LockMode | undefined, statement: ParsedStatement): boolean {
    const relation = this.#all.get(oid);
    const isLocked = before !== undefined && before !== "AccessShare";
    return relation !== undefined && isLocked && leavesAlone(statement, statement.text, relation);
  }

  #touched(locked: readonly LockedRelation[], read: ReadonlyMap<number, Relation>): Touch[] {
    return locked.flatMap((one) => this.#touch(one, read.get(one.oid)));
  }

  /** Notes the locks that the transaction has taken so far. */
  async noteLocked(session: Session): Promise<void> {
    await this.look(session, { tree: undefined, text: "" });
  }

  /** Reads known relations after statements that may change them without a lock that is still held. */
  async readAgain(session: Session, mayHaveChanged: (relation: Relation) => boolean): Promise<Touch[]> {
    const known = [...this.#all.values()].filter(mayHaveChanged);
    const read = await readFacts(session, known);
    const touches: Touch[] = [];
    for (const before of known) {
      const { oid } = before;
      const now = read.get(oid);
      const after = now && unlessEqual(before, now);
      if (after === before) continue;
      if (after) this.#all.set(oid, after);
      else this.#all.delete(oid);
      const held = this.#sights.get(oid)?.lock;
      touches.push({ before, after, lock: held ?? "AccessShare", held, rewritten: false, scanned: false });
    }
    return touches;
  }

  /** @param read its definition, if that was read again */
  #touch({ oid, lock, fileNode, scans }: LockedRelation, read: Relation | undefined): Touch[] {
    const before = this.#all.get(oid);
    if (!before) return [];
    const seen = this.#sights.get(oid);
    const counters = seen ?? afterCreate(before);
    const isDropped = fileNode === undefined;
    const after = isDropped ? undefined : read ? unlessEqual(before, read) : before;
    if (after) this.#all.set(oid, after);
    else this.#all.delete(oid);
    this.#sights.set(oid, { fileNode: fileNode ?? 0, scans, lock });
    const isRewritten = !isDropped && counters !== undefined && fileNode !== counters.fileNode;
    const isScanned = !isDropped && scans > (counters?.scans ?? 0);
    const isNews = lock !== seen?.lock || isRewritten || isScanned || after !== before;
    return isNews ? [{ before, after, lock, held: seen?.lock, rewritten: isRewritten, scanned: isScanned }] : [];
  }
}

function unlessEqual(known: Relation, read: Relation): Relation {
  return JSON.stringify(known) === JSON.stringify(read) ? known : read;
}
