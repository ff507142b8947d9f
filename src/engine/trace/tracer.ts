import { kindOf, type Node, type Parsed } from "../../core/parse-tree/node.ts";
import type { Statement } from "../../core/sql/statement.ts";
import {
  changesRowsOnly,
  changesThings,
  definesRelations,
  functionNames,
  leavesAlone,
  mayGrantOn,
  mayReachAll,
  replacedTriggerFunction,
} from "../../core/trace/names.ts";
import type { NamedThing, Relation, TracedFile } from "../../core/trace/trace.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { deallocateOthers, mayRemoveKept, readKept } from "../session/prepared-statements.ts";
import type { BeginLook, StatementLook, StatementWatch } from "../session/statement-watch.ts";
import type { TrialNote } from "../shadow/trial-start.ts";
import { readContents, readSources, readThings, readTriggers } from "./contents.ts";
import { misfitsOf } from "./misfits.ts";
import { RunningFile } from "./running-file.ts";
import { SeenRelations } from "./seen-relations.ts";
import { nameOfThing } from "./trace-answers.ts";

/** A statement that was sent. */
interface Sent {
  readonly statement: Statement;
  readonly tree: Node | undefined;
  readonly isAlone: boolean;
  /** True if it changes rows and no definition. */
  readonly isOfRows: boolean;
  /** The look at the statement before it. */
  readonly earlier: Promise<void> | undefined;
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
  readonly #ran: ((file: TracedFile) => void) | undefined;
  readonly #relations: SeenRelations;
  #things: readonly NamedThing[] = [];
  #current: RunningFile | undefined;
  #note: TrialNote | undefined;
  /** The server's messages about statements that rows did not fit, by path and number. */
  readonly #rejections = new Map<string, string>();

  /**
   * @param own the tables of pgstep, "schema.name" without quotes
   * @param ran called with each file when it is added to `files`
   */
  constructor(
    parse: (text: string) => Promise<Node | undefined>,
    own: readonly string[],
    ran?: (file: TracedFile) => void,
  ) {
    this.#parse = parse;
    this.#ran = ran;
    this.#relations = new SeenRelations(own);
  }

  /** @param note about the database before the first file, see `readContents` */
  beginWith(note: TrialNote | undefined): void {
    this.#note = note;
  }

  began(session: Session, path: string): BeginLook {
    const copy = () => this.#relations.beginTransaction(session);
    const known = this.#current?.path === path ? this.#current : undefined;
    const file = known ?? this.#enter(path);
    file.transactions++;
    if (known) return { ended: ifPossible(copy).then(() => {}), overlaps: true };
    return { ended: this.#begin(session, file, copy), overlaps: !file.mustBegin };
  }

  async beganRepeatable(session: Session, path: string): Promise<void> {
    if (this.#current) await this.finish(session);
    await this.began(session, path).ended;
    // The statements of others in this transaction may hold locks.
    await this.#relations.noteLocked(session);
    if (this.#current) this.#current.before = this.#relations.copy();
  }

  rolledBack(): void {
    this.#forget();
  }

  async sending(session: Session, statement: Statement, isAlone: boolean): Promise<StatementLook> {
    const file = this.#current;
    const tree = await this.#parse(statement.text);
    file?.note(tree, statement);
    const isOfRows = !!file && this.#isOfRows(file, tree);
    return {
      begin: async () => {
        if (!file) return;
        const earlier = file.looks.at(-1);
        const look = ifPossible(() => this.#look(session, file, { statement, tree, isAlone, isOfRows, earlier }));
        file.looks.push(
          look.then(
            () => {},
            () => {},
          ),
        );
        if (!(await look) && (await file.begun)) this.rejected ??= statement;
      },
      // Then one query answers everything.
      overlaps: isOfRows || definesRelations({ tree }),
    };
  }

  #isOfRows(file: RunningFile, tree: Node | undefined): boolean {
    const isOwn = (name: string) => file.mayHaveUnknownThings || this.#things.some((thing) => thing.name === name);
    return changesRowsOnly({ tree }, isOwn);
  }

  async #look(session: Session, file: RunningFile, sent: Sent): Promise<void> {
    const { statement, tree, isAlone, isOfRows, earlier } = sent;
    const { text } = statement;
    const { transactions: transaction } = file;
    if (mayRemoveKept(tree)) await readKept(session);
    const touches = await this.#relations.look(session, { tree, text }, isOfRows);
    // All answers may have come together: what follows needs the results of those before this one.
    await Promise.all([file.begun, earlier]);
    const isRename = kindOf({ tree }) === "RenameStmt" && touches.length === 0;
    if (mayReachAll({ tree }) && touches.length === 0) {
      touches.push(...(await this.#relations.readAgain(session, () => true)));
    }
    // ALTER TABLE may rename a sequence as well.
    file.hasNewThings ||= isRename;
    const lost = isRename || changesThings({ tree }) ? await this.#readThings(session) : [];
    const number = file.statements.length + 1;
    const rejection = this.#rejections.get(`${file.path}:${number}`);
    const misfits = isOfRows || definesRelations({ tree }) ? [] : await misfitsOf(session, touches, file.before);
    const sources = await this.#readSources(session, { tree }, text);
    const replaced = replacedTriggerFunction({ tree });
    const triggers = replaced === undefined ? undefined : await readTriggers(session, replaced);
    const seen = {
      ...{ statement, number, tree, touches, alone: isAlone, transaction, lost, misfits },
      ...(sources.size > 0 && { sources }),
      ...(triggers && { triggers }),
    };
    file.statements.push(rejection === undefined ? seen : { ...seen, rejection });
  }

  async willRunOutside(session: Session, path: string): Promise<void> {
    if (this.#current?.path === path) return;
    await this.#begin(session, this.#enter(path), () => this.#relations.copyInTurn());
  }

  async ranOutside(session: Session, path: string, statement: Statement): Promise<void> {
    await this.willRunOutside(session, path);
    const file = this.#current;
    if (!file) return;
    const tree = await this.#parse(statement.text);
    file.note(tree, statement);
    if (mayRemoveKept(tree)) await readKept(session);
    const mayGrant = mayGrantOn({ tree }, statement.text);
    await this.#relations.readAfter(
      session,
      { tree, text: statement.text },
      (one) => !leavesAlone({ tree }, statement.text, one) || !!mayGrant?.(one),
    );
    const number = file.statements.length + 1;
    file.statements.push({ statement, number, tree, touches: [], alone: true, transaction: 0, lost: [] });
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

  #enter(path: string): RunningFile {
    const file = new RunningFile(path, this.#current);
    this.#current = file;
    return file;
  }

  /**
   * Ends the file before this one, and notes what is there before this one. If the server refuses that, the file before
   * it stays the current one.
   * @param copy resolves in turn to the relations at that moment
   */
  async #begin(session: Session, file: RunningFile, copy: () => Promise<ReadonlyMap<number, Relation>>): Promise<void> {
    const { previous } = file;
    const begin = ifPossible(async () => {
      if (!previous) await this.#readContents(session);
      if (!previous || previous.hasChangedSession) await deallocateOthers(session);
      // Asked together: each answer that is awaited costs as much as a query.
      const asked = previous && this.#ask(session, previous);
      const [before] = await Promise.all([copy(), asked]);
      if (previous) this.#add(previous, before);
      file.begin(before, this.#things);
    });
    file.begun = begin.catch(() => false);
    if (await begin) return;
    while (this.#current && !this.#current.hasBegun) this.#current = this.#current.previous;
  }

  /** Ends the current file. The session must not be in a transaction. */
  async finish(session: Session): Promise<void> {
    const file = this.#current;
    if (!file) return;
    this.#current = undefined;
    await this.#ask(session, file);
    this.#add(file, this.#relations.copy());
  }

  /** Asks what a file has left. */
  async #ask(session: Session, file: RunningFile): Promise<void> {
    await Promise.all([
      file.newNames && this.#relations.addNew(session, file.newNames),
      file.hasNewThings ? this.#readThings(session) : undefined,
      file.grants.length > 0 ? this.#relations.readAgain(session, (one) => file.mayHaveGrantedOn(one)) : undefined,
      ...file.looks,
    ]);
  }

  #add({ path, before, thingsBefore, statements }: RunningFile, after: ReadonlyMap<number, Relation>): void {
    const file = { path, before, after, thingsBefore, thingsAfter: this.#things, statements };
    this.files.push(file);
    this.#ran?.(file);
  }

  async #readContents(session: Session): Promise<void> {
    const { relations, things } = await readContents(session, this.#relations.newestOid, this.#note);
    this.#note = undefined;
    this.#relations.add(relations);
    this.#things = things;
  }

  async #readSources(session: Session, statement: Parsed, text: string): Promise<ReadonlyMap<string, string>> {
    const isOwn = (name: string) => this.#things.some((thing) => thing.name === name);
    // Clients do not call trigger functions.
    const isTrigger = kindOf(statement) === "CreateTrigStmt";
    const names = functionNames(statement, text).filter((name) => isTrigger || isOwn(name));
    return await readSources(session, names, isOwn);
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
async function ifPossible(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (error instanceof ServerFailure && error.server.code === IN_FAILED_TRANSACTION) return false;
    throw error;
  }
}
