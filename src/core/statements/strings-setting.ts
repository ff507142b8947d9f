import { QUOTE } from "../sql/characters.ts";
import { Lexer, TOKEN } from "../sql/lexer.ts";
import type { Statement } from "../sql/statement.ts";

/**
 * Whether a statement reads differently with the other value of standard_conforming_strings: whether a backslash stands
 * in one of its plain '..' strings. E'..' and dollar quotes read the same, and U&'..' is refused where it is off.
 */
export function dependsOnStrings({ text, standardConformingStrings }: Statement): boolean {
  if (!text.includes("\\") || !text.includes("'")) return false;
  const lexer = new Lexer(text, { final: true, standardConformingStrings });
  for (let token = lexer.next(); token !== TOKEN.end && token !== TOKEN.incomplete; token = lexer.next()) {
    if (token !== TOKEN.string || text.charCodeAt(lexer.start) !== QUOTE) continue;
    const backslash = text.indexOf("\\", lexer.start);
    if (backslash === -1) return false;
    if (backslash < lexer.end) return true;
  }
  return false;
}

/** Statements that change no setting unless a function or a trigger of the database's own does. */
const QUIET =
  /^(?:INSERT|UPDATE|DELETE|MERGE|COPY|CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE|TRUNCATE|SAVEPOINT|RELEASE|LOCK|ANALYZE|SECURITY|CLOSE|DEALLOCATE|REASSIGN|NOTIFY|LISTEN|UNLISTEN)\b/i;
const NAMES_SETTING = /set_config|pg_settings|standard_conforming|^CREATE\s+EXTENSION\b/i;

/**
 * Whether standard_conforming_strings may be another behind a statement, in a way that its text tells or not: SET, a
 * function that is called, ROLLBACK TO SAVEPOINT, which takes a SET back.
 */
export function mayChangeStrings({ text }: Statement): boolean {
  return !QUIET.test(text) || NAMES_SETTING.test(text);
}
