import type { TokenCursor } from "../sql/token-cursor.ts";

export interface TransactionControl {
  /** "commit" includes END, "rollback" includes ABORT, "begin" includes START TRANSACTION. */
  readonly transaction:
    | "begin"
    | "commit"
    | "rollback"
    | "savepoint"
    | "release"
    | "rollback-to"
    | "prepare"
    | "commit-prepared"
    | "rollback-prepared";
  /** AND CHAIN: a new transaction begins at once. */
  readonly chain?: true;
  /** The modes of BEGIN, in upper case, with single spaces: "ISOLATION LEVEL SERIALIZABLE READ ONLY". */
  readonly modes?: string;
}

/** The kind of transaction control statement; undefined for every other statement. */
export function transactionControl(cursor: TokenCursor): TransactionControl | undefined {
  if (cursor.accept("BEGIN")) {
    cursor.acceptOne("WORK", "TRANSACTION");
    return begin(cursor);
  }
  if (cursor.accept("START", "TRANSACTION")) return begin(cursor);
  if (cursor.accept("COMMIT", "PREPARED")) return { transaction: "commit-prepared" };
  if (cursor.acceptOne("COMMIT", "END")) return end("commit", cursor);
  if (cursor.accept("ROLLBACK", "PREPARED")) return { transaction: "rollback-prepared" };
  if (cursor.acceptOne("ROLLBACK", "ABORT")) return end("rollback", cursor);
  if (cursor.accept("SAVEPOINT")) return { transaction: "savepoint" };
  if (cursor.accept("RELEASE")) return { transaction: "release" };
  // PREPARE transaction AS SELECT ... is a prepared statement with that name.
  if (cursor.accept("PREPARE", "TRANSACTION") && cursor.atString) return { transaction: "prepare" };
  return undefined;
}

/** The modes of SET TRANSACTION, spelled like those of BEGIN; undefined for every other statement. */
export function transactionModes(cursor: TokenCursor): string | undefined {
  if (!cursor.accept("SET")) return undefined;
  cursor.acceptOne("SESSION", "LOCAL");
  return cursor.accept("TRANSACTION") ? modesOf(cursor) : undefined;
}

function begin(cursor: TokenCursor): TransactionControl {
  const modes = modesOf(cursor);
  return modes === "" ? { transaction: "begin" } : { transaction: "begin", modes };
}

function modesOf(cursor: TokenCursor): string {
  const modes: string[] = [];
  while (!cursor.atEnd) modes.push(cursor.takeName().toUpperCase());
  return modes.join(" ").replaceAll(" ,", ",");
}

function end(transaction: "commit" | "rollback", cursor: TokenCursor): TransactionControl {
  cursor.acceptOne("WORK", "TRANSACTION");
  if (transaction === "rollback" && cursor.accept("TO")) return { transaction: "rollback-to" };
  return cursor.accept("AND", "CHAIN") ? { transaction, chain: true } : { transaction };
}
