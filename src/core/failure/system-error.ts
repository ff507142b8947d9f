import { refusedPermission } from "./deno-permission.ts";

/** The system's code of an error (ENOENT, EACCES ...), or of the first of several errors; undefined where it has none. */
export function systemCode(error: unknown): string | undefined {
  if (error === null || typeof error !== "object") return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  if ("errors" in error && Array.isArray(error.errors)) return systemCode(error.errors[0]);
  return undefined;
}

/**
 * What the system says of a file or program, for people and the same on every runtime: "permission denied". Where Deno
 * refused a permission, what it says; where the code is not known, the system's own words.
 * @param noun what would be missing: "there is no such program"
 */
export function systemWords(error: unknown, noun = "file or directory"): string {
  const refused = refusedPermission(error);
  if (refused) return refused.reason;
  const code = systemCode(error) ?? "";
  if (code === "ENOENT") return `there is no such ${noun}`;
  return WORDS[code] ?? withoutCode(messageOf(error));
}

/** "EMFILE: too many open files, open 'x'" without the code and the call around it. */
function withoutCode(message: string): string {
  const said = /^E[A-Z0-9]+: (.*)$/s.exec(message)?.[1];
  return said === undefined ? message : said.replace(/, (?:open|read|write)\b.*$/s, "");
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "it is there already",
  EISDIR: "it is a directory",
  ENAMETOOLONG: "the name is too long",
  ENOEXEC: "it is no program and has no #! line",
  ENOSPC: "no space left on device",
  ENOTDIR: "a part of the path is no directory",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};
