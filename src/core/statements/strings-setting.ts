import { QUOTE } from "../sql/characters.ts";
import { Lexer, TOKEN } from "../sql/lexer.ts";
import type { Statement } from "../sql/statement.ts";

/**
 * True if a statement has another meaning with the other value of standard_conforming_strings: one of its plain '..'
 * strings contains a backslash. E'..' and dollar quotes do not change, and U&'..' is rejected if it is off.
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

/** Statements that change no setting unless a function or trigger of the database does. */
const QUIET =
  /^(?:INSERT|UPDATE|DELETE|MERGE|COPY|CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE|TRUNCATE|SAVEPOINT|RELEASE|LOCK|ANALYZE|SECURITY|CLOSE|DEALLOCATE|REASSIGN|NOTIFY|LISTEN|UNLISTEN)\b/i;
const NAMES_SETTING = /set_config|pg_settings|standard_conforming|^CREATE\s+EXTENSION\b/i;

/**
 * True if standard_conforming_strings may have changed after a statement, visibly or not: by SET, by a function call,
 * or by ROLLBACK TO SAVEPOINT, which undoes a SET.
 */
export function mayChangeStrings({ text }: Statement): boolean {
  return !QUIET.test(text) || NAMES_SETTING.test(text);
}
