import { type Finding, finding } from "../failure/failure.ts";
import type { RuleOf } from "../failure/rules.ts";
import { psqlSubstitute } from "../sql/psql-command.ts";
import type { CopyBytes, Piece, PsqlLine } from "../sql/statement.ts";
import { classify, type StatementKind } from "../statements/classify.ts";
import { type Destruction, destruction } from "../statements/data-loss.ts";
import type { Block, Control } from "../statements/transaction-blocks.ts";
import type { Position } from "../text/position.ts";
import type { Header } from "./header.ts";
import { isBoundary, isIn, layoutOf, StatementNotes, type TransactionLayout } from "./transaction-layout.ts";

/** How a file will run, derived from its statements. */
export interface Inspection extends TransactionLayout {
  /** The number of statements to run, without skipped ones. */
  readonly statements: number;
  /** The first statement that cannot run in a transaction, in PostgreSQL's words; undefined when there is none. */
  readonly because: string | undefined;
  /** Statements that create a table, an index, a view or a sequence: each holds at least one lock until the commit. */
  readonly relationsCreated: number;
  /** The first statement that changes the session for later statements: a setting, the role, a temporary table. */
  readonly sessionChange: Position | undefined;
  /** True if a statement may lift the guard against writes outside a transaction, in case its BEGIN fails. */
  readonly liftsReadOnly: boolean;
  /** The data that its statements destroy, as far as their text shows it; each once. */
  readonly destructions: readonly Destruction[];
  readonly findings: readonly Finding[];
}

/**
 * Checks a file's statements: how to run them, and what is wrong with them. Sends nothing.
 * @param path as findings should name it
 * @param database the target database, if known: a \connect to it is harmless
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
  const notes = new StatementNotes();
  // By content: a file may have a million DELETE statements on one table.
  const destructions = new Map<string, Destruction>();
  for (const piece of pieces) {
    if (piece.kind === "error") report(piece.rule, piece.position, piece.message, piece.hint);
    if (piece.kind === "psql" && !isHarmless(piece, database)) refusePsqlLine(piece, report);
    if (piece.kind !== "statement") continue;
    const kind = classify(piece);
    refuseHarmful(kind, piece.position, report);
    notes.add(piece, kind);
    const destroyed = destruction(piece);
    if (destroyed) destructions.set(JSON.stringify(destroyed), destroyed);
  }
  const { because, relationsCreated, liftsReadOnly, settings, count } = notes;
  const isAlone = because !== undefined || header.transaction === "none";
  const { misplaced, ...layout } = layoutOf(notes, isAlone);
  const refused = because === undefined ? misplaced : misplaced.filter(isCause);
  for (const control of refused) refuseControl(control, because, layout.mode, report);
  for (const block of layout.blocks) refuseSettingTakenBack(block, notes, report);
  const statements = count - layout.skippedStatements.size;
  // For a file without any statement, its emptiness is reported elsewhere.
  if (count > 0 && statements === 0 && findings.length === 0) {
    findings.push({
      rule: "empty",
      severity: "warning",
      message: "the file has no statements",
      place: { path },
    });
  }
  return {
    ...layout,
    statements,
    because,
    relationsCreated,
    sessionChange: settings[0]?.position,
    liftsReadOnly,
    destructions: [...destructions.values()],
    findings,
  };
}

type ReportFinding = (rule: RuleOf<"error">, position: Position, message: string, hint: string) => void;

/** A resumed run repeats the settings of a finished transaction, and cannot know which ones were rolled back. */
function refuseSettingTakenBack(block: Block, { controls, settings }: StatementNotes, report: ReportFinding): void {
  const back = controls.find(
    ({ kind, index }) =>
      kind.transaction === "rollback-to" &&
      isIn(block, index) &&
      settings.some((setting) => isIn({ ...block, commit: index }, setting.index)),
  );
  if (!back) return;
  report(
    "transaction-control",
    back.statement.position,
    "ROLLBACK TO after a setting, in one of several transactions of the file",
    "Put this transaction into a migration of its own.",
  );
}

/** False for the COMMIT of a BEGIN that is reported. */
function isCause({ kind }: Control, index: number, misplaced: readonly Control[]): boolean {
  const [begin, end] = misplaced
    .slice(0, index + 1)
    .filter(isBoundary)
    .slice(-2);
  return !(kind.transaction === "commit" && end?.kind === kind && begin?.kind.transaction === "begin");
}

function refuseControl(
  control: Control,
  because: string | undefined,
  mode: Inspection["mode"],
  report: ReportFinding,
): void {
  const { statement } = control;
  const word = statement.text.split(/[\s;]/, 1)[0]?.toUpperCase();
  if (mode === "statements") {
    const reason = because ? `${because} cannot run in a transaction` : 'the header says "Transaction: none"';
    report(
      because ? "not-in-transaction" : "transaction-control",
      statement.position,
      `${word} in a file that runs statement by statement, because ${reason}`,
      "Put statements that belong together between BEGIN and COMMIT, or into a migration of their own.",
    );
  } else if (isBoundary(control)) {
    report(
      "transaction-control",
      statement.position,
      `${word} inside a migration, which pgstep runs in its own transaction`,
      "Remove it; or split the file; or wrap the whole file in one BEGIN ... COMMIT; or write -- Transaction: none at its top and leave out transaction control.",
    );
  }
}

function refuseHarmful(kind: StatementKind, position: Position, report: ReportFinding): void {
  if (kind.discardAll) {
    report(
      "discard-all",
      position,
      "DISCARD ALL would release the run lock",
      "Write DISCARD PLANS, DISCARD SEQUENCES or DISCARD TEMP; pgstep itself resets the session after each migration.",
    );
  }
  if (kind.copyFromStdin === "binary") {
    report(
      "copy-binary",
      position,
      "COPY in binary format: a text file cannot contain its rows",
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

/** Lines that pg_dump writes around its output (\restrict since August 2025): harmless outside psql. */
function isHarmless({ command, arguments: [name] }: PsqlLine, database: string | undefined): boolean {
  if (command === "restrict" || command === "unrestrict") return true;
  return (command === "connect" || command === "c") && name !== undefined && name === database;
}

function refusePsqlLine({ command, position }: PsqlLine, report: ReportFinding): void {
  report("psql-command", position, `\\${command} is a psql command, not SQL`, psqlSubstitute(command));
}
