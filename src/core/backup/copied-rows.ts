import { createHash } from "node:crypto";
import { scanBytes } from "../scanner/scan.ts";
import { classify } from "../statements/classify.ts";
import type { BackedUpTable } from "./backup-file.ts";

/** Counts the rows of one COPY in text format and computes their checksum. */
export class CopiedRows {
  readonly #hash = createHash("sha256");
  #rows = 0;

  /** Adds the next bytes; chunks may be split anywhere. */
  take(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) this.#rows++;
  }

  /** @param name the table and columns of the COPY */
  result(name: string): BackedUpTable {
    return { name, rows: this.#rows, checksum: this.#hash.digest("hex") };
  }
}

const LINE_FEED = 10;

/**
 * Row count and checksum of each COPY in a script, named by the text between COPY and FROM. Keeps only the current
 * chunk in memory.
 * @throws NotUtf8
 */
export function* copiedTables(script: Iterable<Uint8Array>): Generator<BackedUpTable> {
  let name: string | undefined;
  let rows = new CopiedRows();
  for (const piece of scanBytes(script)) {
    if (piece.kind === "statement" && classify(piece).copyFromStdin === "text") {
      name = copySource(piece.text);
      rows = new CopiedRows();
    } else if (piece.kind === "copy-bytes") rows.take(piece.bytes);
    else if (piece.kind === "copy-data") rows.take(Buffer.from(piece.text));
    else if (piece.kind === "copy-end" && name !== undefined) {
      yield rows.result(name);
      name = undefined;
    }
  }
}

/** The table and columns of a COPY, as written. */
export function copySource(statement: string): string {
  return statement.slice("COPY ".length, statement.search(/ FROM stdin;\s*$/i));
}
