import { createHash } from "node:crypto";
import type { Pin } from "../migrations/history-pin.ts";
import type { SealEnd } from "./seal-end.ts";

/** The migrations and related files that a bundle contains. */
export interface Seal {
  /** The text of --label, e.g. the commit. */
  readonly label: string | null;
  /** Values of the file-related settings, by flag. */
  readonly settings: Readonly<Record<string, string>>;
  /** The directories in the bundle, with all their files; each may be missing. */
  readonly roots: readonly string[];
  /** Sorted by path. */
  readonly files: readonly SealedFile[];
  readonly pin: Pin | null;
}

export interface SealedFile {
  /** Below one of the roots, with forward slashes. */
  readonly path: string;
  /** The file's bytes in base64. */
  readonly content: string;
}

/*
 * A seal is a line appended to a program: the mark, JSON, the SHA-256 of that JSON and its length in bytes. In a script
 * it is a comment; operating systems ignore bytes after an executable.
 */

/** The start of a seal; every program that can carry a seal contains this text. */
export const SEAL_MARK = "\n//pgstep-sealed 1 ";

const LENGTH_DIGITS = 12;

/** One line of ASCII; equal seals give equal bytes. */
export function sealText(seal: Seal): string {
  const { label, settings, roots, files, pin } = seal;
  // Fixed order of the fields, whatever order the caller had.
  const json = JSON.stringify({ label, settings, roots, files, pin }).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${SEAL_MARK}${json} ${digestOf(json)} ${String(json.length).padStart(LENGTH_DIGITS, "0")}\n`;
}

/** The seal, or undefined if its digest does not match. */
export function openSeal(json: string, { digest }: SealEnd): Seal | undefined {
  return digestOf(json) === digest ? (JSON.parse(json) as Seal) : undefined;
}

/** The manifest of a bundle, as JSON. */
export function manifestOf(seal: Seal, toolVersion: string): string {
  const { label, settings, files, pin } = seal;
  const manifest = {
    pgstep: toolVersion,
    label,
    settings,
    files: files.map(({ path, content }) => {
      const bytes = Buffer.from(content, "base64");
      return { path, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
    }),
    pinned: pin?.history ?? null,
    seal: digestOf(sealText(seal)),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
