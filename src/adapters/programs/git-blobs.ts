import { Checksum } from "../../core/text/source.ts";

const LINE_FEED = 0x0a;
const MARK_BYTES = 3;

interface Blob {
  readonly id: string;
  readonly checksum: Checksum;
  /** Bytes that are still to come. */
  left: number;
  /** Bytes that are not in the checksum yet: a byte order mark must get there in one piece. */
  held: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** Reads the output of `git cat-file --batch` as it arrives: for each object a line, its bytes and a line feed. */
export class BlobChecksums {
  /** By the id of the object; without objects that git does not have. */
  readonly found = new Map<string, string>();
  #line = "";
  #blob: Blob | undefined;

  take(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const blob = this.#blob;
      if (!blob) {
        at = this.#readLine(bytes, at);
      } else if (blob.left > 0) {
        const part = bytes.subarray(at, at + blob.left);
        blob.left -= part.length;
        at += part.length;
        blob.held = Buffer.concat([blob.held, part]);
        if (blob.left > 0 && blob.held.length < MARK_BYTES) continue;
        blob.checksum.update(blob.held);
        blob.held = NOTHING;
      } else {
        at++;
        this.found.set(blob.id, blob.checksum.digest());
        this.#blob = undefined;
      }
    }
  }

  /** "<id> blob <size>", or "<id> missing". */
  #readLine(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(LINE_FEED, at);
    this.#line += Buffer.from(bytes.subarray(at, end === -1 ? bytes.length : end)).toString("latin1");
    if (end === -1) return bytes.length;
    const [id = "", , size] = this.#line.split(" ");
    this.#line = "";
    if (size !== undefined) this.#blob = { id, checksum: new Checksum(), left: Number(size), held: NOTHING };
    return end + 1;
  }
}
