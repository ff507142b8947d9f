/**
 * The words of a command, for a program that no shell starts: apart at spaces, quotes keep a word together, and a backslash
 * is a character like any other, as in paths on Windows. Undefined when a quote is not closed or there is no word.
 */
export function commandWords(text: string): string[] | undefined {
  const words: string[] = [];
  for (const [written] of text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+|["']/g)) {
    if (written === '"' || written === "'") return undefined;
    words.push(
      written.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ""),
    );
  }
  return words.length > 0 && words[0] !== "" ? words : undefined;
}
