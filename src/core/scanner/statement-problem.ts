import type { Enclosed } from "../sql/lexer.ts";
import { psqlSubstitute } from "../sql/psql-command.ts";
import type { ScanError } from "../sql/statement.ts";
import type { OtherToolMarker } from "./other-tool-marker.ts";

/** An error without its place. */
export type ErrorWords = Pick<ScanError, "rule" | "message" | "hint">;

/** @param mark the start of the open token: `$body$`, `E'` */
export function unterminated(open: Enclosed, mark: string): ErrorWords {
  switch (open) {
    case "quote":
      return {
        rule: "unterminated-quote",
        message: "the string that starts here is never closed",
        hint: "Close it with ', and write a quote inside it as ''.",
      };
    case "identifier":
      return {
        rule: "unterminated-identifier",
        message: "the quoted identifier that starts here is never closed",
        hint: 'Close it with ", and write a double quote inside it as "".',
      };
    case "dollar-quote":
      return {
        rule: "unterminated-dollar-quote",
        message: `the dollar quote ${mark} that starts here is never closed`,
        hint: `Close it with ${mark}, with the same upper- and lower-case letters.`,
      };
    case "comment":
      return {
        rule: "unterminated-comment",
        message: "the comment that starts here is never closed",
        hint: "Close it with */, once for every /* inside it: comments nest.",
      };
  }
}

export function otherTool({ tool, comment }: OtherToolMarker): ErrorWords {
  return {
    rule: "other-tool",
    message: `"${comment}" splits a ${tool} file into up and down parts; pgstep would run both`,
    hint: "Move the down part into a file of the same name that ends in .down.sql, and delete these comments.",
  };
}

export const OPEN_PARENTHESIS: ErrorWords = {
  rule: "unterminated-parenthesis",
  message: "the parenthesis that opens here is never closed, so the statement has no end",
  hint: "Close it with ) before the semicolon of its statement.",
};

export const OPEN_BODY: ErrorWords = {
  rule: "unterminated-body",
  message: "the BEGIN ATOMIC body that starts here is never closed",
  hint: "Put a semicolon after each statement of the body, and END; after the last.",
};

export const OPEN_COPY: ErrorWords = {
  rule: "unterminated-copy",
  message: "the rows of this COPY ... FROM STDIN do not end",
  hint: "Put a line with only \\. after the last row.",
};

export const COPY_LINE_SHARED: ErrorWords = {
  rule: "copy-line-shared",
  message: "this text follows COPY ... FROM STDIN on its line, but the rows begin on the next line",
  hint: "Move it after the \\. that ends the rows.",
};

export const NUL_CHARACTER: ErrorWords = {
  rule: "nul-character",
  message: "PostgreSQL can neither read nor store this NUL character",
  hint: "Remove it, or save the file as UTF-8 if it is UTF-16.",
};

/** A psql command that begins inside a statement. */
export function psqlCommandInside(command: string): ErrorWords {
  return {
    rule: "psql-command",
    message: `the psql command \\${command} is inside a statement`,
    hint: psqlSubstitute(command),
  };
}

/** A psql command whose line continues with another command, or with SQL. */
export function psqlLineShared(command: string): ErrorWords {
  return {
    rule: "psql-command",
    message: `this text follows \\${command} on its line`,
    hint: "Put it on a line of its own.",
  };
}
