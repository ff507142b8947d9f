import { sizeText } from "../../core/text/size.ts";
import { NOT_UNDERSTOOD } from "../../ports/session.ts";
import { MESSAGE } from "./backend-messages.ts";

/** The server sent a message that the protocol does not allow at that point, or an answer that is too large. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** An answer that violates the protocol. @param what "a row of 3 values for 2 columns" */
export function notUnderstood(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError(`${NOT_UNDERSTOOD}: ${what}`, { cause });
}

/** The first message is not one of a PostgreSQL server. */
export function notPostgres(): ProtocolError {
  return new ProtocolError("the other end is not a PostgreSQL server");
}

/** The longest error or notice: a server could send a gigabyte, which does not fit into a JavaScript string. */
const LONGEST_TEXT = 256 << 20;

/**
 * The length limits of each message type, including the length field (4). The shortest follow from PostgreSQL's
 * documentation (54.7 Message Formats); libpq, too, accepts more than 30,000 bytes only for some types.
 */
const LENGTHS: ReadonlyMap<number, readonly [shortest: number, longest: number]> = new Map([
  [MESSAGE.authentication, [8, 30_000]],
  [MESSAGE.backendKeyData, [12, 264]],
  [MESSAGE.bindComplete, [4, 4]],
  [MESSAGE.commandComplete, [5, 30_000]],
  [MESSAGE.copyData, [4, 0x3fff_ffff]],
  [MESSAGE.copyDone, [4, 4]],
  [MESSAGE.copyInResponse, [7, 30_000]],
  [MESSAGE.copyOutResponse, [7, 30_000]],
  [MESSAGE.dataRow, [6, 0x3fff_ffff]],
  [MESSAGE.emptyQueryResponse, [4, 4]],
  [MESSAGE.errorResponse, [5, LONGEST_TEXT]],
  [MESSAGE.negotiateProtocolVersion, [12, 30_000]],
  [MESSAGE.noData, [4, 4]],
  [MESSAGE.noticeResponse, [5, LONGEST_TEXT]],
  [MESSAGE.notificationResponse, [10, 30_000]],
  [MESSAGE.parameterStatus, [6, 30_000]],
  [MESSAGE.parseComplete, [4, 4]],
  [MESSAGE.readyForQuery, [5, 5]],
  [MESSAGE.rowDescription, [6, 0x3fff_ffff]],
]);

/** The messages that a server may send before it is ready (54.2.1 Start-up). */
const AT_START: ReadonlySet<number> = new Set([
  MESSAGE.authentication,
  MESSAGE.backendKeyData,
  MESSAGE.errorResponse,
  MESSAGE.negotiateProtocolVersion,
  MESSAGE.noticeResponse,
  MESSAGE.parameterStatus,
  MESSAGE.readyForQuery,
]);

/** Messages that are allowed only during the log-in. */
const ONLY_AT_START: ReadonlySet<number> = new Set([
  MESSAGE.authentication,
  MESSAGE.backendKeyData,
  MESSAGE.negotiateProtocolVersion,
]);

/** @throws ProtocolError if a message's header is invalid. @param ready true after the log-in */
export function checkHeader(type: number, length: number, ready: boolean): void {
  if (!ready && !AT_START.has(type)) throw notPostgres();
  const lengths = LENGTHS.get(type);
  if (!lengths || (ready && ONLY_AT_START.has(type))) {
    throw notUnderstood(`a message of type ${type >= 0x20 && type < 0x7f ? String.fromCharCode(type) : type}`);
  }
  if (length >= lengths[0] && length <= lengths[1]) return;
  throw ready ? notUnderstood(`a ${nameOf(type)} of ${sizeText(length)}`) : notPostgres();
}

/** @throws ProtocolError if the body of a message does not match its type */
export function checkBody(type: number, body: Buffer): void {
  switch (type) {
    case MESSAGE.authentication:
      if (!AUTHENTICATION_KINDS.has(body.readUInt32BE(0))) throw new ProtocolError(UNKNOWN_METHOD);
      break;
    case MESSAGE.commandComplete:
      if (body.indexOf(0) !== body.length - 1) throw malformed(type);
      break;
    case MESSAGE.errorResponse:
    case MESSAGE.noticeResponse:
      // Fields, each ending with a zero, then a zero.
      if (body.length > 1 ? body.at(-1) !== 0 || body.at(-2) !== 0 : body[0] !== 0) throw malformed(type);
      break;
    case MESSAGE.parameterStatus:
      if (body.indexOf(0, body.indexOf(0) + 1) !== body.length - 1 || body[0] === 0) throw malformed(type);
      break;
    case MESSAGE.readyForQuery:
      if (body[0] !== 0x49 && body[0] !== 0x54 && body[0] !== 0x45) throw malformed(type);
      break;
  }
}

/** True if an Authentication message asks for a password. */
export function asksForPassword(body: Buffer): boolean {
  return PASSWORD_KINDS.has(body.readUInt32BE(0));
}

/** Clear text, MD5, SASL (54.7, AuthenticationCleartextPassword and those after it). */
const PASSWORD_KINDS: ReadonlySet<number> = new Set([3, 5, 10]);
/** These, AuthenticationOk, and the later steps of SASL: the kinds that the driver supports. */
const AUTHENTICATION_KINDS: ReadonlySet<number> = new Set([0, 11, 12, ...PASSWORD_KINDS]);
const UNKNOWN_METHOD = "the server asks for an authentication method that is not supported (GSSAPI or SSPI)";

/** The number of columns that a RowDescription has. @throws ProtocolError */
export function columnsIn(body: Buffer): number {
  const columns = body.readUInt16BE(0);
  let index = 2;
  for (let column = 0; column < columns; column++) {
    const end = body.indexOf(0, index);
    if (end === -1) throw malformed(MESSAGE.rowDescription);
    index = end + 1 + COLUMN_FACTS;
  }
  if (index !== body.length) throw malformed(MESSAGE.rowDescription);
  return columns;
}

/** @throws ProtocolError if a DataRow does not have that many values */
export function checkRow(body: Buffer, columns: number | undefined): void {
  if (columns === undefined) throw notUnderstood("a row without a description");
  const values = body.readUInt16BE(0);
  if (values !== columns) throw notUnderstood(`a row of ${values} values for ${columns} columns`);
  let index = 2;
  for (let value = 0; value < values; value++) {
    if (index + 4 > body.length) throw malformed(MESSAGE.dataRow);
    const length = body.readInt32BE(index);
    if (length < -1) throw malformed(MESSAGE.dataRow);
    index += 4 + Math.max(length, 0);
  }
  if (index !== body.length) throw malformed(MESSAGE.dataRow);
}

function malformed(type: number): ProtocolError {
  return notUnderstood(`a malformed ${nameOf(type)}`);
}

function nameOf(type: number): string {
  const name = Object.entries(MESSAGE).find(([, code]) => code === type)?.[0] ?? "message";
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** Bytes of each column after its name: table, number, type, size, modifier, format. */
const COLUMN_FACTS = 4 + 2 + 4 + 2 + 4 + 2;
