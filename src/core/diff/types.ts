import type { Fact, Facts } from "../catalog/schema-object.ts";
import { type Action, PHASE, relationTarget, typeTarget } from "./action.ts";
import { literal, splitName, suffixed, unquoted } from "./names.ts";
import { partsOf, type SchemaSide } from "./side.ts";

/** Changes of enums, domains and composite types that both schemas have. */
export function typeActions(from: SchemaSide, to: SchemaSide, isOneTransaction: boolean): Action[] {
  return [...to.objects.values()].flatMap(({ kind, name, facts }) => {
    const before = from.objects.get(`${kind} ${name}`)?.facts;
    if (!before) return [];
    if (kind === "enum")
      return enumActions(from, to, name, { old: labelsOf(before), now: labelsOf(facts), isOneTransaction });
    if (kind === "domain") return domainActions(name, before, facts);
    return kind === "composite type" ? attributeActions(from, to, name) : [];
  });
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
  const [schema, plain] = splitName(name);
  const old = suffixed(plain, "_old");
  const former = `${schema}.${old}`;
  const at = (sql: string, order: number, phase: number = PHASE.type): Action => ({
    sql,
    phase,
    order: 10_000 + order,
  });
  const actions = [
    at(`ALTER TYPE ${name} RENAME TO ${old}`, 0),
    at(`CREATE TYPE ${name} AS ENUM (${labels.map(literal).join(", ")})`, 1),
  ];
  const after = partsOf(to, "column");
  for (const [table, columns] of partsOf(from, "column")) {
    if (from.relations.get(table) !== "table") continue;
    for (const [column, facts] of columns) {
      const type = String(facts.type);
      const later = after.get(table)?.get(column);
      if ((type !== name && type !== `${name}[]`) || facts.inherited === true || later?.type !== type) continue;
      const alter = `ALTER TABLE ${table} ALTER COLUMN ${column}`;
      if (facts.default !== undefined) actions.push(at(`${alter} DROP DEFAULT`, 2));
      actions.push({
        ...at(`${alter} TYPE ${type} USING ${column}::text::${type}`, 3),
        targets: [relationTarget(table, unquoted(column)), typeTarget(former)],
      });
      if (later.default !== undefined) actions.push(at(`${alter} SET DEFAULT ${later.default}`, 4));
    }
  }
  return [...actions, { sql: `DROP TYPE ${former}`, phase: PHASE.dropType, order: 0, targets: [typeTarget(former)] }];
}

const NAMED_CHECK = /^("(?:[^"]|"")*"|\S+) (.*)$/s;

function domainActions(name: string, before: Facts, after: Facts): Action[] {
  const actions: Action[] = [];
  const say = (sql: string, phase: number = PHASE.type) =>
    actions.push({ sql: `ALTER DOMAIN ${name} ${sql}`, phase, order: 0 });
  if (before.type !== after.type || before.collation !== after.collation) return [];
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
    else say(`ADD CONSTRAINT ${check} ${definition}`);
  }
  if (before["not null"] !== after["not null"]) say(`${after["not null"] === true ? "SET" : "DROP"} NOT NULL`);
  if (before.default !== after.default)
    say(after.default === undefined ? "DROP DEFAULT" : `SET DEFAULT ${after.default}`);
  return actions;
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
  const alter = (sql: string, phase: number): Action => ({
    sql: `ALTER TYPE ${name} ${sql}`,
    phase,
    order: 0,
    targets,
  });
  const typed = (facts: Facts) => `${facts.type}${facts.collation === undefined ? "" : ` COLLATE ${facts.collation}`}`;
  return [
    ...[...before].flatMap(([attribute]) =>
      after.has(attribute)
        ? []
        : [{ ...alter(`DROP ATTRIBUTE ${attribute}`, PHASE.dropColumn), loses: `attribute ${name}.${attribute}` }],
    ),
    ...[...after].flatMap(([attribute, facts]) => {
      const old = before.get(attribute);
      if (!old) return [alter(`ADD ATTRIBUTE ${attribute} ${typed(facts)}`, PHASE.addColumn)];
      return typed(old) === typed(facts)
        ? []
        : [alter(`ALTER ATTRIBUTE ${attribute} TYPE ${typed(facts)}`, PHASE.changeColumn)];
    }),
  ];
}
