import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import type { Position } from "../text/position.ts";
import type { StatementKind } from "./classify.ts";
import { transactionModes } from "./transaction-control.ts";

export type IsolationLevel = "READ COMMITTED" | "REPEATABLE READ" | "SERIALIZABLE";

/** A statement of a file that begins, ends or divides a transaction. */
export interface Control {
  readonly kind: StatementKind;
  readonly statement: Statement;
  /** 0-based among the statements. */
  readonly index: number;
}

/** A BEGIN ... COMMIT of a file, as 0-based indexes among its statements. */
export interface Block {
  readonly begin: number;
  readonly commit: number;
  readonly isolation: IsolationLevel;
  /** The position of its BEGIN. */
  readonly position: Position;
  /** Its COMMIT. */
  readonly end: Statement;
}

export const SAVEPOINTS: ReadonlySet<string> = new Set(["savepoint", "release", "rollback-to"]);

/** The modes that pgstep's own BEGIN can adopt. */
const MODES = /^(?:ISOLATION LEVEL (READ COMMITTED|REPEATABLE READ|SERIALIZABLE))?,?(?: ?READ WRITE)?$/;

/** The level that a BEGIN asks for; undefined if it asks for more than an isolation level. */
export function isolationOf({ modes = "" }: Pick<StatementKind, "modes">): IsolationLevel | undefined {
  const match = MODES.exec(modes);
  return match ? ((match[1] ?? "READ COMMITTED") as IsolationLevel) : undefined;
}

/** The level that a SET TRANSACTION asks for; undefined for any other statement, and for one that asks for more. */
export function isolationSetBy(statement: Statement): IsolationLevel | undefined {
  if (!/^SET\b/i.test(statement.text)) return undefined;
  return MODES.exec(transactionModes(new TokenCursor(statement)) ?? "")?.[1] as IsolationLevel | undefined;
}

/**
 * The transactions of a file that has several, or statements outside one; undefined unless they are a plain sequence of
 * BEGIN ... COMMIT, with savepoints inside.
 * @param controls all of the file, in order
 */
export function blocksOf(controls: readonly Control[]): Block[] | undefined {
  const blocks: Block[] = [];
  let open: Omit<Block, "commit" | "end"> | undefined;
  for (const { kind, index, statement } of controls) {
    if (kind.transaction === "begin" && !open) {
      const isolation = isolationOf(kind);
      if (isolation === undefined) return undefined;
      open = { begin: index, isolation, position: statement.position };
    } else if (kind.transaction === "commit" && open && !kind.chain) {
      blocks.push({ ...open, commit: index, end: statement });
      open = undefined;
    } else if (!open || !SAVEPOINTS.has(kind.transaction ?? "")) return undefined;
  }
  return open ? undefined : blocks;
}
