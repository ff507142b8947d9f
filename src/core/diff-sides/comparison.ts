import type { SchemaSide, SideEntry } from "./side.ts";

/**
 * PostgreSQL 18 names NOT NULL constraints itself, and keeps the names when a table or column is renamed. Such a name
 * means nothing, and older servers have none.
 */
const GIVEN_NAMES = / CONSTRAINT (?:"(?:[^"]|"")*_not_null\d*"|\w*_not_null\d*) NOT NULL/g;

/** The text of an entry for a comparison: equal for two schemas that differ only in the order of columns or grants. */
export function comparable({ type, statements }: SideEntry): string {
  const text = statements.join("\n").replace(type === "TABLE" ? GIVEN_NAMES : /$^/, " NOT NULL");
  const hasColumns = type === "TABLE" || type === "FOREIGN TABLE" || /^CREATE TYPE [^']* AS \(/.test(text);
  if (hasColumns)
    return text
      .split("\n")
      .map((line) => line.replace(/,$/, ""))
      .sort()
      .join("\n");
  if (type.endsWith("ACL")) return [...statements].sort().join("\n");
  if (type === "STATISTICS" || type === "PUBLICATION TABLE")
    return text
      .split(/[\s,()]+/)
      .sort()
      .join(" ");
  return text;
}

/** The entries and objects in which two schemas differ. */
export interface SideDifferences {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** Facts that say nothing of the schema's meaning, or that no statement changes. */
const UNIMPORTANT: Readonly<Record<string, readonly string[]>> = {
  column: ["inherited"],
  "statistics object": ["definition"],
  publication: ["tables"],
};

export function compareSides(from: SchemaSide, to: SchemaSide): SideDifferences {
  const texts = [from, to].map(
    ({ entries }) => new Map([...entries.values()].map((one) => [one.key, comparable(one)])),
  );
  const facts = [from, to].map(
    ({ objects }) =>
      new Map([...objects].map(([key, { kind, facts: all }]) => [key, factText(all, UNIMPORTANT[kind] ?? [])])),
  );
  const differences = { added: [] as string[], removed: [] as string[], changed: [] as string[] };
  for (const [before, after] of [texts, facts] as [Map<string, string>, Map<string, string>][]) {
    for (const [key, text] of after) {
      const old = before.get(key);
      if (old === undefined) differences.added.push(key);
      else if (old !== text) differences.changed.push(key);
    }
    for (const key of before.keys()) if (!after.has(key)) differences.removed.push(key);
  }
  return differences;
}

function factText(facts: object, left: readonly string[]): string {
  const names = Object.keys(facts)
    .filter((name) => !left.includes(name))
    .sort();
  return JSON.stringify(names.map((name) => [name, (facts as Record<string, unknown>)[name]]));
}
