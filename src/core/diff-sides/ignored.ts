import { endings, isAbout } from "../drift/compare.ts";
import { type Difference, type IgnoredBetween, isImplied, type Kinds } from "../drift/forgive.ts";
import { EntryObjects, type Placed } from "./entry-objects.ts";
import { grantOf } from "./grants.ts";
import { NAME } from "./names.ts";
import { type IdentifiedEntry, relationsIn, type SchemaSide, type SideEntry, type SideObject } from "./side.ts";

/** The entries that belong to ignored objects. @param isIgnored for an object of one of the entries */
export function ignoredEntries<Entry extends IdentifiedEntry>(
  entries: readonly Entry[],
  isIgnored: (object: Placed, entry: Entry) => boolean,
): ReadonlySet<Entry> {
  const objects = new EntryObjects(entries);
  return new Set(entries.filter((entry) => objects.of(entry).some((object) => isIgnored(object, entry))));
}

/**
 * The second schema for statements from the first one that leave out what is ignored: it has these objects as the first
 * one has them.
 */
export function withoutIgnored(from: SchemaSide, to: SchemaSide, between: IgnoredBetween): SchemaSide {
  const { ignoredBy } = between;
  const ignored = ignoredObjects(from, to, between);
  const objects = new Map([...to.objects].filter(([key]) => !ignored.has(key)));
  for (const [key, object] of from.objects) if (ignored.has(key)) objects.set(key, object);
  const kinds = kindsIn(from, to);
  const ofSide = (side: SchemaSide, other: SchemaSide, state: "added" | "missing") =>
    ignoredEntries([...side.entries.values()], (object, { key }) => {
      const isBoth = other.entries.has(key);
      const difference = { ...object, state: isBoth ? ("changed" as const) : state, details: [] };
      if (ignored.has(keyIn(object))) return true;
      return ignoredBy(difference, kinds) !== undefined && !isDroppedWith(object, ignored, [from, to]);
    });
  const [ofFrom, ofTo] = [ofSide(from, to, "missing"), ofSide(to, from, "added")];
  const isOfIgnored = (sql: string, state: Difference["state"]) => {
    const grant = grantOf(sql);
    if (!grant) return false;
    const role = grant.grantee === to.login ? "its owner" : grant.grantee;
    const name = `of ${role} on ${grant.kind} ${grant.name}`;
    const difference = { state, kind: "privileges", name, within: grant.within, details: [] };
    if (["privileges", "revoked privileges"].some((kind) => ignored.has(`${kind} ${name}`))) return true;
    return ignoredBy(difference, kinds) !== undefined && !isDroppedWith(difference, ignored, [from, to]);
  };
  const entries = new Map<string, SideEntry>();
  for (const entry of to.entries.values()) {
    if (!ofTo.has(entry)) entries.set(entry.key, withColumns(entry, from.entries.get(entry.key), ignored));
  }
  for (const entry of ofFrom) entries.set(entry.key, entry);
  const kept = withGrantsOf(from, entries, isOfIgnored);
  return { ...to, entries: kept, objects, relations: relationsIn(objects.values()) };
}

/** The entries with those of its statements for privileges that are ignored as the first schema has them. */
function withGrantsOf(
  from: SchemaSide,
  entries: ReadonlyMap<string, SideEntry>,
  isIgnored: (sql: string, state: "added" | "missing") => boolean,
): ReadonlyMap<string, SideEntry> {
  const isGrant = ({ type }: SideEntry) => type.endsWith("ACL");
  const all = new Map(entries);
  for (const entry of [...from.entries.values(), ...entries.values()].filter(isGrant)) {
    const [old, now] = [from.entries.get(entry.key), entries.get(entry.key)];
    const statements = [
      ...(now?.statements.filter((sql) => !isIgnored(sql, "added")) ?? []),
      ...(old?.statements.filter((sql) => isIgnored(sql, "missing")) ?? []),
    ];
    if (statements.length === 0) all.delete(entry.key);
    else all.set(entry.key, { ...entry, statements });
  }
  return all;
}

const keyIn = ({ kind, name }: Placed) => `${kind} ${name}`;

/** The kinds of the objects that may contain others. */
function kindsIn(...sides: readonly SchemaSide[]): Kinds {
  const all = sides.flatMap(({ objects }) => [...objects.values()]);
  return new Map(all.filter(({ within }) => (within ?? null) === null).map(({ kind, name }) => [name, kind]));
}

/**
 * The keys of the ignored objects in the model, with the comments and privileges on them, and with the privileges that
 * follow from ignored default privileges of a database.
 */
function ignoredObjects(from: SchemaSide, to: SchemaSide, { ignoredBy, states }: IgnoredBetween): ReadonlySet<string> {
  const kinds = kindsIn(from, to);
  const [ignored, oneSided] = [new Set<string>(), new Set<string>()];
  const defaults: Difference[] = [];
  const all = new Map([...from.objects, ...to.objects]);
  const differenceOf = (key: string, { kind, name, within = null, facts }: SideObject): Difference => {
    const [isOld, isNew] = [from.objects.has(key), to.objects.has(key)];
    const details = Array.isArray(facts.privileges) ? [facts.privileges.join(", ")] : [];
    return { state: isOld && isNew ? "changed" : isNew ? "added" : "missing", kind, name, within, details };
  };
  for (const [key, object] of all) {
    const difference = differenceOf(key, object);
    if (ignoredBy(difference, kinds) === undefined) continue;
    ignored.add(key);
    if (difference.state !== "changed") oneSided.add(object.name);
    if (object.kind === "privileges" && states.includes(difference.state)) defaults.push(difference);
  }
  for (const [key, object] of all) {
    const { kind, name } = object;
    if (isAbout(kind) && endings(name).some((one) => oneSided.has(one))) ignored.add(key);
    else if (isImplied(differenceOf(key, object), defaults)) ignored.add(key);
  }
  for (const key of [...ignored]) {
    const object = all.get(key);
    if (object && isDroppedWith({ within: null, ...object }, ignored, [from, to])) ignored.delete(key);
  }
  return ignored;
}

/** True for a part of an object that the statements drop: it cannot stay. */
function isDroppedWith(
  { kind, name, within }: Placed,
  ignored: ReadonlySet<string>,
  [from, to]: readonly [SchemaSide, SchemaSide],
): boolean {
  const whole = within === null ? undefined : from.relations.get(within);
  const wholes = [...(whole === undefined ? [] : [`${whole} ${within}`]), ...(isAbout(kind) ? endings(name) : [])];
  return wholes.some((key) => from.objects.has(key) && !to.objects.has(key) && !ignored.has(key));
}

const ITEM = new RegExp(`^ {4}(?:(CONSTRAINT) )?(${NAME})`);
const OF_COLUMN = new RegExp(` ALTER COLUMN (${NAME}) `);

/** A table of the second schema: its ignored columns and constraints are as in the first. */
function withColumns(entry: SideEntry, before: SideEntry | undefined, ignored: ReadonlySet<string>): SideEntry {
  const { type, identity, statements } = entry;
  if (identity === undefined || (type !== "TABLE" && type !== "FOREIGN TABLE")) return entry;
  const isIgnoredItem = (item: string) => {
    const [, constraint, name] = ITEM.exec(item) ?? [];
    return ignored.has(`${constraint === undefined ? "column" : "constraint"} ${identity}.${name}`);
  };
  const isOfIgnored = (statement: string) => ignored.has(`column ${identity}.${OF_COLUMN.exec(statement)?.[1]}`);
  const [create = "", ...more] = statements;
  const [old = "", ...others] = before?.statements ?? [];
  const now = itemsOf(create);
  const was = itemsOf(old)?.items.filter(isIgnoredItem) ?? [];
  if (!now || ![...now.items, ...was].some(isIgnoredItem)) return entry;
  const kept = [...now.items.filter((item) => !isIgnoredItem(item)), ...was];
  const columnsFirst = [...kept].sort((one, other) => Number(isConstraint(one)) - Number(isConstraint(other)));
  return {
    ...entry,
    statements: [
      [now.head, columnsFirst.join(",\n"), now.tail].filter((text) => text !== "").join("\n"),
      ...more.filter((statement) => !isOfIgnored(statement)),
      ...others.filter(isOfIgnored),
    ],
  };
}

function isConstraint(item: string): boolean {
  return ITEM.exec(item)?.[1] !== undefined;
}

/** The columns and constraints of CREATE TABLE, and the lines around them; undefined for one without a list. */
function itemsOf(create: string) {
  const [head = "", ...lines] = create.split("\n");
  const end = lines.findLastIndex((line) => line.startsWith(")"));
  if (!head.endsWith("(") || end === -1) return undefined;
  const items: string[] = [];
  for (const line of lines.slice(0, end)) {
    if (/^ {4}\S/.test(line) || items.length === 0) items.push(line);
    else items.push(`${items.pop()}\n${line}`);
  }
  return { head, items: items.map((item) => item.replace(/,$/, "")), tail: lines.slice(end).join("\n") };
}
