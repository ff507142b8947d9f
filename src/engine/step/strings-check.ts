import type { Statement } from "../../core/sql/statement.ts";
import { dependsOnStrings, mayChangeStrings } from "../../core/statements/strings-setting.ts";
import { assertSql } from "../history/history-table.ts";

/**
 * Makes sure that the server reads '..' as the scanner did, which decides where a statement ends. Before the first
 * statement that reads differently with the other value of standard_conforming_strings, and again behind statements that
 * may have changed it, one message asks; it fails the transaction when the value is another, and the server then refuses
 * the statement. So nothing has to be waited for.
 */
export class StringsCheck {
  #isSure = false;
  #last: Statement | undefined;

  /** What is to be sent before this statement of a file; called for each, in their order. */
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
   * What is to be sent behind the file's last statement, and the statement that it is about: a trigger may have changed
   * what no statement did.
   */
  atEnd(): { readonly sql: string; readonly statement: Statement } | undefined {
    const statement = this.#last;
    return statement && { sql: checkSql(statement), statement };
  }
}

/** Without operators: the search path is the file's. */
function checkSql({ standardConformingStrings }: Statement): string {
  const value = "pg_catalog.current_setting('standard_conforming_strings')";
  return assertSql(`pg_catalog.texteq(${value}, '${standardConformingStrings ? "on" : "off"}')`, "strings");
}
