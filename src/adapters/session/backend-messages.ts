import type { ServerMessage } from "../../core/failure/failure.ts";
import type { StatementResult } from "../../ports/session.ts";
import { GrowingBytes } from "./growing-bytes.ts";

/** Handles the messages of a stream. All methods are called in the order of the stream. */
export interface MessageVisitor {
  /**
   * Returns true if the body of a message is wanted. Called as soon as its header has arrived; an error ends the scan.
   * @param length as announced: of the body, and of itself (4)
   */
  wantsBody(type: number, length: number): boolean;
  /** Gets a message, with an empty body if that was not wanted. Returns false to drop the message. */
  visit(type: number, body: Buffer): boolean;
  forward(bytes: Buffer): void;
}

/**
 * Splits a backend's byte stream into messages: a type byte, a length of four bytes that counts itself, a body
 * (PostgreSQL documentation, 54.7 Message Formats). Only wanted bodies are assembled; of all other messages only the
 * header is read, so that a row of any size passes without being copied. A body that arrives in many chunks is read
 * once, when it is complete.
 */
export class MessageScanner {
  readonly #visitor: MessageVisitor;
  /** The start of an incomplete message: its header, or a part of that, and its body so far. */
  readonly #held = new GrowingBytes();
  /** The number of held bytes that are needed to continue with the message. */
  #needed = 0;
  /** Bytes of a passed-through message that have not arrived yet. */
  #missing = 0;
  #dropping = false;

  constructor(visitor: MessageVisitor) {
    this.#visitor = visitor;
  }

  push(chunk: Buffer): void {
    if (this.#needed === 0) {
      this.#scan(chunk);
      return;
    }
    this.#held.add(chunk);
    if (this.#held.length < this.#needed) return;
    this.#needed = 0;
    this.#scan(this.#held.take());
  }

  #scan(bytes: Buffer): void {
    let start = 0;
    let index = 0;
    if (this.#missing > 0) {
      index = Math.min(this.#missing, bytes.length);
      this.#missing -= index;
      if (this.#dropping) start = index;
    }
    while (index < bytes.length) {
      const left = bytes.length - index;
      this.#needed = HEADER;
      if (left < HEADER) break;
      const type = bytes[index] ?? 0;
      const length = bytes.readUInt32BE(index + 1);
      const size = 1 + length;
      const whole = this.#visitor.wantsBody(type, length);
      if (whole) this.#needed = size;
      if (whole && left < size) break;
      this.#needed = 0;
      const body = whole ? bytes.subarray(index + HEADER, index + size) : EMPTY;
      const before = index;
      const kept = this.#visitor.visit(type, body);
      index = Math.min(index + size, bytes.length);
      this.#missing = size - (index - before);
      this.#dropping = !kept;
      if (!kept) {
        if (before > start) this.#visitor.forward(bytes.subarray(start, before));
        start = index;
      }
    }
    if (index > start) this.#visitor.forward(bytes.subarray(start, index));
    if (index < bytes.length) this.#held.add(bytes.subarray(index));
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
const HEADER = 5;

/** Type bytes of the messages that are handled here. */
export const MESSAGE = {
  authentication: 0x52,
  backendKeyData: 0x4b,
  bindComplete: 0x32,
  commandComplete: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyInResponse: 0x47,
  copyOutResponse: 0x48,
  dataRow: 0x44,
  emptyQueryResponse: 0x49,
  errorResponse: 0x45,
  negotiateProtocolVersion: 0x76,
  noData: 0x6e,
  noticeResponse: 0x4e,
  notificationResponse: 0x41,
  parameterStatus: 0x53,
  parseComplete: 0x31,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const;

/** A ReadyForQuery message outside a transaction. */
export const READY_FOR_QUERY = Buffer.from([MESSAGE.readyForQuery, 0, 0, 0, 5, 0x49]);

/** The strings of a body that consists of zero-terminated strings. */
export function readStrings(body: Buffer): string[] {
  const strings = body.toString("utf8").split("\0");
  strings.pop();
  return strings;
}

/** Parses an ErrorResponse or NoticeResponse (PostgreSQL documentation, 54.8 Error and Notice Message Fields). */
export function readServerMessage(body: Buffer): ServerMessage {
  const fields = new Map<string, string>();
  for (const entry of readStrings(body)) if (entry !== "") fields.set(entry.slice(0, 1), entry.slice(1));
  return serverMessage((name) => fields.get(FIELDS[name]));
}

const FIELDS = {
  severity: "V",
  severity_local: "S",
  code: "C",
  message: "M",
  detail: "D",
  hint: "H",
  where: "W",
  position: "P",
  internal_query: "q",
  internal_position: "p",
  schema_name: "s",
  table_name: "t",
  column_name: "c",
  constraint_name: "n",
  routine: "R",
} as const;

/** A server message from its fields under the names that the driver gives them. */
export function serverMessage(field: (name: keyof typeof FIELDS) => string | undefined): ServerMessage {
  const detail = field("detail");
  const hint = field("hint");
  const where = field("where");
  const position = field("position");
  const internalQuery = field("internal_query");
  const internalPosition = field("internal_position");
  const schema = field("schema_name");
  const table = field("table_name");
  const column = field("column_name");
  const constraint = field("constraint_name");
  const routine = field("routine");
  return {
    severity: field("severity") ?? field("severity_local") ?? "ERROR",
    code: field("code") ?? "XX000",
    message: field("message") ?? "",
    ...(detail !== undefined && { detail }),
    ...(hint !== undefined && { hint }),
    ...(where !== undefined && { where }),
    ...(isNumber(position) && { position: Number(position) }),
    ...(internalQuery !== undefined && { internalQuery }),
    ...(isNumber(internalPosition) && { internalPosition: Number(internalPosition) }),
    ...(schema !== undefined && { schema }),
    ...(table !== undefined && { table }),
    ...(column !== undefined && { column }),
    ...(constraint !== undefined && { constraint }),
    ...(routine !== undefined && { routine }),
  };
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,9}$/.test(text);
}

/** Parses the command tag (CommandComplete; PostgreSQL documentation, 54.7): "INSERT 0 5", "CREATE TABLE". */
export function taggedResult(tag: string): Pick<StatementResult, "command" | "rowCount"> {
  const end = tag.search(/ \d+(?: \d+)?$/);
  if (end === -1) return { command: tag, rowCount: null };
  return { command: tag.slice(0, end), rowCount: Number(tag.slice(tag.lastIndexOf(" ") + 1)) };
}
