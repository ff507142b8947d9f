import { printable, printableLine } from "../../core/text/display.ts";
import { safeText, withoutCommands } from "../../core/text/safe-text.ts";

/* Pieces of Markdown for GitHub and GitLab, safe whatever others wrote into them. */

/** More of one text is of no use in a comment. */
const LONGEST_TEXT = 2_000;

/** Plain text on one line, with Markdown and HTML escaped. It must not begin a line: it may look like a list. */
export function text(plain: string): string {
  return safeText(shortened(plain), "markdown");
}

/** Text as code on one line, also inside a table. */
export function code(plain: string): string {
  return `<code>${text(printableLine(shortened(plain)))}</code>`;
}

/** A code block, fenced by more backticks than it contains. */
export function block(plain: string, language = ""): string[] {
  const shown = withoutCommands(printable(shortened(plain)));
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return [fence + language, shown, fence];
}

/** A row of a table. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Lines below a title that opens them; none if there are none. @param title plain words of pgstep */
export function folded(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return ["", `<details><summary>${title}</summary>`, ...lines, "", "</details>"];
}

function shortened(plain: string): string {
  return plain.length <= LONGEST_TEXT ? plain : `${plain.slice(0, LONGEST_TEXT)}…`;
}

/**
 * A comment has at most 60,000 characters, its heading included. GitHub accepts 65,536, and whoever posts it may add
 * some.
 */
const LONGEST_COMMENT = 59_400;

/** The characters that are left in a comment. */
export class Room {
  #left = LONGEST_COMMENT;

  /**
   * As many of the pieces as fit, then the number of the others.
   * @param most the largest share of the comment, in characters
   */
  take(pieces: readonly (readonly string[])[], most = this.#left): string[] {
    const lines: string[] = [];
    let left = Math.min(most, this.#left) - LONGEST_REST;
    for (const [index, piece] of pieces.entries()) {
      const length = piece.reduce((sum, line) => sum + line.length + 1, 0);
      if (length > left) {
        lines.push("", `… and ${pieces.length - index} more`);
        break;
      }
      left -= length;
      lines.push(...piece);
    }
    this.#left -= lines.reduce((sum, line) => sum + line.length + 1, 0);
    return lines;
  }
}

/** The characters for "… and n more". */
const LONGEST_REST = 50;
