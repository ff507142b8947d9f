import { quoteIdentifier } from "../sql/quote.ts";
import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";

/** The object of a CREATE or DROP INDEX CONCURRENTLY, as far as its text shows it. */
export type ConcurrentIndex = ConcurrentCreate | ConcurrentDrop;

export interface ConcurrentDrop {
  readonly action: "drop";
  /** As SQL text, with its schema where it is written. */
  readonly index: string;
}

export interface ConcurrentCreate {
  readonly action: "create";
  /** Without quotes; undefined if the server chooses the name. */
  readonly index: string | undefined;
  /** True if the server skips the statement when a relation of that name exists. */
  readonly ifNotExists: boolean;
  /** As SQL text, with its schema where it is written. */
  readonly table: string;
  /** The name of the table alone, without quotes. */
  readonly tableName: string;
  /** The same statement with a name for its index. */
  named(name: string): string;
  /** The same index on another table: without CONCURRENTLY, without a name, without a semicolon. */
  on(table: string): string;
}

type Source = Pick<Statement, "text" | "standardConformingStrings">;

/** Reads CREATE [UNIQUE] INDEX CONCURRENTLY and DROP INDEX CONCURRENTLY; undefined for every other statement. */
export function concurrentIndex(statement: Source): ConcurrentIndex | undefined {
  const cursor = new TokenCursor(statement);
  if (cursor.accept("DROP", "INDEX", "CONCURRENTLY")) {
    cursor.accept("IF", "EXISTS");
    return { action: "drop", index: asSql(cursor.takeNameParts()) };
  }
  if (!cursor.accept("CREATE")) return undefined;
  cursor.accept("UNIQUE");
  if (!cursor.accept("INDEX")) return undefined;
  const create = statement.text.slice(0, cursor.end);
  if (!cursor.accept("CONCURRENTLY")) return undefined;
  const concurrently = cursor.end;
  const ifNotExists = cursor.accept("IF", "NOT", "EXISTS");
  const index = cursor.sees("ON") ? undefined : cursor.takeNameParts().at(-1);
  cursor.accept("ON");
  const only = cursor.accept("ONLY") ? "ONLY " : "";
  const parts = cursor.takeNameParts();
  const rest = statement.text.slice(cursor.end).replace(/;$/, "");
  return {
    action: "create",
    index,
    ifNotExists,
    table: asSql(parts),
    tableName: parts.at(-1) ?? "",
    named: (name) =>
      `${statement.text.slice(0, concurrently)} ${quoteIdentifier(name)}${statement.text.slice(concurrently)}`,
    on: (table) => `${create} ON ${only}${table} ${rest.trimStart()}`,
  };
}

function asSql(parts: readonly string[]): string {
  return parts.map(quoteIdentifier).join(".");
}
