import { refusedPermission } from "../../core/failure/deno-permission.ts";

/** The `code` of a file system's error (ENOENT, EACCES ...), else its words. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** A file system's error for people, with its code: permission denied (EACCES); or what Deno says of a permission it refused. */
export function errorWords(error: unknown): string {
  const refused = refusedPermission(error);
  if (refused) return refused.reason;
  const code = errorCode(error);
  const words = WORDS[code];
  return words === undefined ? code : `${words} (${code})`;
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "it is there already",
  EISDIR: "it is a directory",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "no such file or directory",
  ENOSPC: "no space is left on the disk",
  ENOTDIR: "a part of the path is no directory",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};
