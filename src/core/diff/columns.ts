import type { Fact, Facts } from "../catalog/schema-object.ts";
import { heirsOf, parentsOf, rowColumnsOf, storesOf } from "../diff-sides/heirs.ts";
import { quotedIfNeeded, suffixed, unquoted } from "../diff-sides/names.ts";
import { notNullNames, usualName } from "../diff-sides/not-null-names.ts";
import { SINCE } from "../diff-sides/older-server.ts";
import { chosenName, columnsInOrder, factsOf, isCommon, partsOf, type SchemaSide } from "../diff-sides/side.ts";
import { type Action, PHASE, relationTarget, typeTarget } from "./action.ts";
import { conversion, isComposite, type Way } from "./casts.ts";
import { type Columns, type DroppedColumn, dropColumn, dropOrLeave } from "./drops.ts";
import { identityActions, identitySql, nextValue, sequenceOf } from "./sequences.ts";

const STORAGE: Readonly<Record<string, string>> = { p: "PLAIN", e: "EXTERNAL", m: "MAIN", x: "EXTENDED" };
/** Types whose values are stored in the table itself as long as there is room. */
const IN_MAIN = /^(?:numeric(?:\([\d,]+\))?|inet|cidr)$/;
const COMPRESSION: Readonly<Record<string, string>> = { p: "pglz", l: "lz4" };

/** A column of a table that both schemas have. */
interface Column extends DroppedColumn {
  readonly order: number;
  readonly notNullName: string | undefined;
  /** The schemas before and after. */
  readonly sides: readonly [SchemaSide, SchemaSide];
}

/** Changes of the columns of tables that both schemas have. */
export function columnActions(from: SchemaSide, to: SchemaSide): Action[] {
  const [before, after] = [partsOf(from, "column"), partsOf(to, "column")];
  const tables = [...to.relations].filter(([name, kind]) => kind === "table" && isCommon(from, to, name));
  return tables.flatMap(([table]) => {
    const order = columnsInOrder(to, table);
    const places = [...order.keys()];
    const [old, now] = [before.get(table) ?? new Map(), after.get(table) ?? new Map()];
    const oldNames = columnsInOrder(from, table);
    const takesName = takesNameOf(to, table);
    const heirs = heirsOf(from, table);
    const shared = {
      ...{ table, heirs, stores: storesOf(from, table), rows: rowColumnsOf(from, table) },
      sides: [from, to] as const,
    };
    const parents = parentsOf(to, table).filter((parent) => isCommon(from, to, parent));
    const dropped = [...old].flatMap(([name, facts]) =>
      now.has(name) || facts.inherited === true ? [] : dropOrLeave({ ...shared, name }, facts, after),
    );
    const changed = [...now].flatMap(([name, facts]: [string, Facts]) => {
      const column: Column = { ...shared, name, order: places.indexOf(name), notNullName: order.get(name) };
      const own = old.get(name);
      const former =
        own && parents.reduce((one, parent) => changedByParent(one, [before, after], parent, name, takesName), own);
      if (!former) return facts.inherited === true ? [] : addColumn(column, facts);
      return [
        ...changeColumn(column, former, facts),
        ...renameNotNull(column, oldNames.get(name), [former, facts]),
        ...continued(column, former, facts),
      ];
    });
    return [...dropped, ...changed];
  });
}

/** The facts of a column after the statements for a parent, which change the heirs too. */
function changedByParent(
  facts: Facts,
  [before, after]: readonly [Columns, Columns],
  parent: string,
  name: string,
  takesName: ReturnType<typeof takesNameOf>,
): Facts {
  const [old, now] = [before.get(parent)?.get(name), after.get(parent)?.get(name)];
  if (!now) return facts;
  const isOwn = now["not null"] !== undefined && !takesName(parent, name);
  // A new column of the parent leaves the default of the heir's column of that name alone.
  const inherited = [...(old ? ["default"] : []), ...(isOwn ? [] : ["not null"])];
  const changes = inherited.filter((fact) => old?.[fact] !== now[fact]);
  const rest = Object.entries(facts).filter(([fact]) => !changes.includes(fact));
  const changed = changes.flatMap((fact) => (now[fact] === undefined ? [] : [[fact, now[fact]]]));
  return Object.fromEntries([...rest, ...changed]);
}

/** The result is true for a NOT NULL constraint with the name of its parent's, as one that comes from the parent has. */
function takesNameOf(to: SchemaSide, table: string): (parent: string, column: string) => boolean {
  if (to.major < SINCE.namesOfNotNull) return () => true;
  const own = notNullNames(to, table);
  return (parent, column) => own.get(column) === undefined || own.get(column) === notNullNames(to, parent).get(column);
}

export function columnSql({ name, notNullName: given }: Pick<Column, "name" | "notNullName">, facts: Facts): string {
  const notNullName = chosenName(given);
  const { type, collation, generated, expression, identity } = facts;
  const parts = [`${name} ${type}`];
  if (collation !== undefined) parts.push(`COLLATE ${collation}`);
  if (generated !== undefined) parts.push(`GENERATED ALWAYS AS (${expression}) ${String(generated).toUpperCase()}`);
  if (facts.default !== undefined) parts.push(`DEFAULT ${facts.default}`);
  if (identity !== undefined) parts.push(identitySql(facts));
  const named = notNullName === undefined ? "" : `CONSTRAINT ${notNullName} `;
  if (facts["not null"] === "yes") parts.push(`${named}NOT NULL`);
  if (facts["not null"] === "not inherited") parts.push(`${named}NOT NULL NO INHERIT`);
  return parts.join(" ");
}

function addColumn(column: Column, facts: Facts): Action[] {
  const { table, order } = column;
  const add = { sql: `ALTER TABLE ${table} ADD COLUMN ${columnSql(column, facts)}`, phase: PHASE.addColumn, order };
  return [add, ...restOf(column, {}, facts)];
}

function changeColumn(column: Column, before: Facts, after: Facts): Action[] {
  if (isComputedAnew(before, after)) return replaced(column, before, after);
  const { table, name, order } = column;
  const at = `ALTER TABLE ${table} ALTER COLUMN ${name}`;
  const actions: Action[] = [];
  const say = (sql: string, phase: number) => actions.push({ sql: `${at} ${sql}`, phase, order });
  const isRetyped = before.type !== after.type || before.collation !== after.collation;
  if (isRetyped && after.inherited !== true) actions.push(retyped(column, before, after));
  if (before.generated !== undefined && after.generated === undefined) say("DROP EXPRESSION", PHASE.dropDefault);
  if (before.default !== after.default) {
    if (after.default === undefined) say("DROP DEFAULT", PHASE.dropDefault);
    else {
      if (isRetyped && before.default !== undefined) say("DROP DEFAULT", PHASE.dropDefault);
      say(`SET DEFAULT ${after.default}`, PHASE.setDefault);
    }
  }
  return [
    ...actions,
    ...notNullActions(column, before, after),
    ...identityActions({ ...column, from: column.sides[0] }, before, after),
    ...restOf(column, before, after),
  ];
}

const NEXT_VALUE = /^nextval\('(.*)'::regclass\)$/;

/** A new sequence begins after the values that exist. */
function continued({ table, name, order, sides: [from, to] }: Column, before: Facts, facts: Facts): Action[] {
  const of = facts.identity === undefined ? NEXT_VALUE.exec(String(facts.default))?.[1] : undefined;
  const isNew = facts.identity !== undefined ? before.identity === undefined : of !== undefined;
  const isFormer = of !== undefined && (from.objects.has(`sequence ${of}`) || before.identity !== undefined);
  if (!isNew || (isFormer && before.identity === undefined)) return [];
  const sequence = of === undefined ? sequenceOf(table, name) : `'${of}'`;
  const settings = of === undefined ? facts["sequence settings"] : to.objects.get(`sequence ${of}`)?.facts.settings;
  const users = [...to.objects.values()].filter((one) => one.kind === "column" && one.facts.default === facts.default);
  const next = nextValue(name, settings as Facts | undefined, of !== undefined && users.length > 1 ? of : undefined);
  const sql = `SELECT setval(${sequence}, ${next}, false) FROM ${table}`;
  return [{ sql, phase: PHASE.marks, order }];
}

/** True if the values of the column are to be computed by another expression, or no longer stored. */
function isComputedAnew(before: Facts, after: Facts): boolean {
  if (after.generated === undefined) return before.generated === "virtual";
  return ["generated", "expression", "type", "collation"].some((fact) => before[fact] !== after[fact]);
}

function replaced(column: Column, before: Facts, after: Facts): Action[] {
  const drop = dropColumn(column, before, PHASE.addColumn);
  return [{ ...drop, order: column.order }, ...addColumn(column, after)];
}

/** Each way is tried after the one before has failed: a cast that PostgreSQL knows keeps all values. */
function retyped(column: Column, before: Facts, after: Facts): Action {
  const { table, name, order, heirs, stores, sides } = column;
  const collation = after.collation === undefined ? "" : ` COLLATE ${after.collation}`;
  const at = `ALTER TABLE ${table} ALTER COLUMN ${name}`;
  const [old, type] = [String(before.type), String(after.type)];
  const outcome = (way: Way) => conversion({ side: sides[0], type: old }, { side: sides[1], type }, way);
  const losing = { loses: stores(name).map((one) => `values of column ${one}`) };
  const tables = [table, ...heirs].map((one) => relationTarget(one, unquoted(name)));
  const targets = [...tables, typeTarget(old)];
  const change = (using: string, way: Way): Action => ({
    sql: `${at} TYPE ${type}${collation}${using === "" ? "" : ` USING ${using}`}`,
    phase: PHASE.changeColumn,
    order,
    targets,
    ...(outcome(way) === "cut" && losing),
  });
  // Only integer has a cast to and from boolean.
  const isBoolean = [old, type].includes("boolean");
  const number: Action[][] = isBoolean ? [[change(`${name}::integer::${type}`, "cast")]] : [];
  const text: Action[][] = outcome("as text") === "mixed" ? [] : [[change(`${name}::text::${type}`, "as text")]];
  const step = (sql: string): Action => ({ sql: `${at} ${sql}`, phase: PHASE.changeColumn, order });
  const cast: Action = {
    ...change("", "assigned"),
    otherwise: [[change(`${name}::${type}`, "cast")], ...number, ...text, replaced(column, before, after)],
  };
  if (before.default === undefined) return cast;
  // The default may have no cast, while the values have one.
  const again = after.default === undefined ? [] : [step(`SET DEFAULT ${after.default}`)];
  return { ...change("", "assigned"), otherwise: [[step("DROP DEFAULT"), cast, ...again]] };
}

function notNullActions(column: Column, before: Facts, after: Facts): Action[] {
  const [old, now] = [before["not null"], after["not null"]];
  if (old === now) return [];
  const { table, name, order, sides } = column;
  const at = `ALTER TABLE ${table} ALTER COLUMN ${name}`;
  const drop: Action = { sql: `${at} DROP NOT NULL`, phase: PHASE.dropDefault, order };
  // The statement for a parent, or for its new column, would give the constraint the parent's name.
  const parents = parentsOf(sides[1], table);
  const isChild = parents.length > 0;
  // The safe form comes in a later file than the parent's statement may.
  const isOfParent = parents.some(
    (parent) => factsOf(sides[1], "column", `${parent}.${name}`)?.["not null"] !== undefined,
  );
  const set = isChild ? { phase: PHASE.addColumn, order: -1 } : { phase: PHASE.notNull, order };
  const chosen = chosenName(column.notNullName) ?? nameBesideHeirs(column);
  const hasFields = isComposite({ side: sides[1], type: String(after.type) });
  const named = chosen === undefined ? "" : `CONSTRAINT ${chosen} `;
  if (now === undefined) return [drop];
  if (now === "yes")
    return [
      ...(old === "not inherited" ? [drop] : []),
      {
        ...set,
        sql: named === "" ? `${at} SET NOT NULL` : `ALTER TABLE ${table} ADD ${named}NOT NULL ${name}`,
        // IS NOT NULL is false for a composite value with a NULL in it.
        ...(named === "" && !hasFields && !isOfParent && { safe: { kind: "not null", table, name } as const }),
        otherwise: [[{ ...set, sql: `${at} SET NOT NULL` }]],
      },
    ];
  const mark = now === "not valid" ? " NOT VALID" : " NO INHERIT";
  return [
    ...(old === undefined ? [] : [drop]),
    { ...set, sql: `ALTER TABLE ${table} ADD ${named}NOT NULL ${name}${mark}` },
  ];
}

/** The usual name has to be given if an heir has such a constraint, because PostgreSQL looks for a name that none of them has. */
function nameBesideHeirs({ table, name, heirs, sides: [from, to] }: Column): string | undefined {
  const isNamed = to.major >= SINCE.namesOfNotNull;
  const areNotNull = heirs.some((heir) => factsOf(from, "column", `${heir}.${name}`)?.["not null"] !== undefined);
  return isNamed && areNotNull ? quotedIfNeeded(usualName(table, name)) : undefined;
}

/** PostgreSQL 18 has constraints for NOT NULL, and keeps their names when a table or column is renamed. */
function renameNotNull(
  { table, name, notNullName }: Column,
  former: string | undefined,
  facts: readonly Facts[],
): Action[] {
  if (former === notNullName || facts.some((one) => one["not null"] === undefined)) return [];
  const usual = quotedIfNeeded(usualName(table, name));
  const [old, now] = [former ?? usual, notNullName ?? usual];
  const rename = (to: string): Action => ({
    sql: `ALTER TABLE ${table} RENAME CONSTRAINT ${old} TO ${to}`,
    phase: PHASE.rename,
    order: 0,
  });
  // Another column may have the name until the next round.
  return [{ ...rename(now), otherwise: [[rename(suffixed(old, "_old"))]] }];
}

/** The settings of a column that have statements of their own. */
function restOf({ table, name, order }: Column, before: Facts, after: Facts): Action[] {
  const at = `ALTER TABLE ${table} ALTER COLUMN ${name}`;
  const actions: Action[] = [];
  const say = (sql: string, ...others: string[]) => {
    const one = (text: string) => ({ sql: `${at} ${text}`, phase: PHASE.changeTable, order });
    actions.push({ ...one(sql), otherwise: others.map((other) => [one(other)]) });
  };
  if (before.storage !== after.storage) {
    const storage = STORAGE[String(after.storage)];
    if (storage) say(`SET STORAGE ${storage}`);
    // SET STORAGE DEFAULT is new in PostgreSQL 16.
    else if (IN_MAIN.test(String(after.type))) say("SET STORAGE MAIN");
    else say("SET STORAGE EXTENDED", "SET STORAGE PLAIN");
  }
  if (before.compression !== after.compression)
    say(`SET COMPRESSION ${COMPRESSION[String(after.compression)] ?? "default"}`);
  if (before.statistics !== after.statistics) say(`SET STATISTICS ${after.statistics ?? -1}`);
  for (const sql of optionChanges(before.options, after.options)) say(sql);
  return actions;
}

/** SET and RESET that lead from one list of "name=value" to another, in its order. */
export function optionChanges(before: Fact | undefined, after: Fact | undefined): string[] {
  const [old, now] = [optionsOf(before), optionsOf(after)];
  const changed = [...now].filter(([name, value]) => old.get(name) !== value);
  const kept = [...old].filter(([name, value]) => now.get(name) === value);
  // SET puts an option at the end.
  const reached = [...kept, ...changed].map(([name]) => name);
  const isInOrder = reached.join() === [...now.keys()].join();
  const reset = [...old.keys()].filter((name) => (isInOrder ? !now.has(name) : true));
  const set = isInOrder ? changed : [...now];
  return [
    ...(reset.length > 0 ? [`RESET (${reset.join(", ")})`] : []),
    ...(set.length > 0 ? [`SET (${set.map(([name, value]) => `${name} = ${valueSql(value)}`).join(", ")})`] : []),
  ];
}

function optionsOf(options: Fact | undefined): Map<string, string> {
  const all = Array.isArray(options) ? options.map(String) : [];
  return new Map(all.map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)]));
}

function valueSql(value: string): string {
  return /^[\w.+-]+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`;
}
