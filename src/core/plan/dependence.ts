import { at, listAt, nodesOf, textAt, walk } from "../parse-tree/node.ts";
import type { RangeVar, Resolve } from "../trace/resolve.ts";
import type { Relation, TracedFile, TracedStatement } from "../trace/trace.ts";

/*
 * Statements that name what an earlier statement of the same run makes or changes: the database does not have it yet, so
 * it cannot be asked about them.
 */

/**
 * The path of the file that makes or changes a relation that a statement names; undefined if the database has all of them
 * as the statement will find them.
 * @param files those of the run, in order
 * @param resolve finds what a name means before the statement
 */
export function neededFile(
  files: readonly TracedFile[],
  file: TracedFile,
  statement: TracedStatement,
  resolve: Resolve,
): string | undefined {
  const before = files[0]?.before ?? new Map<number, Relation>();
  const own = new Set(nodesOf(statement.tree, "CommonTableExpr").map((one) => textAt(one, "ctename")));
  const earlier = files.slice(0, files.indexOf(file));
  const used = usedColumns(statement);
  const isSame = (one: Relation | undefined, other: Relation | undefined) => isSameFor(used, one, other);
  for (const name of namesIn(statement)) {
    const relation = resolve(name);
    if (!relation) {
      const isOwn = textAt(name, "schemaname") === undefined && own.has(textAt(name, "relname"));
      if (!isOwn && isMadeIn(file, name)) return file.path;
      continue;
    }
    if (isSame(before.get(relation.oid), relation)) continue;
    const changer = earlier.findLast((one) => !isSame(one.before.get(relation.oid), one.after.get(relation.oid)));
    const isChangedHere = !isSame(file.before.get(relation.oid), relation);
    return isChangedHere ? file.path : (changer?.path ?? file.path);
  }
  return undefined;
}

/** The names of relations; a statement holds that of its target as bare fields. */
function namesIn({ tree }: TracedStatement): RangeVar[] {
  const names: RangeVar[] = [];
  for (const [kind, fields] of walk(tree)) {
    if (kind === "RangeVar") names.push(fields);
    else if (at(fields, "relation", "relname") !== undefined) names.push(at(fields, "relation") as RangeVar);
  }
  return names;
}

function isMadeIn({ before, after }: TracedFile, name: unknown): boolean {
  const [relname, schema] = [textAt(name, "relname"), textAt(name, "schemaname")];
  return [...after.values()].some(
    (one) => !before.has(one.oid) && one.name === relname && (schema ?? one.schema) === one.schema,
  );
}

/** The names of columns in a statement; undefined if it means all columns of a table. */
function usedColumns({ tree }: TracedStatement): ReadonlySet<string> | undefined {
  const used = new Set<string>();
  for (const [kind, fields] of walk(tree)) {
    if (kind === "A_Star" || (kind === "InsertStmt" && listAt(fields, "cols").length === 0)) return undefined;
    if (kind === "String") used.add(textAt(fields, "sval") ?? "");
    if (kind === "ResTarget") used.add(textAt(fields, "name") ?? "");
  }
  return used;
}

/** True if a statement that uses these columns means the same with the one relation as with the other. */
function isSameFor(
  used: ReadonlySet<string> | undefined,
  one: Relation | undefined,
  other: Relation | undefined,
): boolean {
  if (one === other) return true;
  return one !== undefined && other !== undefined && shapeOf(one, used) === shapeOf(other, used);
}

function shapeOf({ schema, name, columns }: Relation, used: ReadonlySet<string> | undefined): string {
  const wanted = columns.filter((column) => used?.has(column.name) ?? true);
  return JSON.stringify([schema, name, wanted.map((one) => [one.number, one.name, one.type])]);
}
