import { parsePsqlCommand } from "../sql/psql-command.ts";
import type { Piece, Place, Statement } from "../sql/statement.ts";
import { advance } from "../text/position.ts";
import { findOtherToolMarker } from "./other-tool-marker.ts";
import { PlaceCounter } from "./place-counter.ts";
import { type ErrorWords, NUL_CHARACTER, otherTool } from "./statement-problem.ts";
import type { Substitution } from "./substitution.ts";

/** Splits the text of a file, given without gaps, into pieces with their places. */
export class PieceWriter {
  #pieces: Piece[] = [];
  readonly #counter = new PlaceCounter();
  /** The offset of the file's first NUL character, if any: one finding is enough. */
  #nulOffset = Number.POSITIVE_INFINITY;

  /** True once a marker of another tool was reported: one is enough. */
  #isMarked = false;

  /** Announces a NUL character in text to come. */
  expectNul(offset: number): void {
    this.#nulOffset = Math.min(this.#nulOffset, offset);
  }

  /** The pieces since the last call. */
  takePieces(): Piece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  blank(text: string): void {
    if (text === "") return;
    this.#findMarker(text, true);
    this.#add({ kind: "blank", text }, this.#counter.offset);
  }

  /** @param substitution of the text as written in the file, if anything in it was replaced */
  statement(written: string, standardConformingStrings: boolean, substitution?: Substitution): Statement {
    this.#findMarker(written, standardConformingStrings);
    const { position, offset } = this.#counter;
    const { text = written, replacements = [] } = substitution ?? {};
    const replaced = replacements.length > 0 && { written, replacements };
    const statement: Statement = {
      ...{ kind: "statement", text, position, offset, standardConformingStrings },
      ...(replaced && { replaced }),
    };
    this.#add(statement, offset, written);
    return statement;
  }

  /** Reports the file's first marker of another tool, in a text that is about to be written. */
  #findMarker(text: string, standardConformingStrings: boolean): void {
    const marker = this.#isMarked ? undefined : findOtherToolMarker(text, standardConformingStrings);
    if (!marker) return;
    this.#isMarked = true;
    const { position, offset } = this.#counter;
    const place = { position: advance(position, text.slice(0, marker.at)), offset: offset + marker.at };
    this.problemAt(otherTool(marker), place);
  }

  psql(text: string): void {
    const { position, offset } = this.#counter;
    const { command, arguments: values } = parsePsqlCommand(text);
    this.#add({ kind: "psql", text, position, offset, command, arguments: values }, offset);
  }

  copyData(text: string): void {
    if (text === "") return;
    const { position, offset } = this.#counter;
    const nul = this.#nulOffset - offset;
    if (nul >= 0 && nul < text.length) {
      // Rows come in parts that are cut anywhere, so only the character itself is dropped.
      this.copyData(text.slice(0, nul));
      this.problem(NUL_CHARACTER, text.slice(nul, nul + 1), 0);
      this.copyData(text.slice(nul + 1));
      return;
    }
    this.#add({ kind: "copy-data", text, position, offset }, offset);
  }

  /** Skips bytes that become no piece here. @param bytes as Latin-1 */
  passBytes(bytes: string): void {
    this.#counter.walkBytes(bytes);
  }

  copyEnd(text: string): void {
    const { position, offset } = this.#counter;
    this.#add({ kind: "copy-end", text, position, offset }, offset);
  }

  /** @param at the offset of the error in `text`, in UTF-16 units */
  problem(words: ErrorWords, text: string, at: number): void {
    this.#counter.walk(text.slice(0, at));
    const { position, offset } = this.#counter;
    this.#counter.walk(text.slice(at));
    this.#pieces.push({ kind: "error", ...words, text, position, offset });
  }

  /** Reports one or more errors, in order, in a text that is dropped; offsets are UTF-16 units in the text. */
  problems(problems: readonly { readonly words: ErrorWords; readonly at: number }[], text: string): void {
    const { offset } = this.#counter;
    let { position } = this.#counter;
    let walked = 0;
    for (const [index, { words, at }] of problems.entries()) {
      position = advance(position, text.slice(walked, at));
      walked = at;
      if (index === 0) this.problem(words, text, at);
      else this.problemAt(words, { position, offset: offset + at });
    }
  }

  /** Reports an error at a place whose text is in other pieces. */
  problemAt(words: ErrorWords, { position, offset }: Place): void {
    this.#pieces.push({ kind: "error", ...words, text: "", position, offset });
  }

  #add(piece: Piece, offset: number, written = piece.text): void {
    const nul = this.#nulOffset - offset;
    if (nul >= 0 && nul < written.length) {
      this.problem(NUL_CHARACTER, written, nul);
    } else {
      this.#pieces.push(piece);
      this.#counter.walk(written);
    }
  }
}
