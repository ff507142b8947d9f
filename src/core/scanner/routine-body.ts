/** The ATOMIC that opens a body, as opposed to a name. */
const OPENING = "BEGIN ATOMIC";
const HEADS: ReadonlySet<string> = new Set([" CREATE", " CREATE OR", " CREATE OR REPLACE"]);

/**
 * Detects whether a statement is inside the BEGIN ATOMIC ... END body of a function or procedure, whose semicolons do
 * not end it. Takes the statement's tokens one by one.
 *
 * psql counts the words BEGIN, CASE and END, and loses count if one of them is a name (`SELECT 1 AS end`). The grammar
 * gives a rule without counting: each statement of the body ends with a semicolon (routine_body_stmt_list in gram.y),
 * so the END after a semicolon, or after the opening BEGIN ATOMIC itself, closes the body. The END of a CASE follows
 * neither, even if a column is named "atomic".
 */
export class RoutineBody {
  /** True while further tokens of this statement can matter. */
  watching = true;
  /** True while a body is open. */
  open = false;
  /** The place of the open body's BEGIN, as given to `see`. */
  openedAt = 0;
  #head = "";
  #previous = "";

  /** Forgets everything, before another statement. */
  reset(): void {
    this.watching = true;
    this.open = false;
    this.#head = "";
    this.#previous = "";
  }

  /**
   * @param text the token if it is a word or a symbol, otherwise empty
   * @param nested true if it is inside parentheses
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
