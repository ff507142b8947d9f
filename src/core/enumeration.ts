const MOST = 5;

/** "a, b, c": the first five, and how many there are beyond them. */
export function enumeration(words: readonly string[]): string {
  const rest = words.length - MOST;
  return words.slice(0, MOST).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
