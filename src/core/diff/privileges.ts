import type { Facts } from "../catalog/schema-object.ts";
import { byGrantor, type Grant, grantOf, partsByGrantor } from "../diff-sides/grants.ts";
import { splitName } from "../diff-sides/names.ts";
import type { SchemaSide } from "../diff-sides/side.ts";
import { type Action, PHASE } from "./action.ts";
import { withoutEnd } from "./tables.ts";

const OPTION = " WITH GRANT OPTION";
const KEY =
  /^(privileges|revoked privileges) of (PUBLIC|its owner|"(?:[^"]|"")*"|\S+) on (table|sequence|column|function|procedure|type|foreign-data wrapper|server|language|schema|future (?:tables|sequences|functions|types|schemas|large objects)) (.*)$/s;
const DEFAULTS = /^of (.*?)(?: in schema (.*))?$/s;

/** The privileges of one role on one object. */
interface Held {
  readonly role: string;
  readonly kind: string;
  readonly name: string;
  readonly given: readonly string[];
  /** Those of a new object that were taken away. */
  readonly taken: readonly string[];
}

/** GRANT and REVOKE for the objects of the second schema. */
export function privilegeActions(from: SchemaSide, to: SchemaSide): Action[] {
  const changes = changesByFacts(from, to);
  const actions = changes.flatMap(({ held, change }) =>
    change.map(({ sql, isRevoke }) => ({
      sql: statement(sql, held, to.login),
      phase: PHASE.privileges,
      order: isRevoke ? 0 : 1,
    })),
  );
  const revoked = new Set(
    changes
      .filter(({ held, change }) => held.kind === "table" && change.some(({ isRevoke }) => isRevoke))
      .map(({ held }) => `${held.role} ${held.name}`),
  );
  return [...actions, ...columnsAgain(heldBy(to), heldBy(from), revoked, to.login)];
}

interface HeldChange {
  /** As `heldBy` has it. */
  readonly key: string;
  readonly held: Held;
  readonly change: readonly Change[];
}

/** The changes that the facts of the model tell, on objects of the second schema. */
function changesByFacts(from: SchemaSide, to: SchemaSide): HeldChange[] {
  const [before, after] = [heldBy(from), heldBy(to)];
  // pg_dump says who has granted them: see `otherGrants`.
  const byOthers = grantedByOthers(from, to);
  const isThere = isThereIn(to);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    const held = now ?? old;
    if (byOthers.has(key) || !held || !isThere(held)) return [];
    const change = changeOf(held, old, now);
    return change.length > 0 ? [{ key, held, change }] : [];
  });
}

/** True for privileges on an object of the schema. */
function isThereIn(side: SchemaSide): (held: Held) => boolean {
  const names = namesOf(side);
  return ({ kind, name }) => {
    if (kind === "column") return names.has(`table ${splitName(name)[0]}`);
    if (!kind.startsWith("future ")) return names.has(`${kind} ${name}`);
    const schema = DEFAULTS.exec(name)?.[2];
    return schema === undefined || schema === "public" || side.objects.has(`schema ${schema}`);
  };
}

/** Revoking a privilege on a table revokes it on the columns too. */
function columnsAgain(
  after: ReadonlyMap<string, Held>,
  before: ReadonlyMap<string, Held>,
  revoked: ReadonlySet<string>,
  login: string,
): Action[] {
  return [...after].flatMap(([key, held]) => {
    const isHit = held.kind === "column" && revoked.has(`${held.role} ${splitName(held.name)[0]}`);
    const grants = isHit && before.has(key) ? changeOf(held, undefined, held).filter(({ isRevoke }) => !isRevoke) : [];
    return grants.map(({ sql }) => ({ sql: statement(sql, held, login), phase: PHASE.privileges, order: 1 }));
  });
}

function heldBy({ objects }: SchemaSide): Map<string, Held> {
  const held = new Map<string, Held>();
  for (const [objectKey, { facts }] of objects) {
    const [, list, role = "", kind = "", name = ""] = KEY.exec(objectKey) ?? [];
    if (list === undefined) continue;
    const key = `${role} ${kind} ${name}`;
    const found = held.get(key) ?? { role, kind, name, given: [], taken: [] };
    held.set(key, { ...found, [list === "privileges" ? "given" : "taken"]: privilegesOf(facts) });
  }
  return held;
}

function privilegesOf({ privileges }: Facts): string[] {
  return Array.isArray(privileges) ? privileges.map(String) : [];
}

/** The objects that can have privileges, by kind and name in the words of this file. */
function namesOf({ objects, relations }: SchemaSide): ReadonlySet<string> {
  const names = new Set<string>(["schema public"]);
  for (const { kind, name } of objects.values()) {
    names.add(`${kind} ${name}`);
    if (kind === "aggregate") names.add(`function ${name}`);
    if (["enum", "domain", "range", "composite type"].includes(kind)) names.add(`type ${name}`);
  }
  for (const [name, kind] of relations)
    if (kind !== "composite type" && kind !== "sequence") names.add(`table ${name}`);
  for (const language of ["sql", "plpgsql", "internal", "c"]) names.add(`language ${language}`);
  return names;
}

interface Change {
  /** With "<on>" for the object and "<to>" for the role. */
  readonly sql: string;
  readonly isRevoke: boolean;
}

function changeOf(held: Held, before: Held | undefined, after: Held | undefined): Change[] {
  const [old, now] = [before?.given ?? [], after?.given ?? []];
  const [lost, kept] = [before?.taken ?? [], after?.taken ?? []];
  const isOption = (one: string) => one.endsWith(OPTION);
  const plain = (one: string) => one.replace(OPTION, "");
  const had = (list: readonly string[], one: string) => list.some((other) => plain(other) === plain(one));
  const granted = [
    ...now.filter((one) => !old.includes(one) && (isOption(one) || !had(old, one))),
    ...lost.filter((one) => !kept.includes(one)),
  ];
  const isOwners = (one: string) => isOption(one) && held.role === "its owner" && hasOwner(held);
  const revoked = [
    ...old.filter((one) => !had(now, one) && !isOwners(one)),
    ...kept.filter((one) => !lost.includes(one)),
  ].map(plain);
  const options = old
    .filter((one) => isOption(one) && (now.includes(plain(one)) || (isOwners(one) && !had(now, one))))
    .map(plain)
    .filter((one) => !revoked.includes(one));
  const list = (all: readonly string[]) => wordsOf(held, all.map(plain));
  const grants = granted.filter((one) => !isOption(one));
  const withOption = granted.filter(isOption);
  return [
    ...(revoked.length > 0 ? [{ sql: `REVOKE ${list(revoked)} ON <on> FROM <to>`, isRevoke: true }] : []),
    ...(options.length > 0
      ? [{ sql: `REVOKE GRANT OPTION FOR ${list(options)} ON <on> FROM <to>`, isRevoke: true }]
      : []),
    ...(grants.length > 0 ? [{ sql: `GRANT ${list(grants)} ON <on> TO <to>`, isRevoke: false }] : []),
    ...(withOption.length > 0 ? [{ sql: `GRANT ${list(withOption)} ON <on> TO <to>${OPTION}`, isRevoke: false }] : []),
  ];
}

/** True if the owner has privileges that no GRANT has given. */
function hasOwner({ kind, name }: Held): boolean {
  const isInSchema = kind.startsWith("future ") && DEFAULTS.exec(name)?.[2] !== undefined;
  return kind !== "column" && !isInSchema;
}

/** MAINTAIN is only in a list of all privileges on tables, which older servers have without it. */
function wordsOf({ kind, name }: Held, all: readonly string[]): string {
  const isAll = all.includes("MAINTAIN") && all.length === 8;
  if (kind === "column") return all.map((one) => `${one} (${splitName(name)[1]})`).join(", ");
  return isAll ? "ALL" : [...all].sort().join(", ");
}

const ON: Readonly<Record<string, string>> = {
  table: "",
  column: "",
  "foreign-data wrapper": "FOREIGN DATA WRAPPER ",
  server: "FOREIGN SERVER ",
};

function statement(sql: string, { role, kind, name }: Held, login: string): string {
  const to = role === "its owner" ? "CURRENT_USER" : role;
  if (kind.startsWith("future ")) {
    const [, owner = "", schema] = DEFAULTS.exec(name) ?? [];
    const words = kind.slice("future ".length).toUpperCase();
    const forRole = owner === login ? "" : ` FOR ROLE ${owner}`;
    const target = role === "its owner" ? owner : to;
    return `ALTER DEFAULT PRIVILEGES${forRole}${schema === undefined ? "" : ` IN SCHEMA ${schema}`} ${sql.replace("<on>", words).replace("<to>", target)}`;
  }
  const object = kind === "column" ? splitName(name)[0] : name;
  return sql.replace("<on>", () => `${ON[kind] ?? `${kind.toUpperCase()} `}${object}`).replace("<to>", () => to);
}

/** What the facts do not say of privileges, such as those on a language: pg_dump's statements, and their opposites. */
export function otherGrants(from: SchemaSide, to: SchemaSide): Action[] {
  // The statements of the same round; what these leave is for the next one.
  const byFacts = new Set(changesByFacts(from, to).map(({ key }) => key));
  const grants = (side: SchemaSide) => grantsOf(side).filter((sql) => !byFacts.has(keyOfGrant(grantOf(sql))));
  const [before, after] = [new Set(grants(from)), new Set(grants(to))];
  const action = (sql: string, order: number): Action => ({
    sql: ofLogin(withoutEnd(sql), to.login),
    phase: PHASE.privileges + 1,
    order,
  });
  return [
    // A privilege of all that was revoked, and then granted without one, is granted last.
    ...[...before]
      .filter((sql) => !after.has(sql))
      .map((sql) => action(opposite(withoutEnd(sql)), /\bREVOKE /.test(sql) ? 0.5 : 0)),
    ...[...after].filter((sql) => !before.has(sql)).map((sql) => action(sql, 1)),
  ];
}

/** pg_dump's statements for privileges. */
function grantsOf({ entries }: SchemaSide): string[] {
  return [...entries.values()].filter(({ type }) => type.endsWith("ACL")).flatMap(({ statements }) => statements);
}

/** As `heldBy` has it. */
function keyOfGrant(grant: Grant | undefined): string {
  return grant ? `${grant.grantee} ${grant.kind} ${grant.name}` : "";
}

/** The keys of privileges that a role other than the owner has granted. */
function grantedByOthers(...sides: readonly SchemaSide[]): ReadonlySet<string> {
  const statements = sides.flatMap(grantsOf).flatMap((sql) => partsByGrantor(sql)?.statements ?? []);
  return new Set(statements.map((sql) => keyOfGrant(grantOf(sql))));
}

/** A statement for the role that runs the file, whatever its name. */
function ofLogin(sql: string, login: string): string {
  const own = ` FOR ROLE ${login} `;
  const [start, end] = [sql.startsWith(`ALTER DEFAULT PRIVILEGES${own}`), [` TO ${login}`, ` FROM ${login}`]];
  if (start) return sql.replace(own, () => " ");
  const option = sql.endsWith(OPTION) ? OPTION : "";
  const plainly = sql.slice(0, sql.length - option.length);
  const isOwn = end.some((word) => plainly.endsWith(word));
  return isOwn ? `${plainly.slice(0, plainly.length - login.length)}CURRENT_USER${option}` : sql;
}

function opposite(sql: string): string {
  const parts = partsByGrantor(`${sql};`);
  if (parts) return withoutEnd(byGrantor({ ...parts, statements: parts.statements.map(opposite).reverse() }));
  const plainly = sql.endsWith(OPTION) ? sql.slice(0, -OPTION.length) : sql;
  const [grant, to] = [plainly.search(/\bGRANT /), plainly.lastIndexOf(" TO ")];
  if (grant !== -1 && grant < to) {
    return `${plainly.slice(0, grant)}REVOKE ${plainly.slice(grant + "GRANT ".length, to)} FROM ${plainly.slice(to + 4)}`;
  }
  const [revoke, from] = [sql.search(/\bREVOKE /), sql.lastIndexOf(" FROM ")];
  if (revoke === -1 || from < revoke) return sql;
  return `${sql.slice(0, revoke)}GRANT ${sql.slice(revoke + "REVOKE ".length, from)} TO ${sql.slice(from + 6)}`;
}
