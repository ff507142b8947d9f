import type { Facts } from "../catalog/schema-object.ts";
import { unquoted } from "../diff-sides/names.ts";
import { identitySequence, type SchemaSide } from "../diff-sides/side.ts";
import { type Action, PHASE } from "./action.ts";

const LARGEST: Readonly<Record<string, string>> = {
  smallint: "32767",
  integer: "2147483647",
  bigint: "9223372036854775807",
};
const SMALLEST: Readonly<Record<string, string>> = {
  smallint: "-32768",
  integer: "-2147483648",
  bigint: "-9223372036854775808",
};

/** The options of a sequence that are not PostgreSQL's defaults; empty if all are. */
export function unusualOptions(settings: Facts): string[] {
  const { type, start, increment, min, max, cache, cycle } = settings;
  const descends = String(increment).startsWith("-");
  const usualMin = descends ? SMALLEST[String(type)] : "1";
  const usualMax = descends ? "-1" : LARGEST[String(type)];
  return [
    ...(increment === "1" ? [] : [`INCREMENT BY ${increment}`]),
    ...(min === usualMin ? [] : [`MINVALUE ${min}`]),
    ...(max === usualMax ? [] : [`MAXVALUE ${max}`]),
    ...(start === (descends ? max : min) ? [] : [`START WITH ${start}`]),
    ...(cache === "1" ? [] : [`CACHE ${cache}`]),
    ...(cycle === true ? ["CYCLE"] : []),
  ];
}

/** The options that lead from one sequence to another. @param prefix SET for the sequence of an identity column */
export function changedOptions(before: Facts, after: Facts, prefix = ""): string[] {
  const words: Record<string, (value: unknown) => string> = {
    increment: (value) => `INCREMENT BY ${value}`,
    min: (value) => `MINVALUE ${value}`,
    max: (value) => `MAXVALUE ${value}`,
    start: (value) => `START WITH ${value}`,
    cache: (value) => `CACHE ${value}`,
    cycle: (value) => (value === true ? "CYCLE" : "NO CYCLE"),
  };
  return Object.entries(words)
    .filter(([name]) => before[name] !== after[name])
    .map(([name, word]) => `${prefix}${word(after[name])}`);
}

/** A statement that moves a sequence to the nearest position within its new limits. */
export function moveInto(sequence: string, before: Facts, { min, max }: Facts): string {
  const [isHigher, isLower] = [before.min !== min, before.max !== max];
  const low = isHigher ? `GREATEST(last_value, ${min})` : "last_value";
  const nearest = isLower ? `LEAST(${low}, ${max})` : low;
  const limits = [...(isHigher ? [`last_value >= ${min}`] : []), ...(isLower ? [`last_value <= ${max}`] : [])];
  return `SELECT setval('${sequence}', ${nearest}, ${["is_called", ...limits].join(" AND ")}) FROM ${sequence}`;
}

/** The sequence of an identity column, as SQL for setval. */
export function sequenceOf(table: string, column: string): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  return `pg_get_serial_sequence(${quoted(table)}, ${quoted(unquoted(column))})`;
}

/**
 * The first value of a new sequence, which comes after those of the column.
 * @param shared the sequence, if other columns take values from it as well: then it never goes back
 */
export function nextValue(column: string, settings: Facts | undefined, shared?: string): string {
  const start = String(settings?.start ?? "1");
  const descends = String(settings?.increment ?? "1").startsWith("-");
  const next = descends ? `COALESCE(min(${column}), 0) - 1` : `COALESCE(max(${column}), 0) + 1`;
  const limits = [
    ...(descends || start !== "1" ? [start] : []),
    ...(shared === undefined ? [] : [`(SELECT last_value FROM ${shared})`]),
  ];
  return limits.length === 0 ? next : `${descends ? "LEAST" : "GREATEST"}(${[next, ...limits].join(", ")})`;
}

export function identitySql(facts: Facts): string {
  const options = unusualOptions(facts["sequence settings"] as Facts);
  const kind = String(facts.identity).toUpperCase();
  return `GENERATED ${kind} AS IDENTITY${options.length === 0 ? "" : ` (${options.join(" ")})`}`;
}

interface IdentityColumn {
  readonly table: string;
  readonly name: string;
  readonly order: number;
  readonly from: SchemaSide;
}

/** Changes of the identity of a column. */
export function identityActions({ table, name, order, from }: IdentityColumn, before: Facts, after: Facts): Action[] {
  const at = `ALTER TABLE ${table} ALTER COLUMN ${name}`;
  const change = { phase: PHASE.changeTable, order };
  // A partition has the identity of its parent, and no sequence of its own.
  if (after.inherited === true && after["sequence settings"] === undefined) return [];
  if (after.identity === undefined) {
    return before.identity === undefined ? [] : [{ sql: `${at} DROP IDENTITY`, phase: PHASE.dropDefault, order }];
  }
  if (before.identity === undefined) return [{ ...change, sql: `${at} ADD ${identitySql(after)}` }];
  const kind = before.identity === after.identity ? [] : [`SET GENERATED ${String(after.identity).toUpperCase()}`];
  const [old, now] = [before["sequence settings"], after["sequence settings"]] as [Facts, Facts];
  const options = [...kind, ...changedOptions(old, now, "SET ")];
  if (options.length === 0) return [];
  const alter: Action = { ...change, sql: `${at} ${options.join(" ")}` };
  const sequence = identitySequence(from, table, name);
  if (sequence === undefined) return [alter];
  const move = moveInto(sequence, old, now);
  const whole = { ...alter, otherwise: [[{ ...change, sql: move }, alter]] };
  if (!startsBeyond(old, now)) return [whole];
  // The column cannot get the smaller type before.
  const start = { sql: `${at} SET START WITH ${now.start}`, phase: PHASE.changeColumn, order: -2 };
  return [start, { sql: move, phase: PHASE.changeColumn, order: -1 }, whole];
}

/** True if the type of a sequence cannot hold the value with which it started. */
function startsBeyond({ start }: Facts, { type }: Facts): boolean {
  const [smallest = "0", largest = "0"] = [SMALLEST[String(type)], LARGEST[String(type)]];
  return BigInt(String(start)) < BigInt(smallest) || BigInt(String(start)) > BigInt(largest);
}

/** Changes of sequences that both schemas have. */
export function sequenceActions(from: SchemaSide, to: SchemaSide): Action[] {
  const actions: Action[] = [];
  for (const { kind, name, facts: after } of to.objects.values()) {
    const before = kind === "sequence" ? from.objects.get(`sequence ${name}`)?.facts : undefined;
    if (!before) continue;
    const [old, now] = [before.settings as Facts, after.settings as Facts];
    const type = old.type === now.type ? [] : [`AS ${now.type}`];
    const options = [...type, ...changedOptions(old, now)];
    const change = (sql: string, phase: number) =>
      actions.push({ sql: `ALTER SEQUENCE ${name} ${sql}`, phase, order: 0 });
    if (options.length > 0) {
      const alter: Action = { sql: `ALTER SEQUENCE ${name} ${options.join(" ")}`, phase: PHASE.changeTable, order: 0 };
      const moved = { ...alter, sql: moveInto(name, old, now) };
      // A position within the new limits stays. If the limits have nothing in common, no position does.
      actions.push({ ...alter, otherwise: [[moved, alter], [{ ...alter, sql: `${alter.sql} RESTART` }]] });
    }
    if (before.persistence !== after.persistence)
      change(after.persistence === "u" ? "SET UNLOGGED" : "SET LOGGED", PHASE.changeTable);
    const owner = after["owner column"];
    if (before["owner column"] !== owner) {
      // A column that is dropped takes its sequence with it.
      change(`OWNED BY ${owner ?? "NONE"}`, owner === undefined ? PHASE.dropDefault : PHASE.owned);
    }
  }
  return actions;
}
