import process from "node:process";
import { masked } from "../../core/secrets/masking.ts";

/**
 * Hides a password that was typed in a URL or connection string from the process list, which all users of the machine
 * can see. Bun does not change that list.
 */
export function hidePasswords(words: readonly string[]): void {
  if (words.some((word) => masked(word) !== word)) process.title = "pgstep";
}
