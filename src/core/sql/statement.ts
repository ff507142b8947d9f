import type { RuleOf } from "../failure/rules.ts";
import type { Position } from "../text/position.ts";

/** The place of a piece in its file. */
export interface Place {
  /** Of its first character. */
  readonly position: Position;
  /** Of its first character, in UTF-16 units from the start of the file; rows that came as bytes count as bytes. */
  readonly offset: number;
}

/** The place of a placeholder value in a statement. */
export interface Replacement {
  /** Its offset and length in the replaced text, in UTF-16 units. */
  readonly at: number;
  readonly length: number;
  /** The length of the placeholder as written. */
  readonly written: number;
}

/** White space, comments and lone semicolons between statements. */
export interface Blank {
  readonly kind: "blank";
  readonly text: string;
}

/** One SQL command. */
export interface Statement extends Place {
  readonly kind: "statement";
  /** From its first token up to and including its semicolon, if any; comments inside are kept. */
  readonly text: string;
  /** How its '..' strings were read. */
  readonly standardConformingStrings: boolean;
  /** If placeholders were replaced in its text: the text as written, and the differences. */
  readonly replaced?: { readonly written: string; readonly replacements: readonly Replacement[] };
}

/** A psql command at the start of a statement, e.g. `\restrict xyz`. */
export interface PsqlLine extends Place {
  readonly kind: "psql";
  /** Without its line end. */
  readonly text: string;
  /** Without the backslash: "restrict". */
  readonly command: string;
  readonly arguments: readonly string[];
}

/** A part of the rows after a COPY ... FROM STDIN, line ends included; a cut may be in the middle of a row. */
export interface CopyData extends Place {
  readonly kind: "copy-data";
  readonly text: string;
}

/** Such a part as the bytes it came in, cut anywhere; valid only until the next piece is requested. */
export interface CopyBytes {
  readonly kind: "copy-bytes";
  readonly bytes: Uint8Array;
}

/** The `\.` that ends the rows, with its line end. */
export interface CopyEnd extends Place {
  readonly kind: "copy-end";
  readonly text: string;
}

/** Text that cannot be sent, and why. Scanning continues after it if possible, so that one pass finds all errors. */
export interface ScanError {
  readonly kind: "error";
  readonly rule: RuleOf<"error">;
  /** The error, e.g. "this string is never closed". */
  readonly message: string;
  /** One imperative sentence. */
  readonly hint: string;
  /** The skipped text, from the start of its statement; empty if all text is in other pieces. */
  readonly text: string;
  /** The start of the error itself (the opening quote), not of the skipped text. */
  readonly position: Position;
  /** The offset of the same place, in UTF-16 units from the start of the file. */
  readonly offset: number;
}

/** The parts of a file: the `text` of all pieces in order is the file, except for replaced placeholders. */
export type Piece = Blank | Statement | PsqlLine | CopyData | CopyEnd | ScanError;
