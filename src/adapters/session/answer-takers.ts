import type { ServerMessage } from "../../core/failure/failure.ts";
import type { Relayed } from "../../ports/session.ts";
import { MESSAGE, readServerMessage } from "./backend-messages.ts";

/** Receives parts of the answer to one message. */
export interface AnswerTaker {
  wants(type: number): boolean;
  /** The body is valid only during the call. */
  take(type: number, body: Buffer): void;
}

/** Takes the rows of a COPY TO STDOUT. */
export function copiedRows(take: (row: Uint8Array) => void): AnswerTaker {
  return { wants: (type) => type === MESSAGE.copyData, take: (_type, body) => take(body) };
}

/** Takes the first column of the rows of a statement, as text. */
export function firstColumn(values: string[]): AnswerTaker {
  return {
    wants: (type) => type === MESSAGE.dataRow,
    take(_type, body) {
      const length = body.length < 6 ? -1 : body.readInt32BE(2);
      if (length >= 0) values.push(body.toString("utf8", 6, 6 + length));
    },
  };
}

/** Keeps a whole answer as the server sent it. */
export class WholeAnswer implements AnswerTaker {
  readonly #parts: Buffer[] = [];
  #failure: ServerMessage | undefined;

  wants(): boolean {
    return true;
  }

  take(type: number, body: Buffer): void {
    if (type === MESSAGE.errorResponse) this.#failure = readServerMessage(body);
    const header = Buffer.allocUnsafe(5);
    header[0] = type;
    header.writeUInt32BE(body.length + 4, 1);
    this.#parts.push(header, Buffer.from(body));
  }

  get relayed(): Relayed {
    return { bytes: Buffer.concat(this.#parts), ...(this.#failure && { failure: this.#failure }) };
  }
}
