import type { Fact, Facts } from "../catalog/schema-object.ts";
import { storesOf } from "../diff-sides/heirs.ts";
import { literal, splitName, suffixed, unquoted } from "../diff-sides/names.ts";
import { partsOf, type SchemaSide } from "../diff-sides/side.ts";
import { type Action, PHASE, relationTarget, type Target, typeTarget } from "./action.ts";
import { conversion, fieldsOf, type Outcome, worst } from "./casts.ts";
import { withoutEnd } from "./tables.ts";

/** Changes of enums, domains and composite types that both schemas have. */
export function typeActions(from: SchemaSide, to: SchemaSide, isOneTransaction: boolean): Action[] {
  return [...to.objects.values()].flatMap(({ kind, name, facts }) => {
    if (!KINDS.includes(kind)) return [];
    const before = from.objects.get(`${kind} ${name}`)?.facts;
    if (isReplaced(from, to, name)) return replacedType(from, to, name);
    if (!before) return [];
    if (kind === "enum")
      return enumActions(from, to, name, { old: labelsOf(before), now: labelsOf(facts), isOneTransaction });
    if (kind === "domain") return domainActions(from, to, name, [before, facts]);
    return kind === "composite type" ? attributeActions(from, to, name) : [];
  });
}

const KINDS = ["enum", "domain", "composite type", "range"];

/** True if columns keep a type of which only the name stays: another kind of type, or another range. */
export function isReplaced(from: SchemaSide, to: SchemaSide, name: string): boolean {
  const [before, after] = [kindOf(from, name), kindOf(to, name)];
  if (before === undefined || after === undefined) return false;
  const [old, now] = [from, to].map(({ objects }) => JSON.stringify(objects.get(`range ${name}`)?.facts));
  if (before === after && old === now) return false;
  return [...from.objects].some(
    ([key, { kind, facts }]) =>
      kind === "column" &&
      (facts.type === name || facts.type === `${name}[]`) &&
      to.objects.get(key)?.facts.type === facts.type,
  );
}

function kindOf({ objects }: SchemaSide, name: string): string | undefined {
  return KINDS.find((kind) => objects.has(`${kind} ${name}`));
}

/** True if a type or a relation has the name. */
function hasType(side: SchemaSide, name: string): boolean {
  return side.relations.has(name) || side.objects.has(`type ${name}`) || kindOf(side, name) !== undefined;
}

function replacedType(from: SchemaSide, to: SchemaSide, name: string): Action[] {
  const kind = kindOf(from, name) === "domain" ? "DOMAIN" : "TYPE";
  const entry = to.entries.get(`${kindOf(to, name) === "domain" ? "DOMAIN" : "TYPE"} ${name}`);
  const [create = ""] = entry?.statements ?? [];
  const outcome = (type: string) => conversion({ side: from, type }, { side: to, type }, "as text");
  return rebuilt(from, to, { name, kind, create: withoutEnd(create), using: asText, outcome });
}

function asText(column: string, type: string): string {
  return `${column}::text::${type}`;
}

function labelsOf({ labels }: Facts): string[] {
  return Array.isArray(labels) ? labels.map(String) : [];
}

interface Labels {
  readonly old: readonly string[];
  readonly now: readonly string[];
  /** True if a new value could not be used before the end of the transaction. */
  readonly isOneTransaction: boolean;
}

function enumActions(from: SchemaSide, to: SchemaSide, name: string, labels: Labels): Action[] {
  const { old, now, isOneTransaction } = labels;
  if (old.join("\0") === now.join("\0")) return [];
  const kept = now.filter((label) => old.includes(label));
  if (isOneTransaction || kept.join("\0") !== old.join("\0")) return rebuiltEnum(from, to, name, now);
  return now.flatMap((label, index): Action[] => {
    if (old.includes(label)) return [];
    const next = now.slice(index + 1).find((one) => old.includes(one));
    const previous = now[index - 1];
    const place =
      next === undefined ? "" : previous === undefined ? ` BEFORE ${literal(next)}` : ` AFTER ${literal(previous)}`;
    return [
      {
        sql: `ALTER TYPE ${name} ADD VALUE ${literal(label)}${place}`,
        phase: PHASE.addValue,
        order: index,
        isAlone: true,
      },
    ];
  });
}

/** PostgreSQL removes no value of an enum: a new type takes the place of the old one. Rows with a removed value fail. */
function rebuiltEnum(from: SchemaSide, to: SchemaSide, name: string, labels: readonly string[]): Action[] {
  const create = `CREATE TYPE ${name} AS ENUM (${labels.map(literal).join(", ")})`;
  return rebuilt(from, to, { name, kind: "TYPE", create, using: asText, outcome: () => "kept" });
}

interface NewType {
  readonly name: string;
  /** In the words of ALTER. */
  readonly kind: "TYPE" | "DOMAIN";
  /** The statement that creates it. */
  readonly create: string;
  /** The expression for the values of a column; undefined for an assignment. */
  readonly using: (column: string, type: string) => string | undefined;
  /** The effect on the values; columns with mixed ones are left to later statements. */
  readonly outcome: (type: string) => Outcome;
}

/** A new type takes the place of one with this name, also in the columns that keep it. */
function rebuilt(from: SchemaSide, to: SchemaSide, { name, kind, create, using, outcome }: NewType): Action[] {
  const [schema, plain] = splitName(name);
  let old = suffixed(plain, "_old");
  const isTaken = () => [from, to].some((side) => hasType(side, `${schema}.${old}`));
  for (let number = 2; isTaken(); number++) old = suffixed(plain, `_old${number}`);
  const former = `${schema}.${old}`;
  const at = (sql: string, order: number, phase: number = PHASE.type): Action => ({
    sql,
    phase,
    order: 10_000 + order,
  });
  const actions = [at(`ALTER ${kind} ${name} RENAME TO ${old}`, 0), at(create, 1)];
  const after = partsOf(to, "column");
  for (const [table, columns] of partsOf(from, "column")) {
    if (from.relations.get(table) !== "table") continue;
    for (const [column, facts] of columns) {
      const type = String(facts.type);
      const later = after.get(table)?.get(column);
      if ((type !== name && type !== `${name}[]`) || facts.inherited === true || later?.type !== type) continue;
      const alter = `ALTER TABLE ${table} ALTER COLUMN ${column}`;
      const values = outcome(type);
      if (values === "mixed") continue;
      if (facts.default !== undefined) actions.push(at(`${alter} DROP DEFAULT`, 2));
      const expression = using(column, type);
      actions.push({
        ...at(`${alter} TYPE ${type}${expression === undefined ? "" : ` USING ${expression}`}`, 3),
        ...(values === "cut" && { loses: storesOf(from, table)(column).map((one) => `values of column ${one}`) }),
        targets: [relationTarget(table, unquoted(column)), typeTarget(former)],
      });
      if (later.default !== undefined) actions.push(at(`${alter} SET DEFAULT ${later.default}`, 4));
    }
  }
  const drop = { sql: `DROP ${kind} ${former}`, phase: PHASE.dropType, order: 0, targets: [typeTarget(former)] };
  return [...actions, drop];
}

/** A new collation takes the place of one with this name in the columns that keep it. It is created by another action. */
export function recollated(from: SchemaSide, to: SchemaSide, name: string, old: Target): Action[] {
  const [schema, plain] = splitName(name);
  const former = suffixed(plain, "_old");
  const common = { phase: PHASE.type, order: 0 };
  const after = partsOf(to, "column");
  const columns = [...partsOf(from, "column")].flatMap(([table, all]) =>
    [...all].flatMap(([column, { collation, inherited }]): Action[] => {
      const later = after.get(table)?.get(column);
      if (from.relations.get(table) !== "table" || collation !== name || inherited === true) return [];
      if (later?.collation !== name) return [];
      const sql = `ALTER TABLE ${table} ALTER COLUMN ${column} TYPE ${later.type} COLLATE ${name}`;
      return [{ ...common, sql, targets: [relationTarget(table, unquoted(column))] }];
    }),
  );
  const drop = { sql: `DROP COLLATION ${schema}.${former}`, phase: PHASE.dropType, order: 0, targets: [old] };
  return [{ ...common, sql: `ALTER COLLATION ${name} RENAME TO ${former}` }, ...columns, drop];
}

const NAMED_CHECK = /^("(?:[^"]|"")*"|\S+) (.*)$/s;

function domainActions(from: SchemaSide, to: SchemaSide, name: string, [before, after]: [Facts, Facts]): Action[] {
  const actions: Action[] = [];
  const say = (sql: string, phase: number = PHASE.type) =>
    actions.push({ sql: `ALTER DOMAIN ${name} ${sql}`, phase, order: 0 });
  const again = rebuiltDomain(from, to, name, [before, after]);
  const isInArray = [...from.objects.values()].some(
    ({ kind, facts }) => kind === "column" && facts.type === `${name}[]`,
  );
  const hasNewCheck = [...checksOf(after)].some(([check, definition]) => checksOf(before).get(check) !== definition);
  const isOther = before.type !== after.type || before.collation !== after.collation;
  if (isOther || (isInArray && hasNewCheck)) return again;
  const [old, now] = [checksOf(before), checksOf(after)];
  const renames = new Map<string, string>();
  for (const [check, definition] of now) {
    const former = [...old].find(([one, text]) => !now.has(one) && text === definition && !renames.has(one));
    if (!old.has(check) && former) renames.set(former[0], check);
  }
  for (const [check, later] of renames) say(`RENAME CONSTRAINT ${check} TO ${later}`);
  for (const [check, definition] of old) {
    if (!renames.has(check) && now.get(check) !== definition && !isValidated(definition, now.get(check)))
      say(`DROP CONSTRAINT ${check}`, PHASE.dropDefault);
  }
  for (const [check, definition] of now) {
    if ([...renames.values()].includes(check) || old.get(check) === definition) continue;
    if (isValidated(old.get(check), definition)) say(`VALIDATE CONSTRAINT ${check}`, PHASE.validate);
    else {
      // A column whose type contains the domain stops the statement.
      const add = { sql: `ALTER DOMAIN ${name} ADD CONSTRAINT ${check} ${definition}`, phase: PHASE.type, order: 0 };
      actions.push({ ...add, otherwise: [again] });
    }
  }
  if (before["not null"] !== after["not null"]) say(`${after["not null"] === true ? "SET" : "DROP"} NOT NULL`);
  if (before.default !== after.default)
    say(after.default === undefined ? "DROP DEFAULT" : `SET DEFAULT ${after.default}`);
  return actions;
}

function rebuiltDomain(
  from: SchemaSide,
  to: SchemaSide,
  name: string,
  [before, after]: readonly [Facts, Facts],
): Action[] {
  const [create] = to.entries.get(`DOMAIN ${name}`)?.statements ?? [];
  if (create === undefined) return [];
  const isAssigned = (type: string) => isWider(before, after) && !type.endsWith("]");
  const using = (column: string, type: string) => (isAssigned(type) ? undefined : asText(column, type));
  const outcome = (type: string) =>
    conversion({ side: from, type }, { side: to, type }, isAssigned(type) ? "assigned" : "as text");
  // The name of the constraint is for the new domain.
  const drop = { sql: `ALTER DOMAIN ${name} DROP NOT NULL`, phase: PHASE.type, order: 9_000 };
  const actions = rebuilt(from, to, { name, kind: "DOMAIN", create: withoutEnd(create), using, outcome });
  return before["not null"] === true ? [drop, ...actions] : actions;
}

/** True for types of the same family, such as integer and bigint. */
function isWider(before: Facts, after: Facts): boolean {
  const base = ({ type }: Facts) => String(type).replace(/\(.*/, "");
  const numbers = ["smallint", "integer", "bigint", "numeric"];
  return base(before) === base(after) || [before, after].every((facts) => numbers.includes(base(facts)));
}

function isValidated(before: string | undefined, after: string | undefined): boolean {
  return before !== undefined && before === `${after} NOT VALID`;
}

function checksOf({ checks }: Facts): Map<string, string> {
  const all: readonly Fact[] = Array.isArray(checks) ? checks : [];
  return new Map(all.map((one) => (NAMED_CHECK.exec(String(one)) ?? []).slice(1) as [string, string]));
}

function attributeActions(from: SchemaSide, to: SchemaSide, name: string): Action[] {
  const [before, after] = [from, to].map((side) => partsOf(side, "column").get(name) ?? new Map<string, Facts>()) as [
    Map<string, Facts>,
    Map<string, Facts>,
  ];
  const targets = [relationTarget(name)];
  const tables = [...from.objects.values()].filter(({ kind, facts }) => kind === "table" && facts["row type"] === name);
  const lost = (attribute: string) => [
    `attribute ${name}.${attribute}`,
    ...tables.map((table) => `column ${table.name}.${attribute}`),
  ];
  const alter = (sql: string, phase: number): Action => ({
    sql: `ALTER TYPE ${name} ${sql}${tables.length > 0 ? " CASCADE" : ""}`,
    phase,
    order: 0,
    targets,
  });
  const typed = (facts: Facts) => `${facts.type}${facts.collation === undefined ? "" : ` COLLATE ${facts.collation}`}`;
  return [
    ...[...before].flatMap(([attribute]) =>
      after.has(attribute)
        ? []
        : [{ ...alter(`DROP ATTRIBUTE ${attribute}`, PHASE.dropColumn), loses: lost(attribute) }],
    ),
    ...[...after].flatMap(([attribute, facts]) => {
      const old = before.get(attribute);
      if (!old) return [alter(`ADD ATTRIBUTE ${attribute} ${typed(facts)}`, PHASE.addColumn)];
      if (typed(old) === typed(facts)) return [];
      const values = conversion({ side: from, type: `${old.type}` }, { side: to, type: `${facts.type}` }, "assigned");
      const loses = values === "cut" ? { loses: lost(attribute).map((one) => `values of ${one}`) } : {};
      const change = alter(`ALTER ATTRIBUTE ${attribute} TYPE ${typed(facts)}`, PHASE.changeColumn);
      // A column of the type stops the statement.
      return [{ ...change, ...loses, otherwise: [rebuiltComposite(from, to, name)] }];
    }),
  ];
}

function rebuiltComposite(from: SchemaSide, to: SchemaSide, name: string): Action[] {
  const [create = ""] = to.entries.get(`TYPE ${name}`)?.statements ?? [];
  const before = new Map(fieldsOf({ side: from, type: name }));
  const after = fieldsOf({ side: to, type: name }) ?? [];
  const using = (column: string, type: string) => {
    // An array has no expression for its elements.
    if (type.endsWith("]")) return asText(column, type);
    const fields = after.map(([field, now]) => {
      const old = before.get(field);
      const value = `(${column}).${field}`;
      return old === undefined ? "NULL" : old === now ? value : asText(value, now);
    });
    return `CASE WHEN ${column} IS DISTINCT FROM NULL THEN ROW(${fields.join(", ")})::${type} END`;
  };
  const outcome = (type: string): Outcome => {
    if (type.endsWith("]")) return conversion({ side: from, type }, { side: to, type }, "as text");
    const outcomes = after.map(([field, now]) => {
      const old = before.get(field);
      return old === undefined ? "kept" : conversion({ side: from, type: old }, { side: to, type: now }, "as text");
    });
    return worst(outcomes);
  };
  return rebuilt(from, to, { name, kind: "TYPE", create: withoutEnd(create), using, outcome });
}
