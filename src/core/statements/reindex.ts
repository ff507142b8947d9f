import { quoteIdentifier } from "../sql/quote.ts";
import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { isOn } from "./copy.ts";

/** The indexes that a REINDEX CONCURRENTLY rebuilds. */
export interface ConcurrentReindex {
  readonly kind: "INDEX" | "TABLE" | "SCHEMA" | "DATABASE" | "SYSTEM";
  /** As SQL text; without quotes for a schema; undefined for the current database. */
  readonly name: string | undefined;
}

/** Reads REINDEX CONCURRENTLY, in either spelling; undefined for every other statement. */
export function concurrentReindex(
  statement: Pick<Statement, "text" | "standardConformingStrings">,
): ConcurrentReindex | undefined {
  const cursor = new TokenCursor(statement);
  if (!cursor.accept("REINDEX")) return undefined;
  const option = isOn(cursor.takeOptions(), "concurrently");
  const kind = cursor.acceptOne("INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM") as ConcurrentReindex["kind"];
  if (!kind || !(cursor.accept("CONCURRENTLY") || option)) return undefined;
  if (kind === "DATABASE" || kind === "SYSTEM" || cursor.atEnd) return { kind, name: undefined };
  if (kind === "SCHEMA") return { kind, name: cursor.takeName() };
  const parts = [cursor.takeName()];
  while (cursor.accept(".")) parts.push(cursor.takeName());
  return { kind, name: parts.map(quoteIdentifier).join(".") };
}
