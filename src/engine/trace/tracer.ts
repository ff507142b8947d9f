import { kindOf, type Node } from "../../core/parse-tree/node.ts";
import type { Statement } from "../../core/sql/statement.ts";
import {
  changesThings,
  definesRelations,
  leavesAlone,
  makesRelations,
  mayGrantOn,
  mayReachAll,
} from "../../core/trace/names.ts";
import type { NamedThing, Relation, TracedFile, TracedStatement } from "../../core/trace/trace.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { mayRemoveKept, readKept } from "../session/prepared-statements.ts";
import type { StatementLook, StatementWatch } from "../session/statement-watch.ts";
import type { TrialNote } from "../shadow/trial-start.ts";
import { readContents, readThings } from "./contents.ts";
import { misfitsOf } from "./misfits.ts";
import { SeenRelations } from "./seen-relations.ts";
import { nameOfThing } from "./trace-answers.ts";

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
  readonly #relations: SeenRelations;
  #things: readonly NamedThing[] = [];
  #current: CurrentFile | undefined;
  #note: TrialNote | undefined;
  /** The server's messages about statements that rows did not fit, by path and number. */
  readonly #rejections = new Map<string, string>();

  /** @param own the tables of pgstep, "schema.name" without quotes */
  constructor(parse: (text: string) => Promise<Node | undefined>, own: readonly string[]) {
    this.#parse = parse;
    this.#relations = new SeenRelations(own);
  }

  /** @param note about the database before the first file, see `readContents` */
  beginWith(note: TrialNote | undefined): void {
    this.#note = note;
  }

  async began(session: Session, path: string): Promise<void> {
    await ifPossible(async () => {
      // Sent together: each answer that is awaited costs as much as a query.
      const [current] = await Promise.all([this.#enter(session, path), this.#relations.beginTransaction(session)]);
      current.transactions++;
    });
  }

  async beganRepeatable(session: Session, path: string): Promise<void> {
    if (this.#current) await this.finish(session);
    await this.began(session, path);
    // The statements of others in this transaction may hold locks.
    await this.#relations.noteLocked(session);
    if (this.#current) this.#current = { ...this.#current, before: this.#relations.copy() };
  }

  rolledBack(): void {
    this.#forget();
  }

  async sending(session: Session, statement: Statement, isAlone: boolean): Promise<StatementLook> {
    const tree = await this.#parse(statement.text);
    return {
      begin: async () => {
        const isPossible = await ifPossible(() => this.#look(session, statement, tree, isAlone));
        if (!isPossible) this.rejected ??= statement;
      },
      // Then one query answers everything.
      overlaps: definesRelations({ tree }),
    };
  }

  async #look(session: Session, statement: Statement, tree: Node | undefined, isAlone: boolean): Promise<void> {
    const current = this.#current;
    if (!current) return;
    const { text } = statement;
    if (mayRemoveKept(tree)) await readKept(session);
    const touches = await this.#relations.look(session, { tree, text });
    const isRename = kindOf({ tree }) === "RenameStmt" && touches.length === 0;
    if (mayReachAll({ tree }) && touches.length === 0) {
      touches.push(...(await this.#relations.readAgain(session, () => true)));
    }
    current.grants.push((relation) => mayGrantOn({ tree }, text, relation));
    current.hasNewRelations ||= makesRelations({ tree });
    // ALTER TABLE may rename a sequence as well.
    const changes = changesThings({ tree }) || isRename;
    current.hasNewThings ||= changes;
    const lost = changes ? await this.#readThings(session) : [];
    const number = current.statements.length + 1;
    const transaction = current.transactions;
    const rejection = this.#rejections.get(`${current.path}:${number}`);
    const misfits = definesRelations({ tree }) ? [] : await misfitsOf(session, touches, current.before);
    const seen = { statement, number, tree, touches, alone: isAlone, transaction, lost, misfits };
    current.statements.push(rejection === undefined ? seen : { ...seen, rejection });
  }

  async willRunOutside(session: Session, path: string): Promise<void> {
    await this.#enter(session, path);
  }

  async ranOutside(session: Session, path: string, statement: Statement): Promise<void> {
    const { statements } = await this.#enter(session, path);
    const tree = await this.#parse(statement.text);
    if (mayRemoveKept(tree)) await readKept(session);
    const isLeft = (one: Relation) =>
      leavesAlone({ tree }, statement.text, one) && !mayGrantOn({ tree }, statement.text, one);
    await this.#relations.readAgain(session, (one) => !isLeft(one));
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
    this.#relations.restore(this.#current.before);
    this.#things = this.#current.thingsBefore;
    this.#current = undefined;
  }

  /** Ends the current file. The session must not be in a transaction. */
  async finish(session: Session): Promise<void> {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    await Promise.all([
      current.hasNewRelations ? this.#relations.addNew(session) : undefined,
      current.hasNewThings ? this.#readThings(session) : undefined,
      this.#relations.readAgain(session, (relation) => current.grants.some((mayChange) => mayChange(relation))),
    ]);
    const { path, before, thingsBefore, statements } = current;
    const [after, thingsAfter] = [this.#relations.copy(), this.#things];
    this.files.push({ path, before, after, thingsBefore, thingsAfter, statements });
  }

  async #enter(session: Session, path: string): Promise<CurrentFile> {
    if (this.#current?.path === path) return this.#current;
    if (this.#current) await this.finish(session);
    else await this.#readContents(session);
    const before = this.#relations.copy();
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
    const { relations, things } = await readContents(session, this.#relations.newestOid, this.#note);
    this.#note = undefined;
    this.#relations.add(relations);
    this.#things = things;
  }

  /** Reads all things, and returns those whose names are no longer there. */
  async #readThings(session: Session): Promise<NamedThing[]> {
    const before = this.#things;
    this.#things = await readThings(session);
    const names = new Set(this.#things.map(nameOfThing));
    return before.filter((thing) => !names.has(nameOfThing(thing)));
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
