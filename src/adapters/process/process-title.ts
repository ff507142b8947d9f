import process from "node:process";
import { masked } from "../../core/secrets/masking.ts";

/**
 * Takes a password that was typed as part of a URL or connection string out of the list of processes, where all users
 * of the machine see it. Bun leaves that list as it is.
 */
export function hidePasswords(words: readonly string[]): void {
  if (words.some((word) => masked(word) !== word)) process.title = "pgstep";
}
