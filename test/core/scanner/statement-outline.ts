import { scan } from "../../../src/core/scanner/scan.ts";
import type { ScanOptions } from "../../../src/core/scanner/statement-scanner.ts";
import type { Piece } from "../../../src/core/sql/statement.ts";

/** One line of what a file is expected to consist of: the kind with its text, or with its rule, and line:column. */
export type Outline = Readonly<Record<string, string>>;

/** The text in chunks of `size` UTF-16 units. */
export function* chunked(text: string, size: number): Generator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

/** The pieces with neighbouring parts of COPY rows put together: only those depend on where the chunks end. */
export function pieces(chunks: Iterable<string>, options?: ScanOptions): Piece[] {
  const joined: Piece[] = [];
  for (const piece of scan(chunks, options)) {
    const last = joined.at(-1);
    if (piece.kind === "copy-data" && last?.kind === "copy-data") {
      joined[joined.length - 1] = { ...last, text: last.text + piece.text };
    } else {
      joined.push(piece);
    }
  }
  return joined;
}

/** Everything but the blanks, as test/statements writes it. */
export function outline(found: readonly Piece[]): Outline[] {
  return found.flatMap((piece): Outline[] => {
    if (piece.kind === "blank") return [];
    const at = `${piece.position.line}:${piece.position.column}`;
    if (piece.kind === "error") return [{ problem: piece.rule, at, text: piece.text }];
    if (piece.kind === "psql") return [{ psql: [piece.command, ...piece.arguments].join("|"), at }];
    return [{ [piece.kind]: piece.text, at }];
  });
}
