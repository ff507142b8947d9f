import type { Statement } from "../sql/statement.ts";
import { TokenCursor } from "../sql/token-cursor.ts";
import { parseBoolean, settingChange } from "../statements/set.ts";
import { transactionControl } from "../statements/transaction-control.ts";

/** Tracks standard_conforming_strings through the statements of a file, as far as their text shows it. */
export class StringReading {
  readonly #initial: boolean;
  #session: boolean;
  /** Valid until the end of the transaction. */
  #local: boolean | undefined;

  constructor(initial: boolean) {
    this.#initial = initial;
    this.#session = initial;
  }

  /** True if a backslash is an ordinary character in '..' strings after this statement. */
  after(statement: Statement): boolean {
    this.#follow(statement);
    return this.#local ?? this.#session;
  }

  #follow(statement: Statement): void {
    const control = transactionControl(new TokenCursor(statement));
    if (control) {
      if (control.transaction === "commit" || control.transaction === "rollback") this.#local = undefined;
      return;
    }
    const change = settingChange(new TokenCursor(statement));
    if (change?.name !== "standard_conforming_strings" && change?.name !== "all") return;
    const value = change.value === undefined ? this.#initial : parseBoolean(change.value);
    if (value === undefined) return;
    if (change.local) this.#local = value;
    else {
      this.#session = value;
      this.#local = undefined;
    }
  }
}
