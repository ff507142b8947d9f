import type { Finding } from "./error.ts";
import type { Header } from "./header.ts";
import { psqlSubstitute } from "./sql/psql-command.ts";
import type { CopyBytes, Piece, PsqlLine, Statement } from "./sql/statement.ts";
import { classify, type StatementKind } from "./sql/statement-kind.ts";
import type { Position } from "./text-position.ts";

/** How a file will be run, as its statements tell. */
export interface Inspection {
  /** Statements to run, a wrapping BEGIN and COMMIT not counted. */
  readonly statements: number;
  /** All in one transaction with its history row, or statement by statement. */
  readonly mode: "transaction" | "statements";
  /** The first statement that cannot run in a transaction, in PostgreSQL's words; undefined when only the header asks. */
  readonly because: string | undefined;
  /** The file brings its own BEGIN ... COMMIT around everything; pgstep's takes its place. */
  readonly wrapped: boolean;
  /** Statements that create a table, an index, a view or a sequence: each holds at least one lock until the commit. */
  readonly relationsCreated: number;
  /** What the wrapping BEGIN asks for. */
  readonly isolation: IsolationLevel;
  readonly findings: readonly Finding[];
}

export type IsolationLevel = "READ COMMITTED" | "REPEATABLE READ" | "SERIALIZABLE";

interface Control {
  readonly kind: StatementKind;
  readonly statement: Statement;
  /** 0-based among the statements. */
  readonly index: number;
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
  const report = (rule: string, position: Position, message: string, hint: string) =>
    findings.push({ rule, severity: "error", message, hint, place: { path, ...position } });
  const controls: Control[] = [];
  let statements = 0;
  let because: string | undefined;
  let relationsCreated = 0;
  for (const piece of pieces) {
    if (piece.kind === "fault") report(piece.rule, piece.position, piece.message, piece.hint);
    if (piece.kind === "psql" && !isHarmless(piece, database)) refusePsqlLine(piece, report);
    if (piece.kind !== "statement") continue;
    const kind = classify(piece);
    if (kind.transaction) controls.push({ kind, statement: piece, index: statements });
    because ??= kind.outsideTransaction;
    refuseHarmful(kind, piece.position, report);
    if (CREATES_RELATION.test(piece.text)) relationsCreated++;
    statements++;
  }
  const isolation = wrapperOf(controls, statements);
  const mode = because || header.transaction === "none" ? "statements" : "transaction";
  if (mode === "statements" || !isolation) {
    for (const control of controls) refuseControl(control, because, mode, report);
  }
  const wrapped = isolation !== undefined;
  if (statements === (wrapped ? 2 : 0) && findings.length === 0) {
    findings.push({
      rule: "empty",
      severity: "warning",
      message: "the file has no statements",
      hint: "Running it changes nothing but the history. Fill it, or remove it.",
      place: { path },
    });
  }
  return {
    statements: wrapped ? statements - 2 : statements,
    mode,
    because,
    wrapped,
    relationsCreated,
    isolation: isolation ?? "READ COMMITTED",
    findings,
  };
}

const CREATES_RELATION =
  /^CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+|UNIQUE\s+|MATERIALIZED\s+)?(?:TABLE|INDEX|VIEW|SEQUENCE)\b/i;

type ReportFinding = (rule: string, position: Position, message: string, hint: string) => void;

/** The isolation level of a BEGIN ... COMMIT around the whole file; undefined when there is none, or more than that. */
function wrapperOf(controls: readonly Control[], statements: number): IsolationLevel | undefined {
  const ending = controls.filter(({ kind }) => !SAVEPOINTS.has(kind.transaction ?? ""));
  const [begin, commit] = ending;
  if (ending.length !== 2 || !begin || !commit) return undefined;
  if (begin.kind.transaction !== "begin" || begin.index !== 0) return undefined;
  if (commit.kind.transaction !== "commit" || commit.index !== statements - 1 || commit.kind.chain) return undefined;
  const match = /^(?:ISOLATION LEVEL (READ COMMITTED|REPEATABLE READ|SERIALIZABLE))?,?(?: ?READ WRITE)?$/.exec(
    begin.kind.modes ?? "",
  );
  return match ? ((match[1] ?? "READ COMMITTED") as IsolationLevel) : undefined;
}

const SAVEPOINTS: ReadonlySet<string> = new Set(["savepoint", "release", "rollback-to"]);

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
      "Put what belongs into one transaction into a migration of its own.",
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
