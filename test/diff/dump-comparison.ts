/** The name and the type of an entry: "total(orders)", "FUNCTION". */
const HEADING = /^--\n-- Name: (.*); Type: (.*); Schema: .*\n--\n/m;

/** An entry of pg_dump. */
interface DumpEntry {
  /** "FUNCTION total(orders)". */
  readonly title: string;
  /** In a form that does not depend on the order of columns. */
  readonly text: string;
}

function listOf(dump: string): DumpEntry[] {
  const parts = dump.split(HEADING).slice(1);
  const entries: DumpEntry[] = [];
  for (let index = 0; index < parts.length; index += 3) {
    const [name, type, text = ""] = parts.slice(index, index + 3);
    const own = text
      .trim()
      .replace(/(?:^|\n)--\n-- PostgreSQL database dump complete[\s\S]*$/, "")
      .trim();
    entries.push({ title: `${type} ${name}`, text: withoutOrder(own) });
  }
  return entries;
}

/** How often a dump has each text. */
function entriesOf(dump: string): Map<string, number> {
  const entries = new Map<string, number>();
  for (const { text } of listOf(dump)) entries.set(text, (entries.get(text) ?? 0) + 1);
  return entries;
}

/** The titles of the entries whose text only one of two dumps has, in alphabetical order. */
export function differingEntries(one: string, other: string): string[] {
  const [left, right] = [listOf(one), listOf(other)];
  const titlesBeyond = (some: readonly DumpEntry[], others: readonly DumpEntry[]) => {
    const texts = new Set(others.map(({ text }) => text));
    return some.filter(({ text }) => !texts.has(text)).map(({ title }) => title);
  };
  return [...new Set([...titlesBeyond(left, right), ...titlesBeyond(right, left)])].sort();
}

/** The statements, each with the role that runs it. */
function grantsIn(text: string): string[] {
  let grantor = "";
  const grants: string[] = [];
  for (const sql of text.split(/(?<=;)\n/)) {
    if (sql.startsWith("SET SESSION AUTHORIZATION ")) grantor = sql;
    else if (sql.startsWith("RESET ")) grantor = "";
    else grants.push(`${grantor}${sql}`);
  }
  return grants.sort();
}

/**
 * A column that a statement adds comes last, so the order of the columns in CREATE TABLE and CREATE TYPE does not count,
 * nor does that in lists that PostgreSQL sorts by the columns' numbers. The order of grants says nothing. All else does.
 */
function withoutOrder(text: string): string {
  if (/^CREATE (?:UNLOGGED |FOREIGN )?TABLE |^CREATE TYPE [^']* AS \(/.test(text))
    return text
      .split("\n")
      .map((line) => line.replace(/,$/, ""))
      .sort()
      .join("\n");
  if (/^(?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES|SET SESSION AUTHORIZATION) /.test(text))
    return grantsIn(text).join("\n");
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
