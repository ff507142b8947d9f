import type { Node } from "../core/parse-tree/node.ts";

/**
 * The parser's answer.
 * - parsed: the server would parse the text as well. `trees` builds a tree for each statement in it, at each call;
 *   every `location` in them is a UTF-16 index of the text
 * - problem: the server would refuse the text with this message; `offset` is a UTF-16 index of the text, its length for an
 *   error at the end
 * - unread: no verdict: the text is nested too deeply, or the parser is known to differ from the server here
 */
export type Parsed =
  | { readonly kind: "parsed"; trees(): readonly Node[] }
  | { readonly kind: "error"; readonly message: string; readonly offset: number }
  | { readonly kind: "unread" };

/** PostgreSQL's own parser. It knows no catalog: it does not look up names. */
export interface SqlParser {
  /** The major version of PostgreSQL whose syntax it knows. */
  readonly major: number;
  /**
   * Parses a text as the server would, with `standard_conforming_strings` on. Must not fail for any text, and must
   * stay usable after every text.
   */
  parse(text: string): Promise<Parsed>;
}
