import type { SessionState } from "../../ports/session.ts";
import { notUnderstood } from "./answer-rules.ts";
import { readStrings } from "./backend-messages.ts";

/** The state that the backend reports of its session (PostgreSQL documentation, 54.2.7 Asynchronous Operations). */
export class ReportedState {
  readonly parameters = new Map<string, string>();
  #state: SessionState = { transaction: "none", standardConformingStrings: true, readOnlyByDefault: undefined };

  get state(): SessionState {
    return this.#state;
  }

  /** @param body the body of a ParameterStatus */
  noteParameter(body: Buffer): void {
    const [name = "", value = ""] = readStrings(body);
    this.parameters.set(name, value);
    if (this.parameters.size > MOST_PARAMETERS) throw notUnderstood(`more than ${MOST_PARAMETERS} parameters`);
    const readOnly = this.parameters.get("default_transaction_read_only");
    this.#state = {
      ...this.#state,
      standardConformingStrings: this.parameters.get("standard_conforming_strings") !== "off",
      readOnlyByDefault: readOnly === undefined ? undefined : readOnly === "on",
    };
  }

  /** The state after a message; one object is shared by thousands of messages. @param status of ReadyForQuery */
  after(status: number | undefined): SessionState {
    const transaction = status === IDLE ? "none" : status === OPEN ? "open" : "failed";
    if (this.#state.transaction !== transaction) this.#state = { ...this.#state, transaction };
    return this.#state;
  }
}

const IDLE = 0x49;
const OPEN = 0x54;
/** PostgreSQL 18 reports 15; extensions may add more. */
const MOST_PARAMETERS = 1_000;
