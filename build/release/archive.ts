import { promisify } from "node:util";
import { crc32, deflateRaw, gzip } from "node:zlib";

/** A file to pack. */
export interface ArchiveEntry {
  /** Relative, with forward slashes. */
  readonly name: string;
  readonly content: Uint8Array;
  /** True for a program. */
  readonly isExecutable?: boolean;
}

const BLOCK_BYTES = 512;

/**
 * A gzipped tar archive (POSIX ustar) without traces of the machine: entries sorted by name, owned by user 0, all with
 * the same time in seconds since 1970.
 */
export function tarGzip(entries: readonly ArchiveEntry[], time: number): Promise<Uint8Array> {
  const blocks = sorted(entries).flatMap((entry) => {
    const rest = (BLOCK_BYTES - (entry.content.length % BLOCK_BYTES)) % BLOCK_BYTES;
    return [tarHeader(entry, time), entry.content, new Uint8Array(rest)];
  });
  // gzip of node:zlib writes neither a name nor a time.
  return promisify(gzip)(Buffer.concat([...blocks, new Uint8Array(2 * BLOCK_BYTES)]), { level: 9 });
}

function tarHeader({ name, content, isExecutable }: ArchiveEntry, time: number): Uint8Array {
  if (Buffer.byteLength(name) > 100) throw new Error(`The name ${name} is too long for a tar archive`);
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, offset: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset, "latin1");
  header.write(name, 0);
  octal(isExecutable ? 0o755 : 0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(content.length, 124, 12);
  octal(time, 136, 12);
  header.write("        0", 148, "latin1");
  header.write("ustar\x0000root", 257, "latin1");
  header.write("root", 297, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

const ZIP_VERSION = 20;
const DEFLATED = 8;
const UTF8_NAMES = 0x800;
const MADE_ON_UNIX = 3 << 8;

/** A zip archive (PKWARE's APPNOTE) with the same properties. Its times are UTC, to two seconds. */
export async function zip(entries: readonly ArchiveEntry[], time: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, content, isExecutable } of sorted(entries)) {
    const packed = await promisify(deflateRaw)(content, { level: 9 });
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(ZIP_VERSION, 0);
    common.writeUInt16LE(UTF8_NAMES, 2);
    common.writeUInt16LE(DEFLATED, 4);
    common.writeUInt32LE(dosTime(time), 6);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    // No comment, the first disk, no attributes of its own.
    const record = Buffer.alloc(14);
    record.writeUInt32LE(((isExecutable ? 0o100755 : 0o100644) << 16) >>> 0, 6);
    record.writeUInt32LE(offset, 10);
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE(MADE_ON_UNIX | ZIP_VERSION);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, path, packed]);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02", "latin1"), madeBy, common, record, path]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

function dosTime(time: number): number {
  const at = new Date(time * 1000);
  const date = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const clock = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return ((date << 16) | clock) >>> 0;
}

function sorted(entries: readonly ArchiveEntry[]): ArchiveEntry[] {
  return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
