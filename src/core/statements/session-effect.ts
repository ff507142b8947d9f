import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { parseBoolean } from "./set.ts";

/** A change that a statement makes to its session and that ends with the session. */
export interface SessionEffect {
  /** In words: "the temporary table input". */
  readonly what: string;
  /** The name by which other statements refer to it, without quotes; undefined if any statement may depend on it. */
  readonly name?: string;
  /** True if the statement changes nothing else, so that it can run again in another session. */
  readonly repeatable: boolean;
}

const REPEATABLE: SessionEffect = { what: "a setting", repeatable: true };
const SETTING: SessionEffect = { what: "a setting", repeatable: false };
const LOCK: SessionEffect = { what: "an advisory lock", repeatable: false };
const TEMPORARY = ["TEMP", "TEMPORARY"];

/**
 * The change a statement makes to its session, in a file where each statement is its own transaction; undefined for
 * none. Does not see inside the functions and procedures that it calls.
 */
export function sessionEffect(
  statement: Pick<Statement, "text" | "standardConformingStrings">,
): SessionEffect | undefined {
  if (/^DO\b/i.test(statement.text)) return effectOfBlock(statement.text);
  const cursor = new TokenCursor(statement);
  if (cursor.accept("SET")) return isLocal(cursor) ? undefined : REPEATABLE;
  if (cursor.acceptOne("RESET", "LISTEN", "UNLISTEN", "LOAD", "DEALLOCATE")) return REPEATABLE;
  if (cursor.accept("PREPARE")) return cursor.sees("TRANSACTION") ? undefined : REPEATABLE;
  if (cursor.accept("DECLARE")) return heldCursor(cursor);
  if (cursor.accept("CREATE")) return temporaryObject(cursor);
  const plain = plainCalls(new TokenCursor(statement));
  if (plain) return plain === "lasting" ? REPEATABLE : undefined;
  return hiddenEffect(cursor);
}

/** True if SET changes the setting only until the end of its transaction. */
function isLocal(cursor: TokenCursor): boolean {
  if (cursor.sees("LOCAL") || cursor.sees("TRANSACTION") || cursor.sees("CONSTRAINTS")) return true;
  cursor.accept("SESSION");
  return /^transaction_(isolation|read_only|deferrable)$/.test(cursor.takeName());
}

function heldCursor(cursor: TokenCursor): SessionEffect | undefined {
  const name = cursor.takeName();
  while (!cursor.atEnd && !cursor.sees("WITH", "HOLD")) cursor.skip();
  return cursor.atEnd ? undefined : { what: `the cursor ${name}`, name, repeatable: false };
}

function temporaryObject(cursor: TokenCursor): SessionEffect | undefined {
  cursor.accept("OR", "REPLACE");
  cursor.acceptOne("LOCAL", "GLOBAL");
  let temporary = cursor.acceptOne(...TEMPORARY) !== undefined;
  cursor.acceptOne("UNLOGGED", "RECURSIVE");
  const kind = cursor.takeName();
  cursor.accept("IF", "NOT", "EXISTS");
  if (cursor.accept("PG_TEMP", ".")) temporary = true;
  return temporary ? temporaryNamed(kind, cursor) : undefined;
}

function temporaryNamed(kind: string, cursor: TokenCursor): SessionEffect {
  let name = cursor.takeName();
  while (cursor.accept(".")) name = cursor.takeName();
  return { what: `the temporary ${kind} ${name}`, name, repeatable: false };
}

/** How long the effect lasts of a statement that only calls set_config and takes advisory locks, with constants. */
function plainCalls(cursor: TokenCursor): "lasting" | "local" | undefined {
  if (!cursor.accept("SELECT")) return undefined;
  let lasting = false;
  do {
    cursor.accept("PG_CATALOG", ".");
    const local = cursor.accept("SET_CONFIG", "(") ? plainSetting(cursor) : plainLock(cursor);
    if (local === undefined || !cursor.accept(")")) return undefined;
    lasting ||= !local;
    if (cursor.accept("AS")) cursor.skip();
  } while (cursor.accept(","));
  if (!cursor.atEnd) return undefined;
  return lasting ? "lasting" : "local";
}

/** True if it lasts only until the end of the transaction; undefined if an argument is not a constant. */
function plainSetting(cursor: TokenCursor): boolean | undefined {
  if (!cursor.atString) return undefined;
  cursor.skip();
  if (!cursor.accept(",") || !(cursor.atString || cursor.sees("NULL"))) return undefined;
  cursor.skip();
  return cursor.accept(",") ? parseBoolean(cursor.takeValue()) : undefined;
}

const LOCKS = ["PG_ADVISORY_LOCK", "PG_ADVISORY_LOCK_SHARED"];
const TRIED_LOCKS = ["PG_TRY_ADVISORY_LOCK", "PG_TRY_ADVISORY_LOCK_SHARED"];
const UNLOCKS = ["PG_ADVISORY_UNLOCK", "PG_ADVISORY_UNLOCK_SHARED"];

function plainLock(cursor: TokenCursor): false | undefined {
  if (!cursor.acceptOne(...LOCKS, ...UNLOCKS) || !cursor.accept("(")) return undefined;
  do {
    cursor.accept("-");
    if (!/^\d+$/.test(cursor.takeValue())) return undefined;
  } while (cursor.accept(","));
  return false;
}

/** The same anywhere in a statement that may do other things as well, and SELECT INTO a temporary table. */
function hiddenEffect(cursor: TokenCursor): SessionEffect | undefined {
  while (!cursor.atEnd) {
    if (cursor.accept("SET_CONFIG") && !endsWithTrue(cursor)) return SETTING;
    if (cursor.acceptOne(...LOCKS, ...TRIED_LOCKS) && cursor.sees("(")) return LOCK;
    if (cursor.accept("INTO") && (cursor.acceptOne(...TEMPORARY) || cursor.accept("PG_TEMP", "."))) {
      cursor.accept("TABLE");
      return temporaryNamed("table", cursor);
    }
    cursor.skip();
  }
  return undefined;
}

/** True if the parentheses that open here end with `true`, for a transaction-local setting; also true without any. */
function endsWithTrue(cursor: TokenCursor): boolean {
  if (!cursor.sees("(")) return true;
  let depth = 0;
  let local = false;
  do {
    if (cursor.sees("(")) depth++;
    if (cursor.sees(")")) depth--;
    else local = cursor.sees("TRUE");
    cursor.skip();
  } while (depth > 0 && !cursor.atEnd);
  return local;
}

/** The effect that the text of a DO block shows. */
function effectOfBlock(text: string): SessionEffect | undefined {
  const made =
    /\bcreate\s+(?:local\s+|global\s+)?temp(?:orary)?\s+(table|view|sequence)\s+(?:if\s+not\s+exists\s+)?"?([\w$]+)/i.exec(
      text,
    );
  if (made?.[1] && made[2]) {
    return { what: `the temporary ${made[1].toLowerCase()} ${made[2]}`, name: made[2], repeatable: false };
  }
  if (/\bset_config\s*\(|\bexecute\b[^;]{0,200}'\s*set\s+(?!local\b)/i.test(text)) return SETTING;
  return /\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(/i.test(text) ? LOCK : undefined;
}
