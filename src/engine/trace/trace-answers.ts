import { LOCK_MODES, type LockMode, stronger } from "../../core/trace/lock-modes.ts";
import type { Column, Constraint, Index, NamedThing, Policy, Relation } from "../../core/trace/trace.ts";
import { AnswerNotUnderstood, type Row } from "../../ports/session.ts";
import { jsonAnswer, type Shape } from "../session/json-answer.ts";
import { FORM_FEED } from "./trace-sql.ts";

/* The shapes of the answers to the queries in trace-sql.ts. */

/** A type that is none of PostgreSQL's own; for an array, the oid of its elements. */
type OwnTypeFacts = readonly [name: string, oid: number, base: string | null];
type ColumnFacts = readonly [
  number: number,
  name: string,
  type: string | null,
  typeOid: number,
  required: boolean,
  filled: boolean,
  generated: boolean,
  writable: boolean,
  own: OwnTypeFacts | null,
];
type ConstraintFacts = readonly [
  oid: number,
  name: string,
  kind: string,
  validated: boolean,
  columns: readonly number[],
  index: number,
  referred: number,
  referredColumns: readonly number[],
  requires: boolean,
];
type IndexFacts = readonly [
  oid: number,
  name: string,
  unique: boolean,
  columns: readonly number[],
  method: string,
  classes: string,
  collations: string,
  directions: string,
  partial: boolean,
];
type GrantFacts = readonly [role: string, privilege: string, usable: boolean];
type PolicyFacts = readonly [
  name: string,
  permissive: boolean,
  command: string,
  everyone: boolean,
  using: string | null,
  check: string | null,
];
type RelationFacts = readonly [
  oid: number,
  kind: string,
  schema: string,
  name: string,
  isPartition: boolean,
  isChild: boolean,
  hidesRows: boolean,
  refusesUpdates: boolean,
  refusesReads: boolean,
  grants: readonly GrantFacts[] | null,
  columns: readonly ColumnFacts[] | null,
  constraints: readonly ConstraintFacts[] | null,
  indexes: readonly IndexFacts[] | null,
  policies: readonly PolicyFacts[] | null,
];
type LockedFacts = readonly [oid: number, modes: readonly string[], fileNode: number | null, scans: number | null];

/** A relation that the transaction has locked. */
export interface LockedRelation {
  readonly oid: number;
  /** The strongest. */
  readonly lock: LockMode;
  /** Undefined for a relation that is dropped. */
  readonly fileNode: number | undefined;
  readonly scans: number;
}

export type ThingFacts = readonly [
  kind: NamedThing["kind"],
  oid: number,
  schema: string,
  name: string,
  detail: string,
  result: string,
  least: number,
  most: number,
];

const OWN_TYPE: Shape = ["maybe", ["parts", ["text", "number", "text?"]]];
const COLUMN: Shape = [
  "parts",
  ["number", "text", "text?", "number", "boolean", "boolean", "boolean", "boolean", OWN_TYPE],
];
const NUMBERS: Shape = ["list of", "number"];
const CONSTRAINT: Shape = [
  "parts",
  ["number", "text", "text", "boolean", NUMBERS, "number", "number", NUMBERS, "boolean"],
];
const INDEX: Shape = ["parts", ["number", "text", "boolean", NUMBERS, "text", "text", "text", "text", "boolean"]];
const GRANT: Shape = ["parts", ["text", "text", "boolean"]];
const POLICY: Shape = ["parts", ["text", "boolean", "text", "boolean", "text?", "text?"]];
const RELATION: Shape = [
  "parts",
  [
    "number",
    "text",
    "text",
    "text",
    "boolean",
    "boolean",
    "boolean",
    "boolean",
    "boolean",
    ["maybe", ["list of", GRANT]],
    ["maybe", ["list of", COLUMN]],
    ["maybe", ["list of", CONSTRAINT]],
    ["maybe", ["list of", INDEX]],
    ["maybe", ["list of", POLICY]],
  ],
];
const COUNTERS: Shape = ["list of", ["parts", ["number", "number", "number"]]];
const LOCKED: Shape = ["list of", ["parts", ["number", ["list of", "text"], "number?", "number?"]]];
export const THINGS: Shape = [
  "list of",
  ["parts", ["text", "number", "text", "text", "text", "text", "number", "number"]],
];

/** The texts that relations were read from. */
const texts = new WeakMap<Relation, string>();

/** True if two relations are equal in all that is known of them. */
export function isSame(one: Relation, other: Relation): boolean {
  return texts.get(one) === texts.get(other);
}

/**
 * The relations of an answer to `RELATIONS_QUERY` or `FACTS_QUERY`, or of the column `read`, by their oids.
 * @param known relations by their oids; those that have not changed are not read again
 */
export function relationsIn(
  answer: Row | undefined,
  known: ReadonlyMap<number, Relation> = new Map(),
  column = "seen",
): Map<number, Relation> {
  const text = answer?.[column];
  if (typeof text !== "string") throw new AnswerNotUnderstood("the answer is not text");
  const read = text === "" ? [] : text.split(FORM_FEED).map((one) => relationIn(one, known));
  return new Map(read.map((one) => [one.oid, one]));
}

function relationIn(text: string, known: ReadonlyMap<number, Relation>): Relation {
  const before = known.get(Number.parseInt(text.slice(1), 10));
  if (before && texts.get(before) === text) return before;
  const relation = relationOf(jsonAnswer<RelationFacts>(text, RELATION));
  texts.set(relation, text);
  return relation;
}

/** The counters of an answer to `COUNTERS_QUERY`. */
export function countersIn(
  answer: Row | undefined,
): readonly (readonly [oid: number, fileNode: number, scans: number])[] {
  return jsonAnswer<[number, number, number][]>(answer?.seen, COUNTERS);
}

/** The relations of an answer to `LOCKED_QUERY`. */
export function lockedIn(answer: Row | undefined): LockedRelation[] {
  return jsonAnswer<LockedFacts[]>(answer?.seen, LOCKED).map(([oid, modes, fileNode, scans]) => {
    const lock = modes.map(modeOf).reduce<LockMode | undefined>(stronger, undefined) ?? "AccessShare";
    return { oid, lock, fileNode: fileNode ?? undefined, scans: scans ?? 0 };
  });
}

function modeOf(mode: string): LockMode {
  return LOCK_MODES.find((one) => `${one}Lock` === mode) ?? "AccessShare";
}

function relationOf(facts: RelationFacts): Relation {
  const [oid, kind, schema, name, isPartition, isChild, hidesRows, refusesUpdates, refusesReads, ...rest] = facts;
  const [grants, columns, constraints, indexes, policies] = rest;
  return {
    oid,
    kind,
    schema,
    name,
    isPartition,
    isChild,
    hidesRows,
    refusesUpdates,
    refusesReads,
    grants: (grants ?? []).map(([role, privilege, usable]) => ({ role, privilege, usable })),
    columns: (columns ?? []).map(columnOf),
    constraints: (constraints ?? []).map(constraintOf),
    indexes: (indexes ?? []).map(indexOf),
    policies: policies?.map(policyOf),
  };
}

function columnOf(facts: ColumnFacts): Column {
  const [number, name, known, knownOid, required, filled, generated, writable, own] = facts;
  const [type, typeOid, base] = own ?? [known ?? "", knownOid, null];
  return { number, name, type, valueType: base ?? type, typeOid, required, filled, generated, writable };
}

function constraintOf(facts: ConstraintFacts): Constraint {
  const [oid, name, kind, validated, columns, index, relation, referred, requires] = facts;
  return {
    oid,
    name,
    kind,
    validated,
    columns,
    index,
    requires,
    refersTo: relation ? { relation, columns: referred } : undefined,
  };
}

function indexOf(facts: IndexFacts): Index {
  const [oid, name, unique, columns, method, classes, collations, directions, partial] = facts;
  const [collation, direction] = [collations.split(" "), directions.split(" ")];
  const orders = classes.split(" ").map((one, key) => `${one} ${collation[key]} ${direction[key]}`);
  return { oid, name, unique, columns, method, orders, partial };
}

function policyOf([name, permissive, command, everyone, using, check]: PolicyFacts): Policy {
  return { name, permissive, command, everyone, using: using ?? undefined, check: check ?? undefined };
}

export function thingOf([kind, oid, schema, name, detail, result, least, most]: ThingFacts): NamedThing {
  return { kind, oid, schema, name, detail, result, arguments: [least, most] };
}

/** An attribute that gets another type is another one. */
export function nameOfThing({ kind, schema, name, detail, result }: NamedThing): string {
  return JSON.stringify([kind, schema, name, detail, kind === "attribute" && result]);
}
