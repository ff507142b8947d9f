import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { openSeal, SEAL_MARK, type Seal } from "../../core/bundle/seal.ts";
import { readSealEnd, SEAL_END_BYTES } from "../../core/bundle/seal-end.ts";
import { brokenSeal } from "../../core/bundle/sealed-program.ts";
import { Failure } from "../../core/failure/failure.ts";
import type { ProgramFile, SealedProgram } from "../../ports/program-file.ts";
import { replaceFile } from "../files/replace-file.ts";
import { besideOf, isExecutable, ownPath, readAt } from "./own-file.ts";

/** The bundle inside this program or in the file beside it; a failure if it is damaged. */
export function ownSeal(): Seal | Failure | undefined {
  return sealIn(ownPath) ?? (isExecutable ? sealIn(besideOf(ownPath)) : undefined);
}

function sealIn(path: string): Seal | Failure | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    // A program may be executable but not readable; then it is treated as one without a bundle.
    return undefined;
  }
  try {
    const { size } = fstatSync(descriptor);
    const end = readSealEnd(readAt(descriptor, size - SEAL_END_BYTES, SEAL_END_BYTES));
    if (!end) return undefined;
    const begin = size - SEAL_END_BYTES - end.length;
    const isMarked =
      begin >= SEAL_MARK.length && readAt(descriptor, begin - SEAL_MARK.length, SEAL_MARK.length).equals(MARK);
    const seal = isMarked && openSeal(readAt(descriptor, begin, end.length).toString("utf8"), end);
    return seal || brokenSeal(path);
  } finally {
    closeSync(descriptor);
  }
}

const MARK = Buffer.from(SEAL_MARK);

export const programFile: ProgramFile = {
  kind: isExecutable ? "executable" : "script",
  seal(path, seal, executable) {
    const source = executable ?? ownPath;
    const program = readFileSync(source);
    const format = formatOf(program);
    if (executable !== undefined) requireProgram(program, format, executable);
    const separate = format === "mach-o";
    const files = separate
      ? [
          { path, bytes: program, mode: 0o755 },
          { path: besideOf(path), bytes: Buffer.from(seal), mode: 0o644 },
        ]
      : [{ path, bytes: Buffer.concat([program, Buffer.from(seal)]), mode: 0o755 }];
    for (const { path, bytes, mode } of files) replaceFile(path, bytes, mode);
    const written = files.map(({ path, bytes }) => ({
      path,
      size: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    }));
    return { kind: format === "script" ? "script" : "executable", written } satisfies SealedProgram;
  },
};

/** The format, by the first bytes. A Mach-O signature covers the whole file, so nothing may be appended to it. */
function formatOf(program: Buffer): "elf" | "pe" | "mach-o" | "script" {
  if (program.toString("latin1", 0, 4) === "\x7fELF") return "elf";
  if (program.toString("latin1", 0, 2) === "MZ") return "pe";
  return program.length >= 4 && program.readUInt32LE(0) === 0xfeedfacf ? "mach-o" : "script";
}

function requireProgram(program: Buffer, format: string, path: string): void {
  const sealed = readSealEnd(program.subarray(-SEAL_END_BYTES)) !== undefined;
  if (format !== "script" && !sealed && program.includes(CARRIED)) return;
  const what = sealed ? "it already contains a bundle" : "it is not a pgstep executable that can contain a bundle";
  throw new Failure("settings", `Cannot build the bundle from ${path}: ${what}`, {
    hint: "Name an unmodified executable of a pgstep release.",
  });
}

/** The mark in a compiled executable, which may have its line feed escaped. */
const CARRIED = SEAL_MARK.trim();
