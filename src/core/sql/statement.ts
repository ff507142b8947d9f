import type { RuleOf } from "../failure/rules.ts";
import type { Position } from "../text/position.ts";

/** Where a piece of a file is. */
export interface Place {
  /** Of its first character. */
  readonly position: Position;
  /** Of its first character, in UTF-16 units from the start of the file; of rows that came as bytes, their number. */
  readonly offset: number;
}

/** Where the value of a placeholder stands in a statement. */
export interface Replacement {
  /** Where it stands in the replaced text, in UTF-16 units, and how long it is there. */
  readonly at: number;
  readonly length: number;
  /** How long it is as it was written. */
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
  /** From its first token up to and including its semicolon where there is one; comments inside are kept. */
  readonly text: string;
  /** How its '..' strings were read. */
  readonly standardConformingStrings: boolean;
  /** Where placeholders were replaced in its text: what the file has, and where it differs. */
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

/** A part of the rows behind a COPY ... FROM STDIN, line ends included; a cut may be in the middle of a row. */
export interface CopyData extends Place {
  readonly kind: "copy-data";
  readonly text: string;
}

/** Such a part as the bytes it came in, cut anywhere; good only until the next piece is asked for. */
export interface CopyBytes {
  readonly kind: "copy-bytes";
  readonly bytes: Uint8Array;
}

/** The `\.` that ends the rows, with its line end. */
export interface CopyEnd extends Place {
  readonly kind: "copy-end";
  readonly text: string;
}

/** Text that cannot be sent, and why. Scanning goes on behind it where that makes sense, so one pass finds all faults. */
export interface ScanFault {
  readonly kind: "fault";
  readonly rule: RuleOf<"error">;
  /** What is the case, e.g. "this string is never closed". */
  readonly message: string;
  /** One imperative sentence. */
  readonly hint: string;
  /** The text that is given up, from the start of its statement; empty where all text is in other pieces. */
  readonly text: string;
  /** Where the faulty thing itself starts (the opening quote), not the text that is given up. */
  readonly position: Position;
  /** Of that same place, in UTF-16 units from the start of the file. */
  readonly offset: number;
}

/** What a file consists of: the `text` of all its pieces in order is the file, but for placeholders that were replaced. */
export type Piece = Blank | Statement | PsqlLine | CopyData | CopyEnd | ScanFault;
