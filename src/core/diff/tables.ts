import type { Facts } from "../catalog/schema-object.ts";
import { SINCE } from "../diff-sides/older-server.ts";
import { factsOf, isCommon, type SchemaSide } from "../diff-sides/side.ts";
import { type Action, PHASE, relationTarget } from "./action.ts";
import { optionChanges } from "./columns.ts";

const IDENTITY: Readonly<Record<string, string>> = { n: "NOTHING", f: "FULL" };

/** Changes of tables that both schemas have, without their parts. */
export function tableActions(from: SchemaSide, to: SchemaSide): Action[] {
  return [...to.relations].flatMap(([name, kind]) => {
    if (kind === "materialized view" && isCommon(from, to, name)) return places(from, to, name);
    if (kind !== "table" || !isCommon(from, to, name)) return [];
    const [before, after] = [from, to].map((side) => side.objects.get(`table ${name}`)?.facts ?? {}) as [Facts, Facts];
    if (before["partition key"] !== after["partition key"]) return remade(from, to, name);
    const inOrder = [from, to].map((side) => optionsInOrder(side, name)) as [string[], string[]];
    return [
      ...settings(name, changeable(to, before), changeable(to, after), inOrder),
      ...security(name, before, after),
      ...parents(name, before, after),
    ];
  });
}

/** The facts without those that no statement changes on the server: in them, the tables stay different. */
function changeable({ major }: SchemaSide, facts: Facts): Facts {
  const { "access method": _, ...others } = facts;
  return major < SINCE.setAccessMethod ? others : facts;
}

/** Where a materialized view is stored, of which CREATE says nothing in pg_dump's text. */
function places(from: SchemaSide, to: SchemaSide, name: string): Action[] {
  const [before, after] = [from, to].map((side) => factsOf(side, "materialized view", name) ?? {}) as [Facts, Facts];
  const say = (sql: string): Action => ({
    sql: `ALTER MATERIALIZED VIEW ${name} ${sql}`,
    phase: PHASE.marks,
    order: 0,
  });
  return [
    ...(before["access method"] === after["access method"] || to.major < SINCE.setAccessMethod
      ? []
      : [say(`SET ACCESS METHOD ${after["access method"] ?? "heap"}`)]),
    ...(before.tablespace === after.tablespace ? [] : [say(`SET TABLESPACE ${after.tablespace ?? "pg_default"}`)]),
  ];
}

/** A table with another partition key is another table. */
function remade(from: SchemaSide, to: SchemaSide, name: string): Action[] {
  const create = to.entries.get(`TABLE ${name}`)?.statements ?? [];
  return [
    {
      sql: `DROP TABLE ${name}`,
      phase: PHASE.table,
      order: from.entries.get(`TABLE ${name}`)?.order ?? 0,
      targets: [relationTarget(name)],
      loses: [`table ${name}`],
      otherwise: [],
    },
    ...create.map((sql, index) => ({ sql: withoutEnd(sql), phase: PHASE.table, order: 1_000_000 + index })),
  ];
}

/** The storage parameters of a table, those of its TOAST table included. */
function optionsInOrder(side: SchemaSide, table: string): string[] {
  const [create = ""] = side.entries.get(`TABLE ${table}`)?.statements ?? [];
  const [, options = ""] = /\nWITH \((.*)\)/.exec(create) ?? [];
  return options === "" ? [] : options.split(/, (?=[\w.]+=')/).map((one) => one.replace(/^([\w.]+)='(.*)'$/, "$1=$2"));
}

function settings(name: string, before: Facts, after: Facts, options: [string[], string[]]): Action[] {
  const actions: Action[] = [];
  const say = (sql: string) => actions.push({ sql: `ALTER TABLE ${name} ${sql}`, phase: PHASE.changeTable, order: 0 });
  const differs = (fact: string) => before[fact] !== after[fact];
  if (differs("persistence")) say(after.persistence === "u" ? "SET UNLOGGED" : "SET LOGGED");
  if (differs("access method")) say(`SET ACCESS METHOD ${after["access method"] ?? "heap"}`);
  if (differs("tablespace")) say(`SET TABLESPACE ${after.tablespace ?? "pg_default"}`);
  for (const sql of optionChanges(...options)) say(sql);
  if (differs("row type")) say(after["row type"] === undefined ? "NOT OF" : `OF ${after["row type"]}`);
  // An index as the identity is in the facts of the index.
  if (differs("replica identity") && after["replica identity"] !== "i")
    say(`REPLICA IDENTITY ${IDENTITY[String(after["replica identity"])] ?? "DEFAULT"}`);
  return actions;
}

function security(name: string, before: Facts, after: Facts): Action[] {
  const actions: Action[] = [];
  const say = (sql: string) => actions.push({ sql: `ALTER TABLE ${name} ${sql}`, phase: PHASE.rowSecurity, order: 0 });
  if (before["row security"] !== after["row security"])
    say(`${after["row security"] === true ? "ENABLE" : "DISABLE"} ROW LEVEL SECURITY`);
  if (before["forced row security"] !== after["forced row security"])
    say(`${after["forced row security"] === true ? "" : "NO "}FORCE ROW LEVEL SECURITY`);
  return actions;
}

/** A partition that gets other bounds takes part in the changes of its parent before. */
const MOVED = { phase: PHASE.attach, order: -1 };

function parents(name: string, before: Facts, after: Facts): Action[] {
  const [old, now] = [before.parents, after.parents].map((list) => (Array.isArray(list) ? list.map(String) : [])) as [
    string[],
    string[],
  ];
  const detach = (sql: string): Action => ({ sql, phase: PHASE.detach, order: 0 });
  const attach = (sql: string): Action => ({ sql, phase: PHASE.attach, order: 0 });
  if (before.bound !== undefined || after.bound !== undefined) {
    if (before.bound === after.bound && old[0] === now[0]) return [];
    const isMoved = before.bound !== undefined && after.bound !== undefined && old[0] === now[0];
    return [
      ...(before.bound === undefined
        ? old.map((parent) => detach(`ALTER TABLE ${name} NO INHERIT ${parent}`))
        : [{ ...detach(`ALTER TABLE ${old[0]} DETACH PARTITION ${name}`), ...(isMoved && MOVED) }]),
      ...(after.bound === undefined
        ? now.map((parent) => attach(`ALTER TABLE ${name} INHERIT ${parent}`))
        : [attach(`ALTER TABLE ${now[0]} ATTACH PARTITION ${name} ${after.bound}`)]),
    ];
  }
  const added = now.filter((one) => !old.includes(one));
  const removed = old.filter((one) => !now.includes(one)).map((one) => detach(`ALTER TABLE ${name} NO INHERIT ${one}`));
  return [
    ...added.map((parent) => attach(`ALTER TABLE ${name} INHERIT ${parent}`)),
    // A column that has lost its last parent stays the table's own, also when it gets another one.
    ...(added.length > 0 ? removed.map((one) => ({ ...one, phase: PHASE.attach, order: 1 })) : removed),
  ];
}

/** A statement without the semicolon at its end. */
export function withoutEnd(sql: string): string {
  return sql.replace(/;\s*$/, "");
}
