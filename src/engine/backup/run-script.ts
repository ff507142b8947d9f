import { scanBytes } from "../../core/scanner/scan.ts";
import type { Piece } from "../../core/sql/statement.ts";
import { classify } from "../../core/statements/classify.ts";
import type { Session } from "../../ports/session.ts";

/** Skipped, as the caller begins and commits the transaction. */
const TRANSACTION = /^(?:BEGIN|COMMIT)\s*;$/;

/** Runs all statements of a backup in the open transaction; ignores psql's own commands. */
export async function runScript(session: Session, parts: Iterable<Uint8Array>, aborted: () => void): Promise<void> {
  const pieces = scanBytes(parts);
  for (let next = pieces.next(); !next.done; next = pieces.next()) {
    const piece = next.value;
    if (piece.kind !== "statement" || TRANSACTION.test(piece.text)) continue;
    aborted();
    if (classify(piece).copyFromStdin) await session.copyIn(piece.text, rowsOf(pieces));
    else await session.execute(piece.text);
  }
}

type Pieces = Generator<Piece | { readonly kind: "copy-bytes"; readonly bytes: Uint8Array }, void, undefined>;

/** The rows after a COPY ... FROM STDIN, up to their end. */
export function* rowsOf(pieces: Pieces): Generator<Uint8Array | string> {
  for (let next = pieces.next(); !next.done; next = pieces.next()) {
    if (next.value.kind === "copy-end") return;
    if (next.value.kind === "copy-bytes") yield next.value.bytes;
    if (next.value.kind === "copy-data") yield next.value.text;
  }
}
