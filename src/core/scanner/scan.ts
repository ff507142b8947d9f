import type { CopyBytes, Piece } from "../sql/statement.ts";
import { SourceDecoder } from "../text/source.ts";
import { type ScanOptions, StatementScanner } from "./statement-scanner.ts";

/**
 * The pieces of a file whose text arrives in chunks, cut anywhere, without a byte order mark. Lazy: holds one chunk and
 * the current statement, never the file.
 */
export function* scan(chunks: Iterable<string>, options?: ScanOptions): Generator<Piece, void, undefined> {
  const scanner = new StatementScanner(options);
  for (const chunk of chunks) yield* scanner.push(chunk);
  yield* scanner.end();
}

/**
 * The same for a file that arrives as UTF-8 bytes, with or without a byte order mark. Rows of a COPY stay bytes: they
 * are not decoded, and so not checked.
 * @throws NotUtf8
 */
export function* scanBytes(
  parts: Iterable<Uint8Array>,
  options?: ScanOptions,
): Generator<Piece | CopyBytes, void, undefined> {
  const scanner = new StatementScanner(options);
  const decoder = new SourceDecoder();
  for (const part of parts) {
    let rest = part;
    if (scanner.inRows) {
      const bytes = decoder.takeBytes(part);
      const taken = scanner.takeRows(bytes);
      if (taken > 0) yield { kind: "copy-bytes", bytes: bytes.subarray(0, taken) };
      rest = bytes.subarray(taken);
    }
    if (rest.length > 0) yield* scanner.push(decoder.decode(rest));
  }
  decoder.end();
  yield* scanner.end();
}
