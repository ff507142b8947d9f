import { quoteIdentifier } from "../sql-text.ts";
import type { Statement } from "./statement.ts";
import { TokenCursor } from "./token-cursor.ts";

/** What a CREATE or DROP INDEX CONCURRENTLY is about, as far as its text tells. */
export interface ConcurrentIndex {
  readonly action: "create" | "drop";
  /** As SQL text, with its schema where it is written; undefined when the server is left to choose one. */
  readonly index: string | undefined;
  /** The table of a CREATE, as SQL text. */
  readonly table: string | undefined;
}

/** Reads CREATE [UNIQUE] INDEX CONCURRENTLY and DROP INDEX CONCURRENTLY; undefined for every other statement. */
export function concurrentIndex(statement: Statement): ConcurrentIndex | undefined {
  const cursor = new TokenCursor(statement);
  if (cursor.accept("DROP", "INDEX", "CONCURRENTLY")) {
    cursor.accept("IF", "EXISTS");
    return { action: "drop", index: qualifiedName(cursor), table: undefined };
  }
  if (!cursor.accept("CREATE")) return undefined;
  cursor.accept("UNIQUE");
  if (!cursor.accept("INDEX", "CONCURRENTLY")) return undefined;
  cursor.accept("IF", "NOT", "EXISTS");
  const index = cursor.sees("ON") ? undefined : qualifiedName(cursor);
  cursor.accept("ON");
  cursor.accept("ONLY");
  return { action: "create", index, table: qualifiedName(cursor) };
}

function qualifiedName(cursor: TokenCursor): string {
  const parts = [cursor.takeName()];
  while (cursor.accept(".")) parts.push(cursor.takeName());
  return parts.map(quoteIdentifier).join(".");
}
