import { systemCode, systemWords } from "../../core/failure/system-error.ts";
import { decodeSource, NotUtf8 } from "../../core/text/source.ts";
import type { FileSystem } from "../../ports/file-system.ts";

/** A file that cannot be read, with the reason as a clause. */
export interface Unreadable {
  readonly reason: string;
  readonly isMissing: boolean;
  readonly cause: unknown;
}

/** Reads a small file of the project as a whole. */
export function readDocument(fileSystem: FileSystem, path: string): string | Unreadable {
  try {
    return [...decodeSource(fileSystem.read(path))].join("");
  } catch (cause) {
    const reason = cause instanceof NotUtf8 ? "it is not UTF-8" : systemWords(cause, "file");
    return { reason, isMissing: systemCode(cause) === "ENOENT", cause };
  }
}
