import { createHash } from "node:crypto";

/** A file's bytes are not UTF-8. */
export class NotUtf8 extends Error {
  override readonly name = "NotUtf8";
  /** 1-based line of the first byte that cannot be read. */
  readonly line: number;
  constructor(line: number) {
    super(`not UTF-8 at line ${line}`);
    this.line = line;
  }
}

/**
 * The text of UTF-8 bytes, part for part, without a byte order mark.
 * @throws NotUtf8
 */
export function* decodeSource(parts: Iterable<Uint8Array>): Generator<string> {
  const iterator = parts[Symbol.iterator]();
  const first = iterator.next();
  if (first.done) return;
  const second = iterator.next();
  if (second.done) {
    // Nearly every file: making a decoder for each costs more than reading it.
    const text = decodeWhole(first.value);
    if (text !== "") yield text;
    return;
  }
  yield* decodeParts(chain(first.value, second.value, iterator));
}

const WHOLE = new TextDecoder("utf-8", { fatal: true });

function decodeWhole(bytes: Uint8Array): string {
  try {
    return WHOLE.decode(bytes);
  } catch {
    throw new NotUtf8(1 + countLineFeeds(readableStart(bytes)));
  }
}

function* chain<T>(first: T, second: T, rest: Iterator<T>): Generator<T> {
  yield first;
  yield second;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

function* decodeParts(parts: Iterable<Uint8Array>): Generator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let linesBefore = 0;
  let previous: string | undefined;
  for (const part of parts) {
    if (previous !== undefined) linesBefore += countLineFeeds(previous);
    try {
      previous = decoder.decode(part, { stream: true });
    } catch {
      throw new NotUtf8(linesBefore + 1 + countLineFeeds(readableStart(part)));
    }
    if (previous !== "") yield previous;
  }
  try {
    decoder.decode();
  } catch {
    throw new NotUtf8(linesBefore + 1 + countLineFeeds(previous ?? ""));
  }
}

/** What stands before the first byte that is not UTF-8, roughly: enough to count its lines. */
function readableStart(part: Uint8Array): string {
  // A character cut at the start belongs to the part before; its continuation bytes are no fault of this part.
  let start = 0;
  while (start < 4 && ((part[start] ?? 0) & 0xc0) === 0x80) start++;
  const text = new TextDecoder("utf-8").decode(part.subarray(start));
  const fault = text.indexOf("\ufffd");
  return fault === -1 ? text : text.slice(0, fault);
}

function countLineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/**
 * SHA-256 of a UTF-8 text that comes in parts of bytes, in lower-case hex, without a byte order mark and with CRLF taken
 * as LF: a checkout on another system must not look like an edit.
 */
export class Checksum {
  readonly #hash = createHash("sha256");
  #started = false;
  /** A carriage return at the end of a part, until it is known what follows. */
  #heldBack = "";

  update(part: Uint8Array): void {
    const bytes = this.#started ? part : withoutByteOrderMark(part);
    this.#started = true;
    if (this.#heldBack === "" && !bytes.includes(CARRIAGE_RETURN)) {
      this.#hash.update(bytes);
      return;
    }
    // As Latin-1, bytes and characters are the same.
    const text = this.#heldBack + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    this.#heldBack = text.endsWith("\r") ? "\r" : "";
    this.#hash.update(text.slice(0, text.length - this.#heldBack.length).replaceAll("\r\n", "\n"), "latin1");
  }

  /** Ends the text and returns its checksum; call once. */
  digest(): string {
    this.#hash.update(this.#heldBack, "latin1");
    return this.#hash.digest("hex");
  }
}

const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function withoutByteOrderMark(part: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, index) => part[index] === byte) ? part.subarray(BYTE_ORDER_MARK.length) : part;
}
