const HEADING = /^--\n-- Name: .*\n--\n/m;

/** The texts of pg_dump's entries, each in a form that does not depend on the order of columns. */
function entriesOf(dump: string): Map<string, number> {
  const entries = new Map<string, number>();
  for (const text of dump.split(HEADING).slice(1)) {
    const key = withoutOrder(
      text
        .trim()
        .replace(/\n-- PostgreSQL database dump complete[\s\S]*$/, "")
        .trim(),
    );
    entries.set(key, (entries.get(key) ?? 0) + 1);
  }
  return entries;
}

/**
 * A column that a statement adds comes last, so the order of the columns in CREATE TABLE and CREATE TYPE does not count,
 * nor does that in lists that PostgreSQL sorts by the columns' numbers. All else does.
 */
function withoutOrder(text: string): string {
  if (/^CREATE (?:UNLOGGED |FOREIGN )?TABLE |^CREATE TYPE [^']* AS \(/.test(text))
    return text
      .split("\n")
      .map((line) => line.replace(/,$/, ""))
      .sort()
      .join("\n");
  if (/^CREATE STATISTICS |^ALTER PUBLICATION /.test(text))
    return text
      .split(/[\s,();]+/)
      .sort()
      .join(" ");
  return text;
}

/** The entries that only one of two dumps has. */
export function dumpDifferences(is: string, wanted: string): string[] {
  const [one, other] = [entriesOf(is), entriesOf(wanted)];
  const only = (left: Map<string, number>, right: Map<string, number>, mark: string) =>
    [...left].filter(([text, count]) => (right.get(text) ?? 0) < count).map(([text]) => `${mark} ${text}`);
  return [...only(one, other, "has"), ...only(other, one, "lacks")];
}
