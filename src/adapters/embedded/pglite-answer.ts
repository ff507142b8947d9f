import type { PgliteBackend } from "../../ports/pglite.ts";

/** The end of PGlite's answer to one query. */
export interface PgliteAnswer {
  /** The first column of the last row, as text; undefined without a row. */
  readonly value: string | undefined;
  /** False while a transaction is open. */
  readonly isIdle: boolean;
}

/** Runs one query outside of a session (PostgreSQL documentation, 54.7 Message Formats); a failure gives no value. */
export async function askPglite(pglite: PgliteBackend, sql: string): Promise<PgliteAnswer> {
  const text = Buffer.from(`${sql}\0`);
  const message = Buffer.concat([Buffer.from([QUERY, 0, 0, 0, 0]), text]);
  message.writeUInt32BE(text.length + 4, 1);
  const parts: Uint8Array[] = [];
  await pglite.execProtocolRawStream(message, { onRawData: (bytes) => parts.push(new Uint8Array(bytes)) });
  return readAnswer(Buffer.concat(parts));
}

function readAnswer(bytes: Buffer): PgliteAnswer {
  let value: string | undefined;
  let isIdle = false;
  for (let at = 0; at + HEADER <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) {
    const body = at + HEADER;
    if (bytes[at] === DATA_ROW) {
      const size = bytes.readInt32BE(body + 2);
      value = bytes.toString("utf8", body + 6, body + 6 + size);
    }
    if (bytes[at] === READY_FOR_QUERY) isIdle = bytes[body] === IDLE;
  }
  return { value, isIdle };
}

/** A type byte and a length, which counts itself. */
const HEADER = 5;
const QUERY = 0x51;
const DATA_ROW = 0x44;
const READY_FOR_QUERY = 0x5a;
const IDLE = 0x49;
