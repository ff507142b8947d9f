import { Lexer, TOKEN } from "../sql/lexer.ts";
import type { CopyBytes, Piece, Statement } from "../sql/statement.ts";
import { advance, type Position, START } from "../text/position.ts";
import { nearest } from "../text/spelling.ts";

/*
 * Comments that ignore findings:
 *
 *     -- pgstep: ignore <rule>[, <rule>]: <reason>        the statement that follows, or whose line the comment ends, or
 *                                                         that contains the comment
 *     -- pgstep: ignore-file <rule>[, <rule>]: <reason>   the whole file; above its first statement
 */

/** One rule that a comment ignores. */
export interface Ignore {
  readonly rule: string;
  readonly reason: string;
  /** The offset of the statement in the file; undefined for the whole file. */
  readonly statementAt: number | undefined;
  /** The place of the comment. */
  readonly position: Position;
}

/** Why a comment has no effect. */
export interface IgnoreProblem {
  readonly message: string;
  readonly hint: string;
  readonly position: Position;
}

export interface Ignores {
  readonly ignores: readonly Ignore[];
  readonly problems: readonly IgnoreProblem[];
}

/** @param rules the ids that a comment may name */
export function readIgnores(pieces: Iterable<Piece | CopyBytes>, rules: readonly string[]): Ignores {
  const reading = new Reading(rules);
  let position = START;
  for (const piece of pieces) {
    // Rows that came as bytes are followed by a piece that has its own position.
    if (piece.kind === "copy-bytes") continue;
    const text = writtenText(piece);
    const start = "position" in piece && piece.kind !== "error" ? piece.position : position;
    reading.take(piece, text, start);
    position = advance(start, text);
  }
  return reading.end();
}

function writtenText(piece: Piece): string {
  return piece.kind === "statement" ? (piece.replaced?.written ?? piece.text) : piece.text;
}

/** A comment without its dashes and "pgstep:". */
interface Instruction {
  readonly content: string;
  readonly position: Position;
}

const INSTRUCTION = /^--[ \t]*pgstep:(.*)$/is;
const FORM = 'Write "-- pgstep: ignore <rule>: <reason>"';

class Reading {
  readonly #rules: readonly string[];
  readonly #ignores: Ignore[] = [];
  readonly #problems: IgnoreProblem[] = [];
  /** Before a statement that is not read yet. */
  #waiting: Instruction[] = [];
  /** The last piece, if it is a statement. */
  #previous: Statement | undefined;
  #isBelowStatement = false;

  constructor(rules: readonly string[]) {
    this.#rules = rules;
  }

  take(piece: Piece, text: string, start: Position): void {
    if (piece.kind === "statement") {
      for (const instruction of this.#waiting) this.#apply(instruction, piece);
      this.#waiting = [];
      this.#isBelowStatement = true;
      const { standardConformingStrings } = piece;
      for (const instruction of instructionsIn(text, start, standardConformingStrings)) this.#apply(instruction, piece);
      this.#previous = piece;
      return;
    }
    if (piece.kind === "blank") {
      for (const instruction of instructionsIn(text, start)) {
        const isAtLineEnd = this.#previous && instruction.position.line === start.line;
        if (isAtLineEnd || isForFile(instruction)) this.#apply(instruction, this.#previous);
        else this.#waiting.push(instruction);
      }
    }
    this.#previous = undefined;
  }

  end(): Ignores {
    for (const { position } of this.#waiting) {
      this.#refuse(position, "no statement follows this comment", "Move it above its statement, or remove it.");
    }
    return { ignores: this.#ignores, problems: this.#problems };
  }

  #apply({ content, position }: Instruction, statement: Statement | undefined): void {
    const colon = content.indexOf(":");
    const [word = "", ...ids] = content.slice(0, colon === -1 ? content.length : colon).match(/[^\s,]+/g) ?? [];
    const reason = colon === -1 ? "" : content.slice(colon + 1).trim();
    const isForWholeFile = word === "ignore-file";
    if (word !== "ignore" && !isForWholeFile) {
      this.#refuse(position, "pgstep does not understand this comment", `${FORM}, or word the comment differently.`);
    } else if (ids.length === 0) {
      this.#refuse(position, "this comment names no rule to ignore", `${FORM}.`);
    } else if (reason === "") {
      this.#refuse(position, "this comment ignores nothing, because it gives no reason", `${FORM}.`);
    } else if (isForWholeFile && this.#isBelowStatement) {
      this.#refuse(
        position,
        "this comment ignores nothing, because it is below the first statement",
        "Move it to the top of the file, or ignore the rule at each statement.",
      );
    } else {
      for (const rule of ids.filter((id) => this.#isKnown(id, position))) {
        this.#ignores.push({ rule, reason, statementAt: isForWholeFile ? undefined : statement?.offset, position });
      }
    }
  }

  #isKnown(id: string, position: Position): boolean {
    if (this.#rules.includes(id)) return true;
    const meant = nearest(id, this.#rules);
    this.#refuse(
      position,
      `there is no rule "${id}"`,
      meant ? `Did you mean "${meant}"?` : `The rules are ${this.#rules.join(", ")}.`,
    );
    return false;
  }

  #refuse(position: Position, message: string, hint: string): void {
    this.#problems.push({ message, hint, position });
  }
}

function isForFile({ content }: Instruction): boolean {
  return content.trimStart().startsWith("ignore-file");
}

/** The instructions among the comments of a text. */
function* instructionsIn(text: string, start: Position, standardConformingStrings = true): Generator<Instruction> {
  if (!/pgstep:/i.test(text)) return;
  const lexer = new Lexer(text, { final: true, standardConformingStrings });
  let position = start;
  let walked = 0;
  for (let token = lexer.next(); token !== TOKEN.end && token !== TOKEN.incomplete; token = lexer.next()) {
    if (token !== TOKEN.comment) continue;
    const [, content] = INSTRUCTION.exec(text.slice(lexer.start, lexer.end)) ?? [];
    if (content === undefined) continue;
    position = advance(position, text.slice(walked, lexer.start));
    walked = lexer.start;
    yield { content, position };
  }
}
