import type { BackedUpTable } from "../../core/backup/backup-file.ts";
import { CopiedRows, copySource } from "../../core/backup/copied-rows.ts";
import { type Dispensable, dispensable } from "../../core/backup/schema-statements.ts";
import { scanBytes } from "../../core/scanner/scan.ts";
import type { Piece } from "../../core/sql/statement.ts";
import { classify } from "../../core/statements/classify.ts";
import { ServerFailure, type Session } from "../../ports/session.ts";
import { SentStatements } from "./sent-statements.ts";

/** Skipped, as the caller begins and commits the transaction. */
const TRANSACTION = /^(?:BEGIN|COMMIT)\s*;$/;

export interface ScriptRun {
  /** Throws if the user wants to stop. */
  readonly stopped: () => void;
  /** The kinds of statements that are left out. */
  readonly without: readonly Dispensable[];
}

/** The result of a script. */
export interface ScriptResult {
  /** The rows of each COPY, named by its table and columns. */
  readonly copied: readonly BackedUpTable[];
  /** The statements that the role may not run, or that name a missing role, with the server's reason. */
  readonly omitted: readonly string[];
}

/** Runs all statements of a backup in the open transaction; ignores psql's own commands. @throws ServerFailure */
export async function runScript(
  session: Session,
  parts: Iterable<Uint8Array>,
  { stopped, without }: ScriptRun,
): Promise<ScriptResult> {
  const copied: BackedUpTable[] = [];
  const omitted: string[] = [];
  const sent = new SentStatements(stopped);
  const pieces = scanBytes(parts);
  for (let next = pieces.next(); !next.done; next = pieces.next()) {
    const piece = next.value;
    if (piece.kind !== "statement" || TRANSACTION.test(piece.text)) continue;
    const kind = dispensable(piece.text);
    if (kind !== undefined) {
      if (without.includes(kind)) continue;
      await sent.settled();
      const reason = await attempt(session, piece.text);
      if (reason !== undefined) omitted.push(reason);
    } else if (classify(piece).copyFromStdin) {
      await sent.settled();
      const rows = new CopiedRows();
      await session.copyIn(piece.text, counted(rowsOf(pieces), rows));
      copied.push(rows.result(copySource(piece.text)));
    } else await sent.add(session.execute(piece.text));
  }
  await sent.settled();
  return { copied, omitted };
}

/** Runs a statement that the restore can do without. Returns the reason if the role may not run it. */
async function attempt(session: Session, statement: string): Promise<string | undefined> {
  try {
    await session.execute(`SAVEPOINT pgstep_part; ${statement} RELEASE SAVEPOINT pgstep_part`);
    return undefined;
  } catch (error) {
    // insufficient_privilege, undefined_object, invalid_grant_operation
    if (!(error instanceof ServerFailure) || !["42501", "42704", "0LP01"].includes(error.server.code)) throw error;
    await session.execute("ROLLBACK TO SAVEPOINT pgstep_part; RELEASE SAVEPOINT pgstep_part");
    return `${statement.replace(/;$/, "")}: ${error.server.message}`;
  }
}

function* counted(data: Iterable<Uint8Array | string>, rows: CopiedRows): Generator<Uint8Array | string> {
  for (const part of data) {
    rows.take(typeof part === "string" ? Buffer.from(part) : part);
    yield part;
  }
}

type Pieces = Generator<Piece | { readonly kind: "copy-bytes"; readonly bytes: Uint8Array }, void, undefined>;

/** The rows after a COPY ... FROM STDIN, up to their end. */
export function* rowsOf(pieces: Pieces): Generator<Uint8Array | string> {
  for (let next = pieces.next(); !next.done; next = pieces.next()) {
    if (next.value.kind === "copy-end") return;
    if (next.value.kind === "copy-bytes") yield next.value.bytes;
    if (next.value.kind === "copy-data") yield next.value.text;
  }
}
