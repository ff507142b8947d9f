import type { TokenCursor } from "../sql/token-cursor.ts";
import { parseBoolean } from "./set.ts";

export type CopyFormat = "text" | "csv" | "binary";

/**
 * The format that `COPY ... FROM STDIN` expects for its rows; undefined for every other statement. PostgreSQL treats
 * FROM STDOUT the same (copy_file_name in gram.y), and so does pgstep.
 */
export function copyFromStdin(cursor: TokenCursor): CopyFormat | undefined {
  if (!cursor.accept("COPY")) return undefined;
  let format: CopyFormat = cursor.accept("BINARY") ? "binary" : "text";
  if (cursor.sees("(")) return undefined;
  cursor.skipName();
  cursor.skipParentheses();
  if (!cursor.accept("FROM") || !cursor.acceptOne("STDIN", "STDOUT")) return undefined;
  cursor.accept("WITH");
  if (cursor.sees("(")) {
    const named = cursor.takeOptions().get("format");
    return named === "csv" || named === "binary" ? named : format;
  }
  while (!cursor.atEnd && !cursor.sees("WHERE")) {
    if (cursor.accept("CSV")) format = "csv";
    else if (cursor.accept("BINARY")) format = "binary";
    else cursor.skip();
  }
  return format;
}

/** True if an option list enables an option: named alone, or with a true value. */
export function isOn(options: ReadonlyMap<string, string>, name: string): boolean {
  const value = options.get(name);
  return value !== undefined && parseBoolean(value) !== false;
}
