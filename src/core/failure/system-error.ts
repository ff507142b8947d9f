import { refusedPermission } from "./deno-permission.ts";

/** The system's code of an error (ENOENT, EACCES ...), or of the first of several errors; undefined if it has none. */
export function systemCode(error: unknown): string | undefined {
  if (error === null || typeof error !== "object") return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  if ("errors" in error && Array.isArray(error.errors)) return systemCode(error.errors[0]);
  return undefined;
}

/**
 * The system's error in words for people, the same on every runtime: "permission denied". For a permission refused by
 * Deno, Deno's reason; for an unknown code, the system's own message.
 * @param noun the missing object, as in "there is no such program"
 */
export function systemWords(error: unknown, noun = "file or directory"): string {
  const refused = refusedPermission(error);
  if (refused) return refused.reason;
  const code = systemCode(error) ?? "";
  if (code === "ENOENT") return `there is no such ${noun}`;
  return WORDS[code] ?? withoutCode(messageOf(error));
}

/** "EMFILE: too many open files, open 'x'" without the code and the call. */
function withoutCode(message: string): string {
  const said = /^E[A-Z0-9]+: (.*)$/s.exec(message)?.[1];
  return said === undefined ? message : said.replace(/, (?:open|read|write)\b.*$/s, "");
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "it already exists",
  EISDIR: "it is a directory",
  ENAMETOOLONG: "the name is too long",
  ENOEXEC: "it is not a program and has no #! line",
  ENOSPC: "no space left on device",
  ENOTDIR: "a part of the path is not a directory",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};
