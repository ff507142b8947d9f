/** What PostgreSQL's own parser has read of the files. */
export interface SyntaxCheck {
  /** The major version of PostgreSQL that the parser is from. */
  readonly parser: number;
  /** The number of parsed statements, with those that have errors. */
  readonly parsed: number;
  /** Statements that were not parsed, or not completely; empty for none. */
  readonly unparsed: readonly { readonly reason: UnparsedReason; readonly statements: number }[];
}

/**
 * Why a statement was not parsed.
 * - large: it is above 1 MB
 * - copy-rows: the statement was parsed, but not the rows of its COPY
 * - placeholders: the values of its placeholders are known in another environment
 * - strings: the file switched standard_conforming_strings off, and the statement has a backslash
 * - parser: the parser gave no verdict, e.g. because of too many nested levels
 */
export type UnparsedReason = "large" | "copy-rows" | "placeholders" | "strings" | "parser";
