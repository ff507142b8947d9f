import { createHash } from "node:crypto";

/** What the first bytes of an executable say it is for. */
export interface Format {
  readonly kind: "ELF" | "Mach-O" | "PE";
  readonly processor: string;
  /** Of ELF: the loader it asks for. */
  readonly loader?: string;
}

/** The numbers that ELF (e_machine), Mach-O (cputype) and PE (Machine) give to processors. */
const PROCESSORS: Readonly<Record<Format["kind"], Readonly<Record<number, string>>>> = {
  ELF: { 62: "x64", 183: "arm64" },
  "Mach-O": { 16777223: "x64", 16777228: "arm64" },
  PE: { 34404: "x64", 43620: "arm64" },
};

/** @throws Error for what is none of the three, or for another processor */
export function formatOf(file: Buffer): Format {
  const found = read(file);
  const processor = PROCESSORS[found.kind][found.machine];
  if (processor === undefined) throw new Error(`${found.kind} for the unknown processor ${found.machine}`);
  const [loader] =
    found.kind === "ELF" ? (/\/lib(?:64)?\/ld-[\w.-]+/.exec(file.toString("latin1", 0, 4096)) ?? []) : [];
  return { kind: found.kind, processor, ...(loader !== undefined && { loader }) };
}

function read(file: Buffer): { kind: Format["kind"]; machine: number } {
  if (file.readUInt32BE(0) === 0x7f454c46) return { kind: "ELF", machine: file.readUInt16LE(18) };
  if (file.readUInt32LE(0) === 0xfeedfacf) return { kind: "Mach-O", machine: file.readUInt32LE(4) };
  const header = file.readUInt32LE(0x3c);
  if (file.toString("latin1", header, header + 4) === "PE\0\0") {
    return { kind: "PE", machine: file.readUInt16LE(header + 4) };
  }
  throw new Error("Neither ELF nor Mach-O nor PE");
}

const LC_CODE_SIGNATURE = 0x1d;
const CODE_DIRECTORY = 0xfade0c02;
const AD_HOC = 2;
const SHA256 = 2;

/**
 * Whether a Mach-O file has a signature by nobody in particular, which is what an Apple processor asks of a program at
 * the least; undefined when it has none.
 * @throws Error when a page is not the one that was signed
 */
export function adHocSignature(file: Buffer): boolean | undefined {
  let command = 32;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    if (file.readUInt32LE(command) === LC_CODE_SIGNATURE) return checkSignature(file, file.readUInt32LE(command + 8));
    command += file.readUInt32LE(command + 4);
  }
  return undefined;
}

/** The layout is that of xnu's osfmk/kern/cs_blobs.h. */
function checkSignature(file: Buffer, start: number): boolean {
  for (let index = file.readUInt32BE(start + 8); index > 0; index--) {
    const blob = start + file.readUInt32BE(start + 12 + (index - 1) * 8 + 4);
    if (file.readUInt32BE(blob) !== CODE_DIRECTORY) continue;
    const hashes = blob + file.readUInt32BE(blob + 16);
    const pages = file.readUInt32BE(blob + 28);
    const limit = file.readUInt32BE(blob + 32);
    const size = 2 ** file.readUInt8(blob + 39);
    if (file.readUInt8(blob + 37) !== SHA256 || limit !== start) throw new Error("The signature is of another form");
    for (let page = 0; page < pages; page++) {
      const content = file.subarray(page * size, Math.min((page + 1) * size, limit));
      const expected = file.subarray(hashes + page * 32, hashes + (page + 1) * 32);
      if (!createHash("sha256").update(content).digest().equals(expected)) {
        throw new Error(`Page ${page} is not the one that was signed`);
      }
    }
    return (file.readUInt32BE(blob + 12) & AD_HOC) !== 0;
  }
  throw new Error("The signature has no list of pages");
}
