import { bodyOf, kindOf, type Node, textAt } from "../../core/parse-tree/node.ts";
import type { Statement } from "../../core/sql/statement.ts";
import { type LockMode, mayChange } from "../../core/trace/lock-modes.ts";
import { changesThings, leavesAlone, makesRelations, mayGrantOn } from "../../core/trace/names.ts";
import type { NamedThing, Relation, Touch, TracedFile, TracedStatement } from "../../core/trace/trace.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { jsonAnswer } from "../session/json-answer.ts";
import { noteRemoval, runKept } from "../session/prepared-statements.ts";
import type { StatementWatch } from "../session/statement-watch.ts";
import type { TrialNote } from "../shadow/trial-start.ts";
import { readContents, readFacts, readRelations, readThings } from "./contents.ts";
import { misfitsOf } from "./misfits.ts";
import {
  afterCreate,
  COUNTERS,
  COUNTERS_QUERY,
  LOCKED_QUERY,
  type LockedRelation,
  lockedIn,
  nameOfThing,
} from "./trace-sql.ts";

/** What was last seen of a relation within a transaction. */
interface Sight {
  /** The name of the file that holds its rows. */
  readonly fileNode: number;
  /** How often its rows were read from end to end. */
  readonly scans: number;
  readonly lock: LockMode | undefined;
}

interface CurrentFile {
  readonly path: string;
  readonly before: ReadonlyMap<number, Relation>;
  readonly thingsBefore: readonly NamedThing[];
  readonly statements: TracedStatement[];
  transactions: number;
  /** The statements may have made relations; they may have made, renamed or dropped things. */
  hasNewRelations: boolean;
  hasNewThings: boolean;
  /** For each statement, true for a relation on which it may have granted or revoked privileges. */
  readonly grants: ((relation: Relation) => boolean)[];
}

/**
 * Records what each statement of a trial run does to the relations that existed before its file: the locks that the
 * transaction holds, rows rewritten, rows read from end to end, changed columns. It asks the server after each
 * statement, inside the transaction, where locks are still held and the counters of this transaction are not yet sent
 * to the statistics. The counters survive a transaction for a while, so each transaction begins by reading them.
 */
export class Tracer implements StatementWatch {
  readonly files: TracedFile[] = [];
  /** The statement after which its transaction was no longer usable: the server has rejected it. */
  rejected: Statement | undefined;
  readonly #parse: (text: string) => Promise<Node | undefined>;
  /** The tables of pgstep itself, which every run locks. */
  readonly #own: ReadonlySet<string>;
  #relations = new Map<number, Relation>();
  /** Relations with a higher oid were made by the current file. */
  #newestOid = 0;
  #things: readonly NamedThing[] = [];
  #current: CurrentFile | undefined;
  #note: TrialNote | undefined;
  /** The server's messages about statements that rows did not fit, by path and number. */
  readonly #rejections = new Map<string, string>();
  #seen = new Map<number, Sight>();

  /** @param own the tables of pgstep, "schema.name" without quotes */
  constructor(parse: (text: string) => Promise<Node | undefined>, own: readonly string[]) {
    this.#parse = parse;
    this.#own = new Set(own);
  }

  /** @param note about the database before the first file, see `readContents` */
  beginWith(note: TrialNote | undefined): void {
    this.#note = note;
  }

  async began(session: Session, path: string): Promise<void> {
    await ifPossible(async () => {
      const current = await this.#enter(session, path);
      current.transactions++;
      this.#seen = new Map();
      const [row] = await runKept(session, COUNTERS_QUERY, `(${this.#newestOid})`);
      for (const [oid, fileNode, scans] of jsonAnswer<[number, number, number][]>(row?.seen, COUNTERS)) {
        this.#seen.set(oid, { fileNode, scans, lock: undefined });
      }
    });
  }

  async beganRepeatable(session: Session, path: string): Promise<void> {
    if (this.#current) await this.finish(session);
    await this.began(session, path);
    // The statements of others in this transaction may hold locks.
    await this.#lookAtLocked(session, () => false);
    if (this.#current) this.#current = { ...this.#current, before: new Map(this.#relations) };
  }

  rolledBack(): void {
    this.#forget();
  }

  async ran(session: Session, statement: Statement, isAlone: boolean): Promise<void> {
    const isPossible = await ifPossible(async () => {
      const current = this.#current;
      if (!current) return;
      const tree = await this.#parse(statement.text);
      await noteRemoval(session, tree);
      const keeps = (relation: Relation) => leavesAlone({ tree }, statement.text, relation);
      const touches = await this.#lookAtLocked(session, keeps);
      const isRename = kindOf({ tree }) === "RenameStmt" && touches.length === 0;
      if (isRename && textAt(bodyOf({ tree }), "renameType") === "OBJECT_SCHEMA") {
        touches.push(...(await this.#readAgain(session, () => true)));
      }
      current.grants.push((relation) => mayGrantOn({ tree }, statement.text, relation));
      current.hasNewRelations ||= makesRelations({ tree });
      // ALTER TABLE may rename a sequence as well.
      const changes = changesThings({ tree }) || isRename;
      current.hasNewThings ||= changes;
      const lost = changes ? await this.#readThings(session) : [];
      const number = current.statements.length + 1;
      const transaction = current.transactions;
      const rejection = this.#rejections.get(`${current.path}:${number}`);
      const misfits = await misfitsOf(session, touches, current.before);
      const seen = { statement, number, tree, touches, alone: isAlone, transaction, lost, misfits };
      current.statements.push(rejection === undefined ? seen : { ...seen, rejection });
    });
    if (!isPossible) this.rejected ??= statement;
  }

  async willRunOutside(session: Session, path: string): Promise<void> {
    await this.#enter(session, path);
  }

  async ranOutside(session: Session, path: string, statement: Statement): Promise<void> {
    const { statements } = await this.#enter(session, path);
    const tree = await this.#parse(statement.text);
    await noteRemoval(session, tree);
    const isLeft = (one: Relation) =>
      leavesAlone({ tree }, statement.text, one) && !mayGrantOn({ tree }, statement.text, one);
    await this.#readAgain(session, (one) => !isLeft(one));
    const number = statements.length + 1;
    statements.push({ statement, number, tree, touches: [], alone: true, transaction: 0, lost: [] });
  }

  /**
   * Forgets the current file after a statement was rejected, so that the file can run again.
   * @param message the server's, to be remembered for that statement
   * @returns false if a part of the file may have been committed
   */
  abandon(message?: string): boolean {
    const current = this.#current;
    if (!current) return true;
    if (!this.rejected || current.transactions > 1) return false;
    if (current.statements.some(({ transaction }) => transaction === 0)) return false;
    if (message !== undefined) this.#rejections.set(`${current.path}:${current.statements.length + 1}`, message);
    this.#forget();
    this.rejected = undefined;
    return true;
  }

  #forget(): void {
    if (!this.#current) return;
    this.#relations = new Map(this.#current.before);
    this.#things = this.#current.thingsBefore;
    this.#current = undefined;
  }

  /** Ends the current file. The session must not be in a transaction. */
  async finish(session: Session): Promise<void> {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    if (current.hasNewRelations) await this.#readNew(session);
    if (current.hasNewThings) await this.#readThings(session);
    await this.#readAgain(session, (relation) => current.grants.some((mayChange) => mayChange(relation)));
    const { path, before, thingsBefore, statements } = current;
    const [after, thingsAfter] = [new Map(this.#relations), this.#things];
    this.files.push({ path, before, after, thingsBefore, thingsAfter, statements });
  }

  async #enter(session: Session, path: string): Promise<CurrentFile> {
    if (this.#current?.path === path) return this.#current;
    if (this.#current) await this.finish(session);
    else await this.#readContents(session);
    const before = new Map(this.#relations);
    this.#current = {
      path,
      before,
      thingsBefore: this.#things,
      statements: [],
      transactions: 0,
      hasNewRelations: false,
      hasNewThings: false,
      grants: [],
    };
    return this.#current;
  }

  async #readContents(session: Session): Promise<void> {
    const { relations, things } = await readContents(session, this.#newestOid, this.#note);
    this.#note = undefined;
    this.#addNew(relations);
    this.#things = things;
  }

  /** Reads the relations that were made since the last file. */
  async #readNew(session: Session): Promise<void> {
    this.#addNew(await readRelations(session, this.#newestOid));
  }

  #addNew(relations: ReadonlyMap<number, Relation>): void {
    for (const relation of relations.values()) {
      this.#newestOid = Math.max(this.#newestOid, relation.oid);
      if (!this.#own.has(`${relation.schema}.${relation.name}`)) this.#relations.set(relation.oid, relation);
    }
  }

  /**
   * Changes of the relations that the transaction has locked, since it was last asked.
   * @param keeps true for a relation whose definition the statement cannot have changed
   */
  async #lookAtLocked(session: Session, keeps: (relation: Relation) => boolean): Promise<Touch[]> {
    const [row] = await runKept(session, LOCKED_QUERY, `(${this.#newestOid})`);
    const locked = lockedIn(row);
    const mayHaveChanged = locked.filter(({ oid, lock, fileNode }) => {
      const [relation, before] = [this.#relations.get(oid), this.#seen.get(oid)?.lock ?? "AccessShare"];
      const isKept = relation && before !== "AccessShare" && keeps(relation);
      return relation && fileNode !== undefined && mayChange(lock) && !isKept;
    });
    const read = await readFacts(session, mayHaveChanged);
    return locked.flatMap((one) => this.#touch(one, read.get(one.oid)));
  }

  /** Reads all things, and returns those whose names are no longer there. */
  async #readThings(session: Session): Promise<NamedThing[]> {
    const before = this.#things;
    this.#things = await readThings(session);
    const names = new Set(this.#things.map(nameOfThing));
    return before.filter((thing) => !names.has(nameOfThing(thing)));
  }

  /** Reads known relations after statements that may change them without a lock that is still held. */
  async #readAgain(session: Session, mayHaveChanged: (relation: Relation) => boolean): Promise<Touch[]> {
    const known = [...this.#relations.values()].filter(mayHaveChanged);
    const read = await readFacts(session, known);
    const touches: Touch[] = [];
    for (const before of known) {
      const { oid } = before;
      const now = read.get(oid);
      const after = now && unlessEqual(before, now);
      if (after === before) continue;
      if (after) this.#relations.set(oid, after);
      else this.#relations.delete(oid);
      const held = this.#seen.get(oid)?.lock;
      touches.push({ before, after, lock: held ?? "AccessShare", held, rewritten: false, scanned: false });
    }
    return touches;
  }

  /** @param read its definition, if that was read again */
  #touch({ oid, lock, fileNode, scans }: LockedRelation, read: Relation | undefined): Touch[] {
    const before = this.#relations.get(oid);
    if (!before) return [];
    const seen = this.#seen.get(oid);
    const counters = seen ?? afterCreate(before);
    const isDropped = fileNode === undefined;
    const after = isDropped ? undefined : read ? unlessEqual(before, read) : before;
    if (after) this.#relations.set(oid, after);
    else this.#relations.delete(oid);
    this.#seen.set(oid, { fileNode: fileNode ?? 0, scans, lock });
    const isRewritten = !isDropped && counters !== undefined && fileNode !== counters.fileNode;
    const isScanned = !isDropped && scans > (counters?.scans ?? 0);
    const isNews = lock !== seen?.lock || isRewritten || isScanned || after !== before;
    return isNews ? [{ before, after, lock, held: seen?.lock, rewritten: isRewritten, scanned: isScanned }] : [];
  }
}

/** The SQLSTATE of everything in a transaction after a failed statement. */
const IN_FAILED_TRANSACTION = "25P02";

/** False after a statement that failed: its transaction reads nothing any more. The run itself reports the failure. */
async function ifPossible(read: () => Promise<void>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (error instanceof ServerFailure && error.server.code === IN_FAILED_TRANSACTION) return false;
    throw error;
  }
}

function unlessEqual(known: Relation, read: Relation): Relation {
  return JSON.stringify(known) === JSON.stringify(read) ? known : read;
}
