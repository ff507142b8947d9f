import type { Facts } from "../catalog/schema-object.ts";
import { type Action, PHASE } from "./action.ts";

const ENABLED: Readonly<Record<string, string>> = { D: "DISABLE", R: "ENABLE REPLICA", A: "ENABLE ALWAYS" };

export type Parts = ReadonlyMap<string, Facts>;

/** The parts of one relation that both schemas have. */
export interface Relation {
  readonly name: string;
  readonly before: Parts;
  readonly after: Parts;
}

export const text = (facts: Facts) => JSON.stringify(facts, Object.keys(facts).sort());
export const isEqual = (one: Facts, other: Facts) => text(one) === text(other);
export const definition = (facts: Facts) => String(facts.definition);
/** Changes of the triggers or rules of a relation. */
export function triggers({ name: table, before, after }: Relation, kind: "TRIGGER" | "RULE"): Action[] {
  const actions: Action[] = [];
  const drop = (name: string) => {
    const one = { phase: PHASE.dropPart, order: 0 };
    // The trigger of a partition belongs to its parent, and only the state is its own.
    const enabled = { ...one, sql: `ALTER TABLE ${table} ENABLE ${kind} ${name}` };
    actions.push({ ...one, sql: `DROP ${kind} ${name} ON ${table}`, otherwise: [[enabled]] });
  };
  const enable = (name: string, { enabled }: Facts) =>
    actions.push({
      sql: `ALTER TABLE ${table} ${ENABLED[String(enabled)] ?? "ENABLE"} ${kind} ${name}`,
      phase: PHASE.trigger,
      order: 1,
    });
  for (const name of before.keys()) if (!after.has(name)) drop(name);
  for (const [name, facts] of after) {
    const old = before.get(name);
    const isNew = !old || definition(old) !== definition(facts);
    if (old && isNew) drop(name);
    if (isNew) actions.push({ sql: definition(facts).replace(/;$/, ""), phase: PHASE.trigger, order: 0 });
    if (isNew ? facts.enabled !== undefined : old.enabled !== facts.enabled) enable(name, facts);
  }
  return actions;
}

/** Changes of the policies of a table. */
export function policies({ name: table, before, after }: Relation): Action[] {
  const actions: Action[] = [];
  const drop = (name: string) =>
    actions.push({ sql: `DROP POLICY ${name} ON ${table}`, phase: PHASE.dropPart, order: 0 });
  for (const name of before.keys()) if (!after.has(name)) drop(name);
  for (const [name, facts] of after) {
    const old = before.get(name);
    if (old && isEqual(old, facts)) continue;
    const altered = old && alteredPolicy(`${name} ON ${table}`, old, facts);
    if (altered !== undefined) {
      actions.push({ sql: altered, phase: PHASE.policy, order: 0 });
      continue;
    }
    if (old) drop(name);
    actions.push({ sql: policySql(`${name} ON ${table}`, facts), phase: PHASE.policy, order: 0 });
  }
  return actions;
}

const roles = ({ roles: all }: Facts) => (Array.isArray(all) ? all.map(String).join(", ") : "PUBLIC");

function policySql(policy: string, facts: Facts): string {
  const parts = [`CREATE POLICY ${policy}`];
  if (facts.restrictive === true) parts.push("AS RESTRICTIVE");
  if (facts.command !== "all") parts.push(`FOR ${String(facts.command).toUpperCase()}`);
  if (roles(facts) !== "PUBLIC") parts.push(`TO ${roles(facts)}`);
  if (facts.using !== undefined) parts.push(`USING (${facts.using})`);
  if (facts.check !== undefined) parts.push(`WITH CHECK (${facts.check})`);
  return parts.join(" ");
}

/** Undefined if the policy has to be created again. */
function alteredPolicy(policy: string, before: Facts, after: Facts): string | undefined {
  const isFixed = before.command === after.command && before.restrictive === after.restrictive;
  const isTaken = (fact: string) => before[fact] !== undefined && after[fact] === undefined;
  if (!isFixed || isTaken("using") || isTaken("check")) return undefined;
  const parts = [`ALTER POLICY ${policy}`];
  if (roles(before) !== roles(after)) parts.push(`TO ${roles(after)}`);
  if (before.using !== after.using) parts.push(`USING (${after.using})`);
  if (before.check !== after.check) parts.push(`WITH CHECK (${after.check})`);
  return parts.join(" ");
}
