import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";

/** - role: changes the roles of the server. - server: changes the server, another database, or starts a program. */
export type Reach = "role" | "server";

const TELLING = /^(?:COPY|CREATE|ALTER|DROP|GRANT|REVOKE|COMMENT)\b/i;

/**
 * The reach of a statement whose effect does not end with the database that it runs in; undefined for all others.
 * Statements inside functions and DO blocks are not seen.
 */
export function reachOf(statement: Pick<Statement, "text" | "standardConformingStrings">): Reach | undefined {
  if (!TELLING.test(statement.text)) return undefined;
  const cursor = new TokenCursor(statement);
  if (cursor.accept("COPY")) return startsProgram(cursor) ? "server" : undefined;
  if (cursor.accept("COMMENT", "ON")) return reachOfObject(cursor);
  if (cursor.acceptOne("GRANT", "REVOKE")) return reachOfGrant(cursor);
  if (cursor.accept("ALTER", "SYSTEM")) return "server";
  cursor.acceptOne("CREATE", "ALTER", "DROP");
  return reachOfObject(cursor);
}

function reachOfObject(cursor: TokenCursor): Reach | undefined {
  if (cursor.sees("USER", "MAPPING")) return undefined;
  if (cursor.acceptOne("ROLE", "USER", "GROUP")) return "role";
  return cursor.acceptOne("DATABASE", "TABLESPACE", "SUBSCRIPTION") ? "server" : undefined;
}

/** Without ON, the names are those of roles. */
function reachOfGrant(cursor: TokenCursor): Reach | undefined {
  for (; !cursor.atEnd; cursor.skip()) {
    if (cursor.accept("ON")) return reachOfObject(cursor);
    if (cursor.acceptOne("TO", "FROM")) return "role";
  }
  return undefined;
}

function startsProgram(cursor: TokenCursor): boolean {
  for (; !cursor.atEnd; cursor.skip()) {
    if (cursor.sees("FROM", "PROGRAM") || cursor.sees("TO", "PROGRAM")) return true;
  }
  return false;
}
