import { at, bodyOf, type Fields, kindOf, listAt, type Node, textAt, walk } from "../parse-tree/node.ts";
import { isOpaque } from "./row-work.ts";
import type { Column, Constraint, Index, Relation, Touch, TracedFile, TracedStatement } from "./trace.ts";

/*
 * The relations that a file has made or changed, as they are after it, and the statements that made their parts. Facts come
 * from the catalog. Parse trees only show which statement to name: within the file a name may change hands.
 */

/** A relation that a file has made or changed. */
export interface ChangedRelation {
  /** As the file leaves it. */
  readonly relation: Relation;
  /** As it was before the file; undefined if the file made it. */
  readonly before: Relation | undefined;
  /** The statements that name it as the one to make or change, in order. */
  readonly statements: readonly TracedStatement[];
}

/** The place of a part of a relation. */
export interface Origin {
  readonly statement: TracedStatement;
  /** The offset within the statement's text, in UTF-16 units; undefined for its start. */
  readonly at?: number;
}

/** A part of a relation, and the place where the file makes it. */
export interface Made<Part> extends Origin {
  readonly relation: Relation;
  readonly part: Part;
}

/** Each rule asks for the same relations. */
const KNOWN = new WeakMap<TracedFile, readonly ChangedRelation[]>();

/** The relations that a file has made or changed. */
export function changedRelations(file: TracedFile): readonly ChangedRelation[] {
  const known = KNOWN.get(file);
  if (known) return known;
  const statements = statementsByRelation(file);
  const changed = [...file.after.values()]
    .filter((relation) => file.before.get(relation.oid) !== relation)
    .map((relation) => ({
      relation,
      before: file.before.get(relation.oid),
      statements: (statements.get(relation.oid) ?? []).reverse(),
    }));
  KNOWN.set(file, changed);
  return changed;
}

/** Those that are tables; partitions are left out, because their parts follow those of the partitioned table. */
export function changedTables(file: TracedFile): ChangedRelation[] {
  return changedRelations(file).filter(({ relation }) => ["r", "p"].includes(relation.kind) && !relation.isPartition);
}

/** The columns of tables that a file has added, or given another type. */
export function madeColumns(file: TracedFile): Made<Column>[] {
  return changedTables(file).flatMap((changed) =>
    changed.relation.columns.flatMap((column) => {
      const has = ({ columns }: Relation) =>
        columns.some(
          ({ number, type, typeOid }) => number === column.number && type === column.type && typeOid === column.typeOid,
        );
      if (changed.before && has(changed.before)) return [];
      return withOrigin(file, changed, column, has, (kind, fields) => definesColumn(kind, fields, column.name));
    }),
  );
}

/** True for the node that gives a column its type. */
function definesColumn(kind: string, fields: Fields, name: string): boolean {
  if (kind === "ColumnDef") return fields.colname === name;
  return kind === "AlterTableCmd" && fields.subtype === "AT_AlterColumnType" && fields.name === name;
}

/** The constraints of these kinds that a file has added to tables. A changed type gives a constraint another oid. */
export function madeConstraints(file: TracedFile, ...kinds: readonly string[]): Made<Constraint>[] {
  return changedTables(file).flatMap((changed) => {
    const { relation, before } = changed;
    const old = before?.constraints ?? [];
    return relation.constraints
      .filter(({ oid, kind, name }) => kinds.includes(kind) && !old.some((one) => one.oid === oid || one.name === name))
      .flatMap((constraint) => {
        const has = ({ constraints }: Relation) => constraints.some(({ name }) => name === constraint.name);
        const columns = columnNames(relation, constraint.columns);
        return withOrigin(file, changed, constraint, has, (kind, fields) =>
          definesConstraint(kind, fields, constraint, columns),
        );
      });
  });
}

const CONSTRAINT_TYPES: Readonly<Record<string, string>> = {
  c: "CONSTR_CHECK",
  f: "CONSTR_FOREIGN",
  p: "CONSTR_PRIMARY",
  u: "CONSTR_UNIQUE",
  x: "CONSTR_EXCLUSION",
};

/** True for the node of a constraint, or of the column that has it. */
function definesConstraint(
  kind: string,
  fields: Fields,
  constraint: Pick<Constraint, "name" | "kind">,
  columns: readonly string[],
): boolean {
  const type = CONSTRAINT_TYPES[constraint.kind];
  if (kind === "ColumnDef") {
    const own = listAt(fields, "constraints").some((one) => at(one, "Constraint", "contype") === type);
    return own && columns.length === 1 && fields.colname === columns[0];
  }
  if (kind !== "Constraint" || fields.contype !== type) return false;
  if (fields.conname !== undefined) return fields.conname === constraint.name;
  const keys = [...listAt(fields, "keys"), ...listAt(fields, "fk_attrs")].map((key) => textAt(key, "String", "sval"));
  return keys.length > 0 && keys.join() === columns.join();
}

/** The names of columns by their numbers. */
export function columnNames({ columns }: Relation, numbers: readonly number[]): string[] {
  return numbers.map((number) => columns.find((one) => one.number === number)?.name ?? "");
}

/** The place where a file makes a relation; undefined if it did not, or if its text does not show where. */
export function makerOf(file: TracedFile, { relation, before, statements }: ChangedRelation): Origin | undefined {
  if (before) return undefined;
  const [first] = statements;
  if (first && isMaking(first)) return { statement: first };
  const name = relation.name.toLowerCase();
  const naming = file.statements.filter(
    (one) => (isOpaque(one) || kindOf(one) === "CreateSchemaStmt") && one.statement.text.toLowerCase().includes(name),
  );
  const hidden = naming.find(({ statement }) => /\bcreate\b/i.test(statement.text)) ?? naming[0];
  return hidden && { statement: hidden };
}

/**
 * The place where a file gives a relation a part.
 * @param has true for a state of the relation that has the part
 * @param defines true for the node that defines it
 */
export function originOf(
  file: TracedFile,
  changed: ChangedRelation,
  has: (relation: Relation) => boolean,
  defines: (kind: string, fields: Fields) => boolean,
): Origin | undefined {
  const { oid } = changed.relation;
  const gives = ({ before, after }: Touch) => before.oid === oid && after && has(after) && !has(before);
  const seen = changed.before && file.statements.findLast(({ touches }) => touches.some(gives));
  for (const statement of seen ? [seen] : changed.statements.toReversed()) {
    for (const [kind, fields] of walk(statement.tree)) {
      if (!defines(kind, fields)) continue;
      const offset = at(fields, "location") ?? at(fields, "def", "ColumnDef", "location");
      return { statement, ...(typeof offset === "number" && { at: offset }) };
    }
  }
  return seen ? { statement: seen } : makerOf(file, changed);
}

/** The place where a file gives a relation this index. */
export function originOfIndex(file: TracedFile, changed: ChangedRelation, index: Index): Origin | undefined {
  const has = ({ indexes }: Relation) => indexes.some(({ name }) => name === index.name);
  return originOf(file, changed, has, (kind, fields) => definesIndex(kind, fields, changed.relation, index));
}

/** True for the node that makes an index, or the constraint that it belongs to. */
function definesIndex(kind: string, fields: Fields, relation: Relation, { oid, name, columns }: Index): boolean {
  const keys = columnNames(relation, columns);
  if (kind === "IndexStmt") {
    if (fields.idxname !== undefined) return fields.idxname === name;
    return (
      listAt(fields, "indexParams")
        .map((one) => textAt(one, "IndexElem", "name"))
        .join() === keys.join()
    );
  }
  const constraint = relation.constraints.find(({ index }) => index === oid);
  return constraint !== undefined && definesConstraint(kind, fields, constraint, keys);
}

function withOrigin<Part>(
  file: TracedFile,
  changed: ChangedRelation,
  part: Part,
  ...search: [has: (relation: Relation) => boolean, defines: (kind: string, fields: Fields) => boolean]
): Made<Part>[] {
  const origin = originOf(file, changed, ...search);
  return origin ? [{ ...origin, relation: changed.relation, part }] : [];
}

/**
 * The statements that name each relation, last one first. From the last statement to the first, because the names at the
 * end are known: before a RENAME the relation has the old name, and before its CREATE it has none.
 */
function statementsByRelation(file: TracedFile): Map<number, TracedStatement[]> {
  const names = new Map([...file.after].map(([oid, { schema, name }]) => [oid, { schema, name }]));
  const found = new Map<number, TracedStatement[]>();
  for (const statement of file.statements.toReversed()) {
    const [kind, body] = [kindOf(statement), bodyOf(statement)];
    const target = targetOf(statement);
    const [name, schema] = [textAt(target, "relname"), textAt(target, "schemaname")];
    const isRename = kind === "RenameStmt" && at(body, "subname") === undefined;
    const newName = isRename ? textAt(body, "newname") : name;
    const isMove = kind === "AlterObjectSchemaStmt";
    const newSchema = isMove ? textAt(body, "newschema") : schema;
    const makes = isMaking(statement);
    const isNew = (one: number) => makes && !file.before.has(one);
    const oid = newName === undefined ? undefined : relationNamed(names, { schema: newSchema, name: newName }, isNew);
    if (oid !== undefined && name !== undefined) {
      const others = found.get(oid);
      if (others) others.push(statement);
      else found.set(oid, [statement]);
      if (isNew(oid)) names.delete(oid);
      else names.set(oid, { schema: schema ?? (isMove ? "public" : names.get(oid)?.schema) ?? "public", name });
    }
    for (const { before } of statement.touches) names.set(before.oid, before);
  }
  return found;
}

/** The relation of that name. Without a schema, a preferred one if there is one, and of several that of the schema public. */
function relationNamed(
  names: ReadonlyMap<number, { readonly schema: string; readonly name: string }>,
  { schema, name }: { readonly schema: string | undefined; readonly name: string },
  isPreferred: (oid: number) => boolean,
): number | undefined {
  const all = [...names].filter(([, one]) => one.name === name && (schema ?? one.schema) === one.schema);
  const preferred = all.filter(([oid]) => isPreferred(oid));
  const likely = preferred.length > 0 ? preferred : all;
  return (likely.find(([, one]) => one.schema === "public") ?? likely[0])?.[0];
}

/** The fields in which statements name the relation that they make or change. */
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  AlterObjectSchemaStmt: ["relation"],
  AlterTableStmt: ["relation"],
  CreateStmt: ["relation"],
  CreateTableAsStmt: ["into", "rel"],
  IndexStmt: ["relation"],
  RenameStmt: ["relation"],
  SelectStmt: ["intoClause", "rel"],
  ViewStmt: ["view"],
};

function targetOf(statement: TracedStatement): unknown {
  const path = TARGETS[kindOf(statement) ?? ""];
  return path && at(bodyOf(statement), ...path);
}

const MAKING: ReadonlySet<string | undefined> = new Set(["CreateStmt", "CreateTableAsStmt", "SelectStmt", "ViewStmt"]);

function isMaking(statement: { readonly tree: Node | undefined }): boolean {
  return MAKING.has(kindOf(statement));
}

/** Words that people add to the name of something that is to take a place: the type of a column, too. */
const PREPARED =
  /^_*(?:new|next|tmp|temp|temporary|shadow|copy|swap|prepared|v?\d+|big|bigint|int|int8|integer|uuid|text|jsonb?|numeric|timestamptz|tz)_*$/i;

/** True if something was prepared to get another name, such as total_new for total: clients use the other one. */
export function isPrepared(name: string, later: string): boolean {
  const added = name.startsWith(later)
    ? name.slice(later.length)
    : name.endsWith(later) && name.slice(0, -later.length);
  return added !== false && PREPARED.test(added);
}

/** True for a prepared relation that gets the name of another one, which the file has renamed, or of a view. */
export function takesFreeName({ before, after }: TracedFile, { oid, name }: Relation): boolean {
  const now = after.get(oid);
  const former = [...before.values()].find(
    (one) => one.oid !== oid && one.schema === now?.schema && one.name === now.name,
  );
  if (!former || !isPrepared(name, former.name)) return false;
  return after.has(former.oid) || former.kind === "m" || former.kind === "v";
}
