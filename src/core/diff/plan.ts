import { type Action, ordered, PHASE } from "./action.ts";
import { columnActions } from "./columns.ts";
import { type Comparison, entryActions } from "./entries.ts";
import { splitName } from "./names.ts";
import { partActions } from "./parts.ts";
import { privilegeActions } from "./privileges.ts";
import { sequenceActions } from "./sequences.ts";
import { comparable, isCommon, isIdentity, type SchemaSide, type SideEntry } from "./side.ts";
import { tableActions } from "./tables.ts";
import { typeActions } from "./types.ts";

/** The statements that lead from one schema to another, in an order that mostly works. */
export function planDiff(comparison: Comparison): Action[] {
  const { from, to } = comparison;
  const actions = [
    ...typeActions(from, to, comparison.isOneTransaction === true),
    ...sequenceActions(from, to),
    ...tableActions(from, to),
    ...columnActions(from, to),
    ...partActions(from, to),
    ...entryActions(comparison),
    ...identityRenames(from, to),
    ...privilegeActions(from, to),
  ];
  return ordered(actions.map(settled));
}

const CAST_LIST = /\(ARRAY\[((?:'(?:[^']|'')*'::character varying(?:, )?)+)\]\)::text\[\]/g;

/**
 * PostgreSQL prints `a IN ('x', 'y')` of a varchar as a cast of the list, and reads that as casts of its elements. A
 * cast of the list to its own type in between keeps the expression as it is.
 */
function settled(action: Action): Action {
  const { sql, otherwise } = action;
  if (/^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) /.test(sql) || !sql.includes("::text[]")) return action;
  return {
    ...action,
    sql: sql.replace(CAST_LIST, "((ARRAY[$1])::character varying[])::text[]"),
    ...(otherwise && { otherwise: otherwise.map((way) => way.map(settled)) }),
  };
}

const OF_COLUMN = /^ALTER TABLE (.*) ALTER COLUMN (\S+|"(?:[^"]|"")*") ADD GENERATED/;

/** The sequence of an identity column keeps its name when the table or column is renamed. */
function identityRenames(from: SchemaSide, to: SchemaSide): Action[] {
  const columnOf = ({ statements: [statement = ""] }: SideEntry) =>
    (OF_COLUMN.exec(statement) ?? []).slice(1).join(".");
  const identities = (side: SchemaSide, other: SchemaSide) =>
    [...side.entries.values()].filter(
      (one) => isIdentity(one) && isCommon(from, to, one.within) && !other.entries.has(one.key),
    );
  const before = new Map(identities(from, to).map((one) => [columnOf(one), one]));
  return identities(to, from).flatMap((after) => {
    const old = before.get(columnOf(after));
    if (!old?.identity || !after.identity) return [];
    const sql = `ALTER SEQUENCE ${old.identity} RENAME TO ${splitName(after.identity)[1]}`;
    return [{ sql, phase: PHASE.rename, order: 1 }];
  });
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
  const texts = [from, to].map((side) => new Map([...side.entries.values()].map((one) => [one.key, comparable(one)])));
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
