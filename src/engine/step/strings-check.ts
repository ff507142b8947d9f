import type { Statement } from "../../core/sql/statement.ts";
import { dependsOnStrings, mayChangeStrings } from "../../core/statements/strings-setting.ts";
import { assertSql } from "../history/history-table.ts";

/**
 * Makes sure that the server parses '..' as the scanner did, which decides where a statement ends. One message checks
 * standard_conforming_strings before the first statement that depends on it, and again after statements that may have
 * changed it. A different value fails the transaction, and the server then refuses the statement. So no answer has to
 * be awaited.
 */
export class StringsCheck {
  #isSure = false;
  #last: Statement | undefined;

  /** The check to send before this statement, if any; called for each statement of a file, in order. */
  before(statement: Statement): string | undefined {
    const depends = dependsOnStrings(statement);
    const check = depends && !this.#isSure ? checkSql(statement) : undefined;
    if (depends) {
      this.#isSure = true;
      this.#last = statement;
    }
    if (mayChangeStrings(statement)) {
      this.#isSure = false;
      this.#last = undefined;
    }
    return check;
  }

  /**
   * The check to send after the file's last statement, and the statement it is about: a trigger may have changed the
   * setting.
   */
  atEnd(): { readonly sql: string; readonly statement: Statement } | undefined {
    const statement = this.#last;
    return statement && { sql: checkSql(statement), statement };
  }
}

/** Uses no operators, because the search path is the file's. */
function checkSql({ standardConformingStrings }: Statement): string {
  const value = "pg_catalog.current_setting('standard_conforming_strings')";
  return assertSql(`pg_catalog.texteq(${value}, '${standardConformingStrings ? "on" : "off"}')`, "strings");
}
