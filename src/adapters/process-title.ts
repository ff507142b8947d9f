import process from "node:process";

/**
 * Takes a password that was typed as part of a URL or connection string out of the list of processes, where all users
 * of the machine see it. Bun leaves that list as it is.
 */
export function hidePasswords(words: readonly string[]): void {
  if (words.some((word) => SECRET.test(word))) process.title = "pgstep";
}

const SECRET = /:\/\/[^/?#]*:[^/?#]*@|password\s*=/i;
