/** The ATOMIC that opens a body, as opposed to a name. */
const OPENING = "BEGIN ATOMIC";
const HEADS: ReadonlySet<string> = new Set([" CREATE", " CREATE OR", " CREATE OR REPLACE"]);

/**
 * Knows whether a statement is inside the BEGIN ATOMIC ... END body of a function or procedure, whose semicolons do not
 * end it. Fed with its tokens one after the other.
 *
 * psql counts the words BEGIN, CASE and END, and loses count where one of them is a name (`SELECT 1 AS end`). The
 * grammar gives a rule without counting: each statement of the body ends with a semicolon (routine_body_stmt_list in
 * gram.y), so the END that follows a semicolon, or the opening BEGIN ATOMIC itself, closes the body. The END of a CASE
 * follows neither, even where a column is named "atomic".
 */
export class RoutineBody {
  /** Whether further tokens of this statement can matter. */
  watching = true;
  /** Whether a body is open. */
  open = false;
  /** Where the BEGIN of the body that is open is, as it was given to `see`. */
  openedAt = 0;
  #head = "";
  #previous = "";

  /** Forgets everything: another statement follows. */
  reset(): void {
    this.watching = true;
    this.open = false;
    this.#head = "";
    this.#previous = "";
  }

  /**
   * @param text the token where it is a word or a symbol, otherwise empty
   * @param nested whether it is inside parentheses
   * @param at its place
   */
  see(text: string, nested: boolean, at: number): void {
    const word = text.toUpperCase();
    if (this.#head !== "routine") this.#readHead(word);
    else this.#readRoutine(nested ? "" : word, at);
  }

  #readHead(word: string): void {
    if (this.#head !== "" && (word === "FUNCTION" || word === "PROCEDURE")) {
      this.#head = "routine";
      return;
    }
    this.#head += ` ${word}`;
    if (!HEADS.has(this.#head)) this.watching = false;
  }

  #readRoutine(word: string, at: number): void {
    const previous = this.#previous;
    this.#previous = word;
    if (word === "END" && (previous === ";" || previous === OPENING)) this.open = false;
    if (this.open) return;
    if (word === "BEGIN") this.openedAt = at;
    if (word !== "ATOMIC" || previous !== "BEGIN") return;
    this.open = true;
    this.#previous = OPENING;
  }
}
