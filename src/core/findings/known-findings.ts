import type { Statement } from "../sql/statement.ts";
import { jsonText } from "../text/display.ts";
import { checksumOf } from "../text/source.ts";

/*
 * A file of findings that are forgiven, because their migrations were applied long ago. A finding is known by its file's
 * name, its rule and its statement's text: so moved lines and another working directory make no difference.
 */

export interface KnownFinding {
  /** The name of the migration's file, without its directory. */
  readonly file: string;
  readonly rule: string;
  /** A part of the SHA-256 of the statement's text, in hex. */
  readonly statement: string;
}

const VERSION = 1;
/** 64 bits: enough to tell the statements of a file apart. */
const DIGITS = 16;

export function knownFinding(path: string, rule: string, { text, replaced }: Statement): KnownFinding {
  // The text as written: placeholder values differ between environments, and may be secret.
  return { file: fileName(path), rule, statement: checksumOf(replaced?.written ?? text).slice(0, DIGITS) };
}

export function fileName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** Equal for equal findings. */
export function keyOfKnown({ file, rule, statement }: KnownFinding): string {
  return `${file}\n${rule}\n${statement}`;
}

/** Reads the text of such a file. An error is a clause: "it is not JSON". */
export function parseKnownFindings(text: string): { known: KnownFinding[] } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "it is not JSON" };
  }
  const { version, findings } = (value ?? {}) as { version?: unknown; findings?: unknown };
  if (version !== VERSION) return { problem: `it has no "version": ${VERSION}` };
  if (!Array.isArray(findings) || !findings.every(isKnownFinding)) {
    return { problem: 'its "findings" are not a list of objects with "file", "rule" and "statement"' };
  }
  return { known: findings };
}

function isKnownFinding(value: unknown): value is KnownFinding {
  const { file, rule, statement } = (value ?? {}) as Record<keyof KnownFinding, unknown>;
  return [file, rule, statement].every((part) => typeof part === "string");
}

/** The text of the file: sorted, one finding a line, so that changes of two branches rarely conflict. */
export function writeKnownFindings(known: readonly KnownFinding[]): string {
  const unique = new Map(known.map((one) => [keyOfKnown(one), one]));
  const lines = [...unique.keys()].sort().map((key) => {
    const { file, rule, statement } = unique.get(key) as KnownFinding;
    return `    ${jsonText({ file, rule, statement })}`;
  });
  const findings = lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n  ]`;
  return `{\n  "version": ${VERSION},\n  "findings": ${findings}\n}\n`;
}
