import { type Finding, finding } from "../failure/failure.ts";
import type { RuleOf } from "../failure/rules.ts";
import { psqlSubstitute } from "../sql/psql-command.ts";
import type { CopyBytes, Piece, PsqlLine, Statement } from "../sql/statement.ts";
import { classify, type StatementKind } from "../statements/classify.ts";
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
import type { Header } from "./header.ts";

/** How a file will be run, as its statements tell. */
export interface Inspection {
  /** Statements to run, those that are passed over not counted. */
  readonly statements: number;
  /** All in one transaction with its history row, or statement by statement. */
  readonly mode: "transaction" | "statements";
  /** The first statement that cannot run in a transaction, in PostgreSQL's words; undefined when there is none. */
  readonly because: string | undefined;
  /** Transactions of its own; empty when one takes in all of it, which pgstep's own then takes the place of. */
  readonly blocks: readonly Block[];
  /** The same for a file that runs statement by statement only because an earlier run has begun it so. */
  readonly blocksWhenResumed: readonly Block[];
  /** Which of its statements, 0-based, are a BEGIN or COMMIT that pgstep's own takes the place of. */
  readonly passedOver: ReadonlySet<number>;
  /** Statements that create a table, an index, a view or a sequence: each holds at least one lock until the commit. */
  readonly relationsCreated: number;
  /** The first statement that changes the session for those behind it: a setting, the role, a temporary table. */
  readonly sessionChange: Position | undefined;
  /** Whether a statement may lift the guard against writes outside a transaction, should its BEGIN be refused. */
  readonly liftsReadOnly: boolean;
  /** What the wrapping BEGIN asks for. */
  readonly isolation: IsolationLevel;
  readonly findings: readonly Finding[];
}

/**
 * Reads a file's statements and says how to run them and what is wrong with them. Sends nothing.
 * @param path as findings should name it
 * @param database the one it is for, where that is known: a \connect to it says nothing new
 */
export function inspect(
  path: string,
  header: Header,
  pieces: Iterable<Piece | CopyBytes>,
  database?: string,
): Inspection {
  const findings: Finding[] = [];
  const report: ReportFinding = (rule, position, message, hint) =>
    findings.push(finding(rule, { message, hint, place: { path, ...position } }));
  const controls: Control[] = [];
  const groups: Control[] = [];
  let largeObjects = false;
  let statements = 0;
  let because: string | undefined;
  let relationsCreated = 0;
  let sessionChange: Position | undefined;
  let liftsReadOnly = false;
  let leading: Leading | undefined;
  const all: Control[] = [];
  const leadingInBlock: Leading[] = [];
  const outside: number[] = [];
  const settings: number[] = [];
  for (const piece of pieces) {
    if (piece.kind === "fault") report(piece.rule, piece.position, piece.message, piece.hint);
    if (piece.kind === "psql" && !isHarmless(piece, database)) refusePsqlLine(piece, report);
    if (piece.kind !== "statement") continue;
    const kind = classify(piece);
    if (statements === controls.length && !leading) leading = leadingModes(piece, statements);
    const modes = isBegin(all.at(-1), statements - 1) ? leadingModes(piece, statements) : undefined;
    if (modes) leadingInBlock.push(modes);
    if (kind.transaction) {
      const control = { kind, statement: piece, index: statements };
      all.push(control);
      const begin = largeObjects && isPlain(kind, "commit") ? controls.pop() : undefined;
      if (begin) groups.push(begin, control);
      else controls.push(control);
      largeObjects = isPlain(kind, "begin");
    } else largeObjects &&= LARGE_OBJECT_CALL.test(piece.text);
    because ??= kind.outsideTransaction;
    if (kind.outsideTransaction) outside.push(statements);
    refuseHarmful(kind, piece.position, report);
    if (CREATES_RELATION.test(piece.text)) relationsCreated++;
    liftsReadOnly ||= !kind.transaction && mayLiftReadOnly(piece);
    if (changesSession(kind, piece.text)) {
      sessionChange ??= piece.position;
      settings.push(statements);
    }
    statements++;
  }
  const wrapper = wrapperOf(controls, statements);
  const isAlone = because !== undefined || header.transaction === "none";
  const isDivided = !wrapper && controls.some(({ kind }) => !SAVEPOINTS.has(kind.transaction ?? ""));
  const found = isAlone || isDivided ? blocksOf(all) : undefined;
  const blocks = found?.some((block) => outside.some((index) => isIn(block, index))) ? undefined : found;
  const mode = isAlone || blocks ? "statements" : "transaction";
  if (mode === "statements" && !blocks) for (const control of all) refuseControl(control, because, mode, report);
  if (mode === "transaction" && !wrapper) for (const control of controls) refuseControl(control, because, mode, report);
  const ownBlocks = mode === "statements" ? (blocks ?? []).map((block) => withModes(block, leadingInBlock)) : [];
  for (const block of ownBlocks) refuseSettingTakenBack(block, all, settings, report);
  const blocksWhenResumed = mode === "statements" ? ownBlocks : (blocksOf(wrapper ? controls : all) ?? []);
  const passedOver = new Set(mode === "transaction" ? groups.map(({ index }) => index) : []);
  if (mode === "transaction" && wrapper) passedOver.add(0).add(statements - 1);
  const taken = mode === "transaction" ? leading : undefined;
  if (taken) passedOver.add(taken.index);
  for (const { begin, commit, modes } of ownBlocks) {
    passedOver.add(begin).add(commit);
    if (modes !== undefined) passedOver.add(modes);
  }
  // Of a file without any, its emptiness tells.
  if (statements > 0 && statements === passedOver.size && findings.length === 0) {
    findings.push({
      rule: "empty",
      severity: "warning",
      message: "the file has no statements",
      place: { path },
    });
  }
  return {
    statements: statements - passedOver.size,
    mode,
    because,
    blocks: ownBlocks,
    blocksWhenResumed: blocksWhenResumed.map((block) => withModes(block, leadingInBlock)),
    passedOver,
    relationsCreated,
    sessionChange,
    liftsReadOnly,
    isolation: taken?.isolation ?? wrapper ?? "READ COMMITTED",
    findings,
  };
}

const CREATES_RELATION =
  /^CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+|UNIQUE\s+|MATERIALIZED\s+)?(?:TABLE|INDEX|VIEW|SEQUENCE)\b/i;

function changesSession({ setting }: StatementKind, text: string): boolean {
  if (setting) return !setting.local;
  return /^(?:SET\s+(?!LOCAL\b|CONSTRAINTS\b|TRANSACTION\b)|RESET\b|CREATE\s+(?:(?:LOCAL|GLOBAL)\s+)?TEMP)/i.test(text);
}

/**
 * What pg_dump writes between a BEGIN and a COMMIT of its own, since a large object is open only until its transaction
 * ends. The transaction around all of the file does as well.
 */
const LARGE_OBJECT_CALL = /^SELECT\s+pg_catalog\.(?:lo_open|lowrite|lo_close)\(/;

function isPlain(kind: StatementKind, transaction: "begin" | "commit"): boolean {
  return kind.transaction === transaction && kind.modes === undefined && !kind.chain;
}

type ReportFinding = (rule: RuleOf<"error">, position: Position, message: string, hint: string) => void;

/** The isolation level of a BEGIN ... COMMIT around the whole file; undefined when there is none, or more than that. */
function wrapperOf(controls: readonly Control[], statements: number): IsolationLevel | undefined {
  const ending = controls.filter(({ kind }) => !SAVEPOINTS.has(kind.transaction ?? ""));
  const [begin, commit] = ending;
  if (ending.length !== 2 || !begin || !commit) return undefined;
  if (begin.kind.transaction !== "begin" || begin.index !== 0) return undefined;
  if (commit.kind.transaction !== "commit" || commit.index !== statements - 1 || commit.kind.chain) return undefined;
  return isolationOf(begin.kind);
}

/** A SET TRANSACTION before all other statements but a BEGIN; behind pgstep's own first query it would come too late. */
interface Leading {
  readonly index: number;
  readonly isolation: IsolationLevel;
}

function leadingModes(statement: Statement, index: number): Leading | undefined {
  const isolation = isolationSetBy(statement);
  return isolation && { index, isolation };
}

function isBegin(control: Control | undefined, index: number): boolean {
  return control?.index === index && control.kind.transaction === "begin";
}

function isIn({ begin, commit }: Block, index: number): boolean {
  return begin < index && index < commit;
}

/** A later run makes the settings of a finished transaction again, and cannot know which of them it took back itself. */
function refuseSettingTakenBack(
  block: Block,
  controls: readonly Control[],
  settings: readonly number[],
  report: ReportFinding,
): void {
  const back = controls.find(
    ({ kind, index }) =>
      kind.transaction === "rollback-to" &&
      isIn(block, index) &&
      settings.some((setting) => isIn({ ...block, commit: index }, setting)),
  );
  if (!back) return;
  report(
    "transaction-control",
    back.statement.position,
    "ROLLBACK TO after a setting, in one of several transactions of the file",
    "Put this transaction into a migration of its own.",
  );
}

/** The block with the isolation level that its first statement asks for, and the place of that statement. */
function withModes(block: Block, leading: readonly Leading[]): Block & { readonly modes?: number } {
  const modes = leading.find(({ index }) => index === block.begin + 1);
  return modes ? { ...block, isolation: modes.isolation, modes: modes.index } : block;
}

function refuseControl(
  { kind, statement }: Control,
  because: string | undefined,
  mode: Inspection["mode"],
  report: ReportFinding,
): void {
  const word = statement.text.split(/[\s;]/, 1)[0]?.toUpperCase();
  if (mode === "statements") {
    const reason = because ? `${because} cannot run in a transaction` : 'the header says "Transaction: none"';
    report(
      "transaction-control",
      statement.position,
      `${word} in a file that runs statement by statement, since ${reason}`,
      "Put what belongs into one transaction between a BEGIN and a COMMIT, or into a migration of its own.",
    );
  } else if (!SAVEPOINTS.has(kind.transaction ?? "")) {
    report(
      "transaction-control",
      statement.position,
      `${word} inside a migration, which runs in a transaction of pgstep's own`,
      "Remove it; or split the file; or wrap the whole file in one BEGIN ... COMMIT; or write -- Transaction: none at its top and leave out transaction control.",
    );
  }
}

function refuseHarmful(kind: StatementKind, position: Position, report: ReportFinding): void {
  if (kind.discardAll) {
    report(
      "discard-all",
      position,
      "DISCARD ALL would drop the lock that keeps other runs away",
      "Write DISCARD PLANS, DISCARD SEQUENCES or DISCARD TEMP; pgstep itself resets the session after each migration.",
    );
  }
  if (kind.copyFromStdin === "binary") {
    report(
      "copy-binary",
      position,
      "COPY in binary format: its rows cannot stand in a text file",
      "Dump the rows as text (pg_dump's default) or CSV.",
    );
  }
  if (kind.clientEncoding !== undefined && !/^utf-?8$|^unicode$/i.test(kind.clientEncoding)) {
    report(
      "client-encoding",
      position,
      `client_encoding ${kind.clientEncoding}: migration files are UTF-8`,
      "Remove the line, and convert the file with iconv if it really is in that encoding.",
    );
  }
}

/** What pg_dump writes around its output (the restricting since August 2025), harmless outside of psql. */
function isHarmless({ command, arguments: [name] }: PsqlLine, database: string | undefined): boolean {
  if (command === "restrict" || command === "unrestrict") return true;
  return (command === "connect" || command === "c") && name !== undefined && name === database;
}

function refusePsqlLine({ command, position }: PsqlLine, report: ReportFinding): void {
  report("psql-command", position, `\\${command} is a command of psql, not SQL`, psqlSubstitute(command));
}
