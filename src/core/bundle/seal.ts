import { createHash } from "node:crypto";
import type { Pin } from "../migrations/history-pin.ts";

/** Migrations and what belongs to them, to be carried by the program itself. */
export interface Seal {
  /** What was said of where it comes from. */
  readonly label: string | null;
  /** The flags of the settings that belong to the files, with their values. */
  readonly settings: Readonly<Record<string, string>>;
  /** The directories that are sealed, with all that is in them; each may be absent. */
  readonly roots: readonly string[];
  /** In the order of their paths. */
  readonly files: readonly SealedFile[];
  readonly pin: Pin | null;
}

export interface SealedFile {
  /** Below one of the roots, with slashes. */
  readonly path: string;
  /** Its bytes in base64. */
  readonly content: string;
}

/*
 * A seal is a last line behind a program: the mark, JSON, the SHA-256 of that JSON and its length in bytes. A script has
 * it as a comment; the system does not mind what stands behind an executable.
 */

/** What begins it; each program that can be sealed has this text in it. */
export const SEAL_MARK = "\n//pgstep-sealed 1 ";

/** How many bytes at a sealed program's end tell of the seal. */
export const SEAL_END_BYTES = 79;

const LENGTH_DIGITS = 12;

/** The same for the same seal, byte for byte; one line of ASCII. */
export function sealText(seal: Seal): string {
  const { label, settings, roots, files, pin } = seal;
  // The fields in this order, whatever order the caller had.
  const json = JSON.stringify({ label, settings, roots, files, pin }).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${SEAL_MARK}${json} ${digestOf(json)} ${String(json.length).padStart(LENGTH_DIGITS, "0")}\n`;
}

export interface SealEnd {
  /** Bytes of JSON before it. */
  readonly length: number;
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string;
}

/** What the last bytes of a program tell of its seal; undefined when it has none. */
export function readSealEnd(bytes: Uint8Array): SealEnd | undefined {
  const [, digest, length] = /^ ([0-9a-f]{64}) ([0-9]{12})\n$/.exec(Buffer.from(bytes).toString("latin1")) ?? [];
  return digest === undefined ? undefined : { digest, length: Number(length) };
}

/** The seal, or undefined when its text is not what it was when it was sealed. */
export function openSeal(json: string, { digest }: SealEnd): Seal | undefined {
  return digestOf(json) === digest ? (JSON.parse(json) as Seal) : undefined;
}

/** What a sealed program says of itself: JSON. */
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
