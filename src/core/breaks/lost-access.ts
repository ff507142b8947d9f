import { at, bodyOf, type Fields, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import { inOrder, type RangeVar, type Resolve } from "../trace/resolve.ts";
import type { NamedThing, Privilege, Relation, Touch, TracedFile, TracedStatement } from "../trace/trace.ts";
import { changedRoles, madeRoles, roleName } from "./changed-roles.ts";

/*
 * What roles may no longer do after a file. An empty database does not know the grants that were made outside of
 * migrations, so that a REVOKE from a role counts as if the role had the privilege, unless migrations have granted the
 * role others on the same relation. PUBLIC is another matter, because the catalog and PostgreSQL's defaults show what
 * everybody has.
 */

/** A role that loses access, and what it loses. */
export interface LostAccess {
  readonly by: TracedStatement;
  /** "PUBLIC" for everybody. */
  readonly role: string;
  /** As it follows the role: "loses SELECT on notes", "is dropped". */
  readonly loss: string;
  /** True if another relation took the name of the one that had the privilege. */
  readonly isReplaced?: boolean;
}

/** The privileges that queries need, and whether PUBLIC has them from the beginning. */
const NEEDED: Readonly<Record<string, { readonly privileges: readonly string[]; readonly ofPublic: boolean }>> = {
  OBJECT_TABLE: { privileges: ["select", "insert", "update", "delete"], ofPublic: false },
  OBJECT_SEQUENCE: { privileges: ["usage", "select", "update"], ofPublic: false },
  OBJECT_FUNCTION: { privileges: ["execute"], ofPublic: true },
  OBJECT_PROCEDURE: { privileges: ["execute"], ofPublic: true },
  OBJECT_ROUTINE: { privileges: ["execute"], ofPublic: true },
  OBJECT_SCHEMA: { privileges: ["usage"], ofPublic: false },
  OBJECT_TYPE: { privileges: ["usage"], ofPublic: true },
  OBJECT_DOMAIN: { privileges: ["usage"], ofPublic: true },
  OBJECT_DATABASE: { privileges: ["connect"], ofPublic: true },
};

export function* lostAccess(file: TracedFile): Iterable<LostAccess> {
  yield* lostGrants(file);
  const ordered = [...inOrder(file)].map(({ statement, resolve }) => ({
    statement,
    grant: grantOf(file, statement, resolve),
  }));
  const made = new Set(file.statements.flatMap(madeRoles));
  for (const [index, { statement, grant }] of ordered.entries()) {
    const others = ordered.flatMap((one, place) => (one.grant?.gives ? { ...one.grant, isLater: place > index } : []));
    if (grant && !grant.gives) yield* revoked(statement, grant, others, made);
    for (const { role, loss } of changedRoles(file, statement)) {
      if (!made.has(role)) yield { by: statement, role, loss };
    }
  }
}

/** The privileges on a relation that another one of the same name does not have: they go with the one that is dropped. */
function* lostGrants(file: TracedFile): Iterable<LostAccess> {
  const gone = [...file.before.values()].filter(({ oid, grants }) => grants.length > 0 && hasLostName(file, oid));
  if (gone.length === 0) return;
  const byName = new Map(
    [...file.after.values()].map((relation) => [withSchema(relation.schema, relation.name), relation]),
  );
  for (const { oid, schema, name, grants } of gone) {
    const title = withSchema(schema, name);
    const now = byName.get(title);
    const isKept = (role: string, privilege: string) =>
      now?.grants.some((one) => one.privilege === privilege && (one.role === role || one.role === "PUBLIC"));
    const lost = grants.filter(({ role, privilege }) => !isKept(role, privilege));
    const by = file.statements.find(({ touches }) =>
      touches.some((touch) => touch.before.oid === oid && isTaken(touch)),
    );
    if (!now || !by) continue;
    for (const role of new Set(lost.map((one) => one.role))) {
      const words = lost.flatMap((one) => (one.role === role ? one.privilege : [])).join(", ");
      yield { by, role, loss: `loses ${words} on ${title}, which is not granted on its replacement`, isReplaced: true };
    }
  }
}

/** True if a relation no longer has its name. */
function hasLostName({ before, after }: TracedFile, oid: number): boolean {
  const [was, now] = [before.get(oid), after.get(oid)];
  return now === undefined || was?.name !== now.name || was.schema !== now.schema;
}

/** True if a statement took the relation's name from it. */
function isTaken({ before, after }: Touch): boolean {
  return after === undefined || after.name !== before.name || after.schema !== before.schema;
}

/** A GRANT or REVOKE of privileges on objects that existed before the file. */
interface Grant {
  readonly gives: boolean;
  readonly roles: readonly string[];
  /** Undefined for all of them. */
  readonly privileges: readonly string[] | undefined;
  readonly objects: readonly GrantedObject[];
}

interface GrantedObject {
  readonly kind: string;
  /** With its schema, if it has one. */
  readonly name: string;
  /** True if PUBLIC may have privileges on it. */
  readonly isPublic: boolean;
  /** The privileges that roles have on a relation by earlier migrations. */
  readonly grants?: readonly Privilege[];
}

function grantOf(file: TracedFile, statement: TracedStatement, resolve: Resolve): Grant | undefined {
  const body = bodyOf(statement);
  if (kindOf(statement) !== "GrantStmt" || at(body, "grant_option") === true) return undefined;
  const gives = at(body, "is_grant") === true;
  const all = listAt(body, "privileges").map((one) => at(one, "AccessPriv"));
  // A privilege on some columns does not take the place of one on all.
  const whole = gives ? all.filter((one) => listAt(one, "cols").length === 0) : all;
  if (whole.length < all.length && whole.length === 0) return undefined;
  const privileges = whole.flatMap((one) => textAt(one, "priv_name") ?? []);
  return {
    gives,
    roles: listAt(body, "grantees").flatMap(roleName),
    privileges: privileges.length > 0 ? privileges : undefined,
    objects: objectsOf(file, body, resolve),
  };
}

function objectsOf(file: TracedFile, body: Fields, resolve: Resolve): GrantedObject[] {
  const kind = textAt(body, "objtype") ?? "";
  const objects = listAt(body, "objects");
  const all = [...file.before.values()].map(tableObject);
  const things = file.thingsBefore.flatMap(thingObject);
  const schemas = new Set([...all, ...things].map(({ schema }) => schema));
  const isPublic = NEEDED[kind]?.ofPublic === true;
  if (textAt(body, "targtype") === "ACL_TARGET_ALL_IN_SCHEMA") {
    const named = new Set(objects.map((one) => textAt(one, "String", "sval")));
    return [...all, ...things].filter((one) => one.kind === kind && named.has(one.schema));
  }
  if (textAt(body, "targtype") !== "ACL_TARGET_OBJECT") return [];
  return objects.flatMap((object): GrantedObject[] => {
    const name = textAt(object, "String", "sval") ?? "";
    if (kind === "OBJECT_DATABASE") return [{ kind, name, isPublic }];
    if (kind === "OBJECT_SCHEMA") return schemas.has(name) ? [{ kind, name, isPublic: name === "public" }] : [];
    if (kind === "OBJECT_TABLE") {
      const relation = resolve(at(object, "RangeVar") as RangeVar);
      return relation ? [tableObject(relation)] : [];
    }
    const [last, schema] = nameParts(object);
    const all = kind === "OBJECT_SEQUENCE" ? [...things, ...[...file.before.values()].flatMap(ownSequences)] : things;
    return all.filter((one) => one.kind === kind && one.plain === last && (schema ?? one.schema) === one.schema);
  });
}

/** The name of an object and its schema, if the statement says it. */
function nameParts(object: unknown): readonly (string | undefined)[] {
  const range = at(object, "RangeVar");
  if (range) return [textAt(range, "relname"), textAt(range, "schemaname")];
  const names = at(object, "ObjectWithArgs", "objname") ?? at(object, "List", "items");
  return nodesOf(names, "String")
    .map((one) => textAt(one, "sval"))
    .reverse();
}

function tableObject({ schema, name, grants }: Relation) {
  const isPublic = grants.some(({ role }) => role === "PUBLIC");
  return { kind: "OBJECT_TABLE", schema, plain: name, name: withSchema(schema, name), isPublic, grants };
}

/** The sequences of serial columns, by the names that PostgreSQL gives them; those of identities need no privileges. */
function ownSequences({ schema, name, columns }: Relation) {
  const filled = columns.filter((column) => column.filled && column.writable);
  const names = filled.map((column) => `${name}_${column.name}_seq`);
  return names.map((plain) => ({
    kind: "OBJECT_SEQUENCE",
    schema,
    plain,
    name: withSchema(schema, plain),
    isPublic: false,
  }));
}

const THING_KINDS: Readonly<Partial<Record<NamedThing["kind"], readonly string[]>>> = {
  function: ["OBJECT_FUNCTION", "OBJECT_ROUTINE"],
  procedure: ["OBJECT_PROCEDURE", "OBJECT_ROUTINE"],
  sequence: ["OBJECT_SEQUENCE"],
  type: ["OBJECT_TYPE", "OBJECT_DOMAIN"],
};

function thingObject({ kind, schema, name }: NamedThing) {
  return (THING_KINDS[kind] ?? []).map((one) => {
    const isPublic = NEEDED[one]?.ofPublic === true;
    return { kind: one, schema, plain: name, name: withSchema(schema, name), isPublic };
  });
}

function withSchema(schema: string, name: string): string {
  return schema === "public" ? name : `${schema}.${name}`;
}

type OtherGrant = Grant & { readonly isLater: boolean };

function* revoked(
  by: TracedStatement,
  { roles, privileges, objects }: Grant,
  others: readonly OtherGrant[],
  made: ReadonlySet<string>,
): Iterable<LostAccess> {
  for (const role of roles) {
    if (made.has(role)) continue;
    const losses = objects.flatMap(({ kind, name, isPublic, grants = [] }) => {
      if (role === "PUBLIC" && !isPublic) return [];
      const known = grants.filter((one) => one.role === role).map(({ privilege }) => privilege.toLowerCase());
      const isGiven = ({ objects: given, roles: receivers, isLater }: OtherGrant) =>
        given.some((one) => one.kind === kind && one.name === name) &&
        (role === "PUBLIC" || (isLater && (receivers.includes(role) || receivers.includes("PUBLIC"))));
      const given = others.filter(isGiven);
      // A REVOKE ALL before a GRANT sets the privileges of a role, mostly to what they are.
      if (given.length > 0 && privileges === undefined) return [];
      const kept = given.flatMap((one) => one.privileges ?? NEEDED[kind]?.privileges ?? []);
      const lost = (NEEDED[kind]?.privileges ?? []).filter(
        (one) =>
          (privileges?.includes(one) ?? true) && !kept.includes(one) && (known.length === 0 || known.includes(one)),
      );
      return lost.length > 0 ? [{ name, words: privileges ? lost.join(", ").toUpperCase() : "all privileges" }] : [];
    });
    const [first, ...more] = losses;
    if (!first) continue;
    const rest = more.length > 0 ? ` and ${more.length} more` : "";
    yield { by, role, loss: `loses ${first.words} on ${first.name}${rest}` };
  }
}
