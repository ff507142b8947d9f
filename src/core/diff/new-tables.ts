import type { Facts } from "../catalog/schema-object.ts";
import { splitName, unquoted } from "../diff-sides/names.ts";
import { notNullNames } from "../diff-sides/not-null-names.ts";
import { SINCE } from "../diff-sides/older-server.ts";
import { columnsInOrder, isIdentity, partsOf, type SchemaSide, type SideEntry } from "../diff-sides/side.ts";
import { type Action, PHASE } from "./action.ts";
import { columnSql } from "./columns.ts";
import { unusualOptions } from "./sequences.ts";
import { withoutEnd } from "./tables.ts";

/** A table as a person would create it, and the entries of pg_dump that it makes superfluous. */
export interface NewTable {
  readonly action: Action;
  readonly covers: ReadonlySet<string>;
}

/** One statement for a table with its keys, checks and sequences; undefined for tables with parents or unusual parts. */
export function newTable(to: SchemaSide, entry: SideEntry): NewTable | undefined {
  const { identity: table = "", statements, order } = entry;
  const facts = to.objects.get(`table ${table}`)?.facts;
  if (facts?.bound !== undefined && statements.length === 1)
    return hasNamesOfParent(to, table, facts) ? newPartition(to, entry, facts) : undefined;
  if (!facts || statements.length !== 1 || Object.keys(facts).some((fact) => !PLAIN.has(fact))) return undefined;
  const columns = partsOf(to, "column").get(table) ?? new Map<string, Facts>();
  const serials = serialsOf(to, table, columns);
  const lines = new Map<string, string>();
  for (const [name, notNullName] of columnsInOrder(to, table)) {
    const column = columns.get(name);
    if (!column || RARE.some((fact) => column[fact] !== undefined)) return undefined;
    const serial = serials.get(name);
    lines.set(name, serial ? `${name} ${serial.type}` : columnSql({ name, notNullName }, column));
  }
  if (lines.size !== columns.size) return undefined;
  const constraints = constraintsOf(to, table, facts, lines);
  const covers = new Set(coveredBy(to, table, serials));
  const end = endOf(statements[0] ?? "", facts);
  const unlogged = facts.persistence === "u" ? "UNLOGGED " : "";
  const create = (withKeys: readonly string[]) => {
    const items = [...lines.values(), ...withKeys].map((item) => `\n    ${item}`);
    return `CREATE ${unlogged}TABLE ${table} (${items.join(",")}\n)${withoutEnd(end)}`;
  };
  const one = { phase: PHASE.table, order };
  return {
    action: {
      ...one,
      sql: create([...constraints.own, ...constraints.foreign]),
      otherwise: [[{ ...one, sql: create(constraints.own) }], [{ ...one, sql: withoutEnd(statements[0] ?? "") }]],
    },
    covers,
  };
}

/** True unless NOT NULL has other names than in the parent: then the partition was created before it was attached. */
function hasNamesOfParent(to: SchemaSide, table: string, { parents }: Facts): boolean {
  if (to.major < SINCE.namesOfNotNull || !Array.isArray(parents)) return true;
  const parent = String(parents[0]);
  const of = partsOf(to, "column").get(parent) ?? new Map<string, Facts>();
  const [own, inherited] = [notNullNames(to, table), notNullNames(to, parent)];
  return [...inherited].every(
    ([column, name]) => of.get(column)?.["not null"] === undefined || own.get(column) === name,
  );
}

/** A partition has its columns, keys and indexes from its parent; a later round adds what is its own. */
function newPartition(to: SchemaSide, { identity: table = "", statements, order }: SideEntry, facts: Facts): NewTable {
  const [parent] = Array.isArray(facts.parents) ? facts.parents.map(String) : [];
  const end = OPTIONS.exec(statements[0] ?? "")?.[0].replace(/^\n/, " ") ?? "";
  const sql = `CREATE TABLE ${table} PARTITION OF ${parent} ${facts.bound}${withoutEnd(end)}`;
  const parts = ["CONSTRAINT", "CHECK CONSTRAINT", "INDEX", "TABLE ATTACH", "DEFAULT"];
  const covers = [...to.entries.values()].filter(({ type, within }) => within === table && parts.includes(type));
  return {
    // After its parent, whatever their names are.
    action: { sql, phase: PHASE.table + 1, order },
    covers: new Set(covers.map(({ key }) => key)),
  };
}

/** What follows the columns. pg_dump sets the access method before the statement. */
function endOf(create: string, { "access method": method }: Facts): string {
  const end = OPTIONS.exec(create)?.[0] ?? "";
  if (method === undefined) return end;
  const options = /\nWITH \([\s\S]*$/.exec(end)?.[0] ?? "";
  return `${end.slice(0, end.length - options.length)}\nUSING ${method}${options}`;
}

const PLAIN: ReadonlySet<string> = new Set([
  "access method",
  "persistence",
  "options",
  "row security",
  "partition key",
  "replica identity",
]);
const RARE = ["storage", "compression", "statistics", "options", "foreign options", "inherited"];
/** After the columns: PARTITION BY, WITH. */
const OPTIONS = /\n(?:PARTITION BY |WITH \()[\s\S]*$/;

interface Serial {
  readonly type: string;
  readonly sequence: string;
}

const SERIALS: Readonly<Record<string, string>> = { smallint: "smallserial", integer: "serial", bigint: "bigserial" };

/** The columns that serial creates as they are: with a sequence of the usual name and options. */
function serialsOf(to: SchemaSide, table: string, columns: ReadonlyMap<string, Facts>): Map<string, Serial> {
  const serials = new Map<string, Serial>();
  const [schema, plain] = splitName(table);
  for (const [name, facts] of columns) {
    const sequence = `${schema}.${plain}_${name}_seq`;
    const settings = to.objects.get(`sequence ${sequence}`)?.facts;
    const type = SERIALS[String(facts.type)];
    const isOwned = settings?.["owner column"] === `${table}.${name}` && settings.persistence === undefined;
    const isUsual = isOwned && unusualOptions(settings.settings as Facts).length === 0;
    const isDefault = facts.default === `nextval('${sequence}'::regclass)` && facts["not null"] === "yes";
    const isTyped = (settings?.settings as Facts | undefined)?.type === facts.type;
    if (type && isUsual && isDefault && isTyped && !/"/.test(sequence)) serials.set(name, { type, sequence });
  }
  return serials;
}

/** Adds the keys of one column to the line of the column, and returns the other keys. */
function constraintsOf(to: SchemaSide, table: string, facts: Facts, lines: Map<string, string>) {
  const [own, foreign]: [string[], string[]] = [[], []];
  const plain = unquoted(splitName(table)[1]);
  for (const [name, constraint] of partsOf(to, "constraint").get(table) ?? []) {
    const definition = String(constraint.definition);
    const isMarked = Object.keys(constraint).length > 1 || / NOT VALID$/.test(definition);
    if (isMarked) continue;
    const [, kind = "", column = "", rest = ""] = ONE_COLUMN.exec(definition) ?? [];
    const usual = `${plain}_${SUFFIX[kind] === "pkey" ? "" : `${unquoted(column)}_`}${SUFFIX[kind]}`;
    const line = lines.get(column);
    const isInline = line !== undefined && unquoted(name) === usual && facts["partition key"] === undefined;
    if (isInline && kind === "PRIMARY KEY") lines.set(column, `${line.replace(/ NOT NULL$/, "")} PRIMARY KEY`);
    else if (isInline && kind === "UNIQUE") lines.set(column, `${line} UNIQUE${rest}`);
    else if (isInline && kind === "FOREIGN KEY") foreign.push(`FOREIGN KEY (${column})${rest}`);
    else {
      const named = isUsualName(plain, unquoted(name), definition) ? definition : `CONSTRAINT ${name} ${definition}`;
      (definition.startsWith("FOREIGN KEY") ? foreign : own).push(named);
    }
  }
  return { own, foreign };
}

const COLUMNS = /^(PRIMARY KEY|UNIQUE) \(([^()]*)\)/;

/** True if PostgreSQL gives the key this name without CONSTRAINT. */
function isUsualName(table: string, name: string, definition: string): boolean {
  const [, kind = "", columns = ""] = COLUMNS.exec(definition) ?? [];
  if (kind === "PRIMARY KEY") return name === `${table}_pkey`;
  return kind === "UNIQUE" && name === `${[table, ...columns.split(", ").map(unquoted)].join("_")}_key`;
}

const ONE_COLUMN = /^(PRIMARY KEY|UNIQUE|FOREIGN KEY) \(("(?:[^"]|"")+"|[^\s",()]+)\)(.*)$/s;
const SUFFIX: Readonly<Record<string, string>> = { "PRIMARY KEY": "pkey", UNIQUE: "key", "FOREIGN KEY": "fkey" };

function coveredBy(to: SchemaSide, table: string, serials: ReadonlyMap<string, Serial>): string[] {
  const sequences = new Set([...serials.values()].map(({ sequence }) => sequence));
  return [...to.entries.values()].flatMap((entry) => {
    const { type, within, identity, key, statements } = entry;
    const isOfSerial =
      (type === "SEQUENCE" && sequences.has(identity ?? "")) ||
      (type === "SEQUENCE OWNED BY" && sequences.has(within ?? "")) ||
      (type === "DEFAULT" && within === table);
    const isKey =
      ["CONSTRAINT", "CHECK CONSTRAINT", "FK CONSTRAINT"].includes(type) &&
      within === table &&
      statements.length === 1 &&
      !/ NOT VALID;$/.test(statements[0] ?? "");
    return isOfSerial || isKey || (isIdentity(entry) && within === table) ? [key] : [];
  });
}
