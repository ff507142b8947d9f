import type { Statement } from "../sql/statement.ts";
import type { StatementKind } from "../statements/classify.ts";
import { mayLiftReadOnly } from "../statements/read-only-guard.ts";
import {
  type Block,
  blocksOf,
  type Control,
  type IsolationLevel,
  isolationOf,
  isolationSetBy,
  SAVEPOINTS,
} from "../statements/transaction-blocks.ts";
import type { Position } from "../text/position.ts";

/** The transactions that a file runs in. */
export interface TransactionLayout {
  /** All in one transaction with its history row, or statement by statement. */
  readonly mode: "transaction" | "statements";
  /** The file's own transactions; empty when one spans the whole file, since pgstep's transaction then replaces it. */
  readonly blocks: readonly Block[];
  /** The same for a file that runs statement by statement only because an earlier run started it that way. */
  readonly blocksWhenResumed: readonly Block[];
  /** The 0-based indexes of BEGIN, COMMIT and SET TRANSACTION statements that pgstep replaces with its own. */
  readonly skippedStatements: ReadonlySet<number>;
  /** The level that the wrapping BEGIN asks for. */
  readonly isolation: IsolationLevel;
}

/** A SET TRANSACTION that comes first in a transaction; after pgstep's own first query it would come too late. */
interface Modes {
  readonly index: number;
  readonly isolation: IsolationLevel;
}

/** Collects how to run a file from its statements. Does not keep the statements: a file may have millions. */
export class StatementNotes {
  count = 0;
  /** The first statement that cannot run in a transaction, in PostgreSQL's words. */
  because: string | undefined;
  relationsCreated = 0;
  liftsReadOnly = false;
  readonly controls: Control[] = [];
  /** The controls without those around the content of large objects. */
  readonly outerControls: Control[] = [];
  readonly largeObjectControls: Control[] = [];
  /** The first SET TRANSACTION with nothing but controls before it. */
  leadingModes: Modes | undefined;
  /** The SET TRANSACTION statements right after a BEGIN. */
  readonly #blockModes: Modes[] = [];
  /** Indexes of statements that cannot run in a transaction. */
  readonly #outside: number[] = [];
  readonly settings: { readonly index: number; readonly position: Position }[] = [];
  /** Since the last BEGIN there was nothing but calls that write large objects. */
  #isInLargeObjects = false;

  add(statement: Statement, kind: StatementKind): void {
    const index = this.count++;
    this.#addModes(statement, index);
    if (kind.transaction) this.#addControl({ kind, statement, index });
    else this.#isInLargeObjects &&= LARGE_OBJECT_CALL.test(statement.text);
    this.because ??= kind.outsideTransaction;
    if (kind.outsideTransaction) this.#outside.push(index);
    if (CREATES_RELATION.test(statement.text)) this.relationsCreated++;
    this.liftsReadOnly ||= !kind.transaction && mayLiftReadOnly(statement);
    if (changesSession(kind, statement.text)) this.settings.push({ index, position: statement.position });
  }

  #addModes(statement: Statement, index: number): void {
    const isLeading = !this.leadingModes && index === this.outerControls.length;
    const last = this.controls.at(-1);
    const isInBlock = last?.index === index - 1 && last.kind.transaction === "begin";
    const isolation = isLeading || isInBlock ? isolationSetBy(statement) : undefined;
    if (!isolation) return;
    if (isLeading) this.leadingModes = { index, isolation };
    if (isInBlock) this.#blockModes.push({ index, isolation });
  }

  #addControl(control: Control): void {
    const { kind } = control;
    this.controls.push(control);
    const begin = this.#isInLargeObjects && isPlain(kind, "commit") ? this.outerControls.pop() : undefined;
    if (begin) this.largeObjectControls.push(begin, control);
    else this.outerControls.push(control);
    this.#isInLargeObjects = isPlain(kind, "begin");
  }

  /** The file's own transactions; undefined if they cannot run as written. */
  ownBlocks(): BlockWithModes[] | undefined {
    const blocks = this.blocksWithModes(this.controls);
    return blocks?.some((block) => this.#outside.some((index) => isIn(block, index))) ? undefined : blocks;
  }

  /** The transactions of these controls, each with the isolation level that its first statement asks for. */
  blocksWithModes(controls: readonly Control[]): BlockWithModes[] | undefined {
    return blocksOf(controls)?.map((block) => {
      const modes = this.#blockModes.find(({ index }) => index === block.begin + 1);
      return modes ? { ...block, isolation: modes.isolation, modes: modes.index } : block;
    });
  }
}

type BlockWithModes = Block & { readonly modes?: number };

/**
 * The transactions of a file, and the control statements that do not fit into them.
 * @param isAlone each statement runs on its own, except in the file's own transactions
 */
export function layoutOf(
  notes: StatementNotes,
  isAlone: boolean,
): TransactionLayout & { readonly misplaced: readonly Control[] } {
  const { controls, outerControls, leadingModes, count } = notes;
  const wrapper = wrapperOf(outerControls, count);
  const isDivided = !wrapper && outerControls.some(isBoundary);
  const blocks = isAlone || isDivided ? notes.ownBlocks() : undefined;
  if (isAlone || blocks) {
    return {
      mode: "statements",
      blocks: blocks ?? [],
      blocksWhenResumed: blocks ?? [],
      skippedStatements: new Set(blocks?.flatMap(({ begin, commit, modes = begin }) => [begin, commit, modes])),
      isolation: wrapper ?? "READ COMMITTED",
      misplaced: blocks ? [] : controls,
    };
  }
  return {
    mode: "transaction",
    blocks: [],
    blocksWhenResumed: notes.blocksWithModes(wrapper ? outerControls : controls) ?? [],
    skippedStatements: new Set([
      ...notes.largeObjectControls.map(({ index }) => index),
      ...(wrapper ? [0, count - 1] : []),
      ...(leadingModes ? [leadingModes.index] : []),
    ]),
    isolation: leadingModes?.isolation ?? wrapper ?? "READ COMMITTED",
    misplaced: wrapper ? [] : outerControls,
  };
}

/** The isolation level of a BEGIN ... COMMIT around the whole file; undefined when there is none, or more than that. */
function wrapperOf(controls: readonly Control[], statements: number): IsolationLevel | undefined {
  const ending = controls.filter(isBoundary);
  const [begin, commit] = ending;
  if (ending.length !== 2 || !begin || !commit) return undefined;
  if (begin.kind.transaction !== "begin" || begin.index !== 0) return undefined;
  if (commit.kind.transaction !== "commit" || commit.index !== statements - 1 || commit.kind.chain) return undefined;
  return isolationOf(begin.kind);
}

/** True if it begins or ends a transaction; false for savepoints. */
export function isBoundary({ kind }: Control): boolean {
  return !SAVEPOINTS.has(kind.transaction ?? "");
}

/** True if the statement of that index is inside the block. */
export function isIn({ begin, commit }: Pick<Block, "begin" | "commit">, index: number): boolean {
  return begin < index && index < commit;
}

const CREATES_RELATION =
  /^CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+|UNIQUE\s+|MATERIALIZED\s+)?(?:TABLE|INDEX|VIEW|SEQUENCE)\b/i;

function changesSession({ setting }: StatementKind, text: string): boolean {
  if (setting) return !setting.local;
  return /^(?:SET\s+(?!LOCAL\b|CONSTRAINTS\b|TRANSACTION\b)|RESET\b|CREATE\s+(?:(?:LOCAL|GLOBAL)\s+)?TEMP)/i.test(text);
}

/**
 * Calls that pg_dump wraps in a BEGIN and a COMMIT of their own, since a large object is open only until its
 * transaction ends. One transaction around the whole file does as well.
 */
const LARGE_OBJECT_CALL = /^SELECT\s+pg_catalog\.(?:lo_open|lowrite|lo_close)\(/;

function isPlain(kind: StatementKind, transaction: "begin" | "commit"): boolean {
  return kind.transaction === transaction && kind.modes === undefined && !kind.chain;
}
