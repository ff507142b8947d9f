import { isUtf8 } from "node:buffer";
import { createHash, hash } from "node:crypto";

/** A file's bytes are not UTF-8. */
export class NotUtf8 extends Error {
  override readonly name = "NotUtf8";
  /** 1-based line of the first invalid byte. */
  readonly line: number;
  /** The likely encoding, as iconv calls it. */
  readonly likely: "utf-16" | "latin1";
  constructor(line: number, bytes: Uint8Array) {
    super(`not UTF-8 at line ${line}`);
    this.line = line;
    // A byte order mark, which PowerShell and some editors write.
    const [first, second] = bytes;
    const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
    this.likely = line === 1 && marked ? "utf-16" : "latin1";
  }
}

/**
 * The text of UTF-8 bytes, part by part, without a byte order mark. A character that is cut goes with the next part.
 * @throws NotUtf8
 */
export function* decodeSource(parts: Iterable<Uint8Array>): Generator<string> {
  const decoder = new SourceDecoder();
  for (const part of parts) {
    const text = decoder.decode(part);
    if (text !== "") yield text;
  }
  decoder.end();
}

/** The same for callers that need some of the bytes undecoded. Keeps no reference to a part. */
export class SourceDecoder {
  #heldBack: Uint8Array = new Uint8Array();
  #lines = 1;
  #started = false;

  /** The text of the next part. @throws NotUtf8 */
  decode(part: Uint8Array): string {
    const text = decode(this.#wholeCharacters(part), this.#lines);
    this.#lines += countLineFeeds(text);
    return text;
  }

  /** True if the next part is UTF-8. Twice as fast as its text, for callers that do not need it; its lines do not count. */
  accepts(part: Uint8Array): boolean {
    return isUtf8(this.#wholeCharacters(part));
  }

  #wholeCharacters(part: Uint8Array): Uint8Array {
    const bytes = this.takeBytes(part);
    const end = bytes.length - cutCharacter(bytes);
    if (end < bytes.length) this.#heldBack = new Uint8Array(bytes.subarray(end));
    return bytes.subarray(0, end);
  }

  /** The next part undecoded, after the bytes of a cut character. Its lines do not count. */
  takeBytes(part: Uint8Array): Uint8Array {
    const bytes = this.#started ? part : withoutByteOrderMark(part);
    this.#started = true;
    if (this.#heldBack.length === 0) return bytes;
    const whole = Buffer.concat([this.#heldBack, bytes]);
    this.#heldBack = new Uint8Array();
    return whole;
  }

  /** True if the last part ended within a character. */
  get isInCharacter(): boolean {
    return this.#heldBack.length > 0;
  }

  /** Ends the text. @throws NotUtf8 when it ends within a character */
  end(): void {
    decode(this.#heldBack, this.#lines);
  }
}

/**
 * The text of a whole file's bytes, as `decodeSource` gives it.
 * @throws NotUtf8
 */
export function decodeWhole(bytes: Uint8Array): string {
  const text = LENIENT.decode(bytes);
  return text.includes(REPLACEMENT) ? decode(withoutByteOrderMark(bytes), 1) : text;
}

/** Faster than a Buffer for short texts. */
const LENIENT = new TextDecoder();
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const REPLACEMENT = "\ufffd";

/** Several times faster than a strict decoder, which runs only if something may be wrong. */
function decode(bytes: Uint8Array, lines: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const doubtful = text.indexOf(REPLACEMENT);
  if (doubtful === -1) return text;
  try {
    return STRICT.decode(bytes);
  } catch {
    throw new NotUtf8(lines + countLineFeeds(text.slice(0, doubtful)), bytes);
  }
}

/** The number of bytes at the end that begin an incomplete character. */
function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

function countLineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/**
 * SHA-256, in lower-case hex, of a UTF-8 text that comes in parts of bytes, without a byte order mark and with CRLF
 * read as LF: a checkout on another system must not look like an edit.
 */
export class Checksum {
  readonly #hash = createHash("sha256");
  #started = false;
  /** A carriage return at the end of a part, until the next byte is known. */
  #heldBack = "";

  update(part: Uint8Array): void {
    const bytes = this.#started ? part : withoutByteOrderMark(part);
    this.#started = true;
    if (this.#heldBack === "" && !bytes.includes(CARRIAGE_RETURN)) {
      this.#hash.update(bytes);
      return;
    }
    // In Latin-1, bytes and characters are the same.
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

/** The same for a whole text without a byte order mark: half the cost for short texts. */
export function checksumOf(text: string): string {
  return hash("sha256", text.replaceAll("\r\n", "\n"), "hex");
}

const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function withoutByteOrderMark(part: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, index) => part[index] === byte) ? part.subarray(BYTE_ORDER_MARK.length) : part;
}
