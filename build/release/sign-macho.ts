import { createHash } from "node:crypto";

/*
 * The layouts are those of xnu's EXTERNAL_HEADERS/mach-o/loader.h and osfmk/kern/cs_blobs.h.
 */

const MACH_HEADER_BYTES = 32;
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;

const EMBEDDED_SIGNATURE = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const CODE_DIRECTORY_BYTES = 88;
const WITH_EXECUTABLE_SEGMENT = 0x20400;
const AD_HOC = 2;
const SHA256 = 2;
const SHA256_BYTES = 32;
const MAIN_BINARY = 1n;

const PAGE_BITS = 12;
const PAGE_BYTES = 2 ** PAGE_BITS;
/** A segment's size in memory is a multiple of this. */
const SEGMENT_PAGE_BYTES = 0x4000;

const IDENTIFIER = "pgstep\0";

/**
 * Replaces the signature of a Mach-O executable for one processor by an ad-hoc one (`codesign --sign -`). Bun 1.4.5
 * does this for Apple processors only; other executables keep the signature of Bun's own executable, which no longer
 * matches.
 * @throws Error for a file whose signature is not at its end
 */
export function signAdHoc(executable: Buffer): Buffer {
  const commands = loadCommands(executable);
  const segment = (name: string) =>
    commands.find(
      ({ type, at }) =>
        type === LC_SEGMENT_64 && executable.toString("latin1", at + 8, at + 24).replace(/\0+$/, "") === name,
    )?.at;
  const signature = commands.find(({ type }) => type === LC_CODE_SIGNATURE)?.at;
  const text = segment("__TEXT");
  const last = segment("__LINKEDIT");
  if (signature === undefined || text === undefined || last === undefined) throw new Error("It has no signature");
  const limit = executable.readUInt32LE(signature + 8);
  if (limit + executable.readUInt32LE(signature + 12) !== executable.length) {
    throw new Error("Its signature is not at its end");
  }
  const pages = Math.ceil(limit / PAGE_BYTES);
  const hashesAt = CODE_DIRECTORY_BYTES + IDENTIFIER.length;
  const directory = Buffer.alloc(hashesAt + pages * SHA256_BYTES);
  const index = Buffer.alloc(20);
  const total = index.length + directory.length;

  const code = Buffer.from(executable.subarray(0, limit));
  code.writeUInt32LE(total, signature + 12);
  const size = limit + total - Number(code.readBigUInt64LE(last + 40));
  code.writeBigUInt64LE(BigInt(size), last + 48);
  code.writeBigUInt64LE(BigInt(Math.ceil(size / SEGMENT_PAGE_BYTES) * SEGMENT_PAGE_BYTES), last + 32);

  const fields = [CODE_DIRECTORY, directory.length, WITH_EXECUTABLE_SEGMENT, AD_HOC, hashesAt, CODE_DIRECTORY_BYTES];
  for (const [place, value] of [...fields, 0, pages, limit].entries()) directory.writeUInt32BE(value, place * 4);
  directory.set([SHA256_BYTES, SHA256, 0, PAGE_BITS], 36);
  directory.writeBigUInt64BE(code.readBigUInt64LE(text + 40), 64);
  directory.writeBigUInt64BE(code.readBigUInt64LE(text + 48), 72);
  directory.writeBigUInt64BE(MAIN_BINARY, 80);
  directory.write(IDENTIFIER, CODE_DIRECTORY_BYTES, "latin1");
  for (let page = 0; page < pages; page++) {
    const content = code.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    directory.set(createHash("sha256").update(content).digest(), hashesAt + page * SHA256_BYTES);
  }
  for (const [place, value] of [EMBEDDED_SIGNATURE, total, 1, 0, index.length].entries()) {
    index.writeUInt32BE(value, place * 4);
  }
  return Buffer.concat([code, index, directory]);
}

function loadCommands(executable: Buffer): { readonly type: number; readonly at: number }[] {
  const commands = [];
  let at = MACH_HEADER_BYTES;
  for (let left = executable.readUInt32LE(16); left > 0; left--) {
    commands.push({ type: executable.readUInt32LE(at), at });
    at += executable.readUInt32LE(at + 4);
  }
  return commands;
}
