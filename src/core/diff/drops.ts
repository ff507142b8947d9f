import type { Facts } from "../catalog/schema-object.ts";
import { unquoted } from "../diff-sides/names.ts";
import { type Action, PHASE, relationTarget } from "./action.ts";

/** A column of a table, as far as it can be dropped. */
export interface DroppedColumn {
  readonly table: string;
  readonly name: string;
  /** The tables that inherit the column. */
  readonly heirs: readonly string[];
  /** The columns that lose their values with a column of this name. */
  readonly stores: (name: string) => readonly string[];
  /** The columns of other tables that have rows of this table. */
  readonly rows: readonly string[];
}

/** The columns of tables, by both names. */
export type Columns = ReadonlyMap<string, ReadonlyMap<string, Facts>>;

/** Heirs that keep a column as their own keep its values. The next round drops it in the others. */
export function dropOrLeave(column: DroppedColumn, facts: Facts, after: Columns): Action[] {
  const { table, name, heirs } = column;
  if (!heirs.some((one) => after.get(one)?.has(name))) return [dropColumn(column, facts)];
  const drop = dropColumn({ ...column, heirs: [], stores: () => [`${table}.${name}`] }, facts);
  return [{ ...drop, sql: `ALTER TABLE ONLY ${table} DROP COLUMN ${name}` }];
}

export function dropColumn(
  { table, name, heirs, stores, rows }: DroppedColumn,
  facts: Facts,
  phase: number = PHASE.dropColumn,
): Action {
  return {
    sql: `ALTER TABLE ${table} DROP COLUMN ${name}`,
    phase,
    order: 0,
    targets: [table, ...heirs].map((one) => relationTarget(one, unquoted(name))),
    // Its values are computed.
    ...(facts.generated === undefined && {
      loses: [...stores(name).map((one) => `column ${one}`), ...rows.map((one) => `values of column ${one}`)],
    }),
  };
}

const PUBLISHED = /^ALTER PUBLICATION (\S+|"(?:[^"]|"")*") ADD (TABLE ONLY|TABLES IN SCHEMA) ("(?:[^"]|"")*"\S*|\S+)/;

/** DROP for an object of a kind, as `pg_identify_object` names both; undefined if it cannot be dropped by itself. */
export function dropSql(kind: string | undefined, identity: string | undefined, statement = ""): string | undefined {
  if (kind === undefined || identity === undefined) return undefined;
  const [, part, of] = /^(.*) (?:on|in|for) (.*)$/s.exec(identity) ?? [];
  if (kind === "table constraint") return `ALTER TABLE ${of} DROP CONSTRAINT ${part}`;
  if (kind === "domain constraint") return `ALTER DOMAIN ${of} DROP CONSTRAINT ${part}`;
  if (kind === "publication relation" || kind === "publication namespace") {
    const [, publication, what, name = ""] = PUBLISHED.exec(statement) ?? [];
    return (
      publication &&
      `ALTER PUBLICATION ${publication} DROP ${what === "TABLES IN SCHEMA" ? what : "TABLE"} ${name.replace(/;$/, "")}`
    );
  }
  if (kind === "default value") {
    const [, relation = "", column = ""] = /^for (.*)\.("(?:[^"]|"")+"|[^."]+)$/s.exec(identity) ?? [];
    return `ALTER TABLE ${relation} ALTER COLUMN ${column} DROP DEFAULT`;
  }
  if (kind === "user mapping")
    return `DROP USER MAPPING FOR ${userOf(statement) ?? identity.replace(" on server ", " SERVER ")}`;
  if (kind === "aggregate") return `DROP AGGREGATE ${identity.replace(/\(\)$/, "(*)")}`;
  if (kind === "transform")
    return `DROP TRANSFORM ${identity
      .replace(/^for/, "FOR")
      .replace(/ language /, " LANGUAGE ")
      .replace(/ on LANGUAGE /i, " LANGUAGE ")}`;
  const words: Readonly<Record<string, string>> = {
    "foreign-data wrapper": "FOREIGN DATA WRAPPER",
    "statistics object": "STATISTICS",
    "composite type": "TYPE",
  };
  if (kind === "operator") return `DROP OPERATOR ${identity.replace("(-,", "(NONE,")}`;
  if (kind === "trigger" || kind === "policy" || kind === "rule") return `DROP ${kind.toUpperCase()} ${part} ON ${of}`;
  return `DROP ${words[kind] ?? kind.toUpperCase()} ${identity}`;
}

function userOf(statement: string): string | undefined {
  return /^CREATE USER MAPPING FOR (.*? SERVER ("(?:[^"]|"")*"|\w+))/.exec(statement)?.[1];
}
