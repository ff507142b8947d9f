import type { CheckRule } from "../check/rule.ts";
import { matchesOf, named, several, sqlName } from "../check/words.ts";
import { at, kindOf, walk } from "../parse-tree/node.ts";
import { type ChangedRelation, changedRelations, makerOf, type Origin, originOf } from "../trace/changed-relations.ts";
import type { NamedThing, Relation, TracedFile } from "../trace/trace.ts";

export const quotedName: CheckRule = {
  id: "quoted-name",
  group: "style",
  isStrict: true,
  title: "Name needs quotes",
  why: "Each query must write the name in double quotes and in the same spelling. Without them PostgreSQL looks for another name, or reports a syntax error.",
  recipe: `-- small letters, digits and underscores, and no reserved word of SQL:
CREATE TABLE <order_lines> (<created_at> timestamptz);`,
  examples: {
    bad: [
      { sql: 'CREATE TABLE "Orders" (id bigint)' },
      { sql: 'CREATE TABLE t ("createdAt" timestamptz)' },
      { sql: 'CREATE TABLE t ("order" int)' },
      { given: "CREATE TABLE t (n int)", sql: 'ALTER TABLE t RENAME COLUMN n TO "N"' },
      { given: "CREATE TABLE t (n int)", sql: 'CREATE VIEW v AS SELECT n AS "theNumber" FROM t' },
      { sql: "CREATE TYPE \"Mood\" AS ENUM ('good')" },
    ],
    good: [
      { sql: 'CREATE TABLE "orders" (created_at timestamptz, "name" text)' },
      { given: 'CREATE TABLE "T" ("N" int)', sql: 'ALTER TABLE "T" ADD COLUMN m int' },
      { given: 'CREATE TABLE "T" ("N" int)', sql: 'ALTER TABLE "T" RENAME TO t' },
      { sql: "CREATE TYPE mood AS ENUM ('Good'); CREATE TABLE größen (größe int)" },
    ],
  },
  find: (file) =>
    matchesOf([...changedRelations(file).flatMap((one) => relationNames(file, one)), ...thingNames(file)], (found) => ({
      message: several(
        found.map(({ words }) => words),
        "names",
      ),
    })),
};

interface FoundName extends Origin {
  readonly words: string;
}

/** The new names of a relation and its columns. A partition has the columns of its table. */
function relationNames(file: TracedFile, changed: ChangedRelation): FoundName[] {
  const { relation, before } = changed;
  const found = (origin: Origin | undefined, words: string) => (origin ? [{ ...origin, words }] : []);
  const names =
    isQuoted(relation) && before?.name !== relation.name ? found(nameOrigin(file, changed), named(relation)) : [];
  if (relation.isPartition) return names;
  const columns = relation.columns.filter(
    (column) =>
      isQuoted(column) && before?.columns.find(({ number }) => number === column.number)?.name !== column.name,
  );
  return [
    ...names,
    ...columns.flatMap(({ name }) => {
      const has = (one: Relation) => one.columns.some((column) => column.name === name);
      const defines = (kind: string, fields: Readonly<Record<string, unknown>>) =>
        (kind === "ColumnDef" && fields.colname === name) ||
        (kind === "ResTarget" && fields.name === name) ||
        (kind === "RenameStmt" && fields.newname === name);
      return found(originOf(file, changed, has, defines), `${sqlName(name)} of ${named(relation)}`);
    }),
  ];
}

function nameOrigin(file: TracedFile, changed: ChangedRelation): Origin | undefined {
  const { name } = changed.relation;
  const renamed = changed.statements.findLast((one) => kindOf(one) === "RenameStmt" && mentions(one, name));
  return renamed ? { statement: renamed } : makerOf(file, changed);
}

/** The functions, sequences and types that the file has made. */
function thingNames({ thingsBefore, thingsAfter, statements }: TracedFile): FoundName[] {
  const old = new Set(thingsBefore.map(({ oid, name }) => `${oid} ${name}`));
  const made = thingsAfter.filter(
    (one) => one.kind !== "enum value" && isQuoted(one) && !old.has(`${one.oid} ${one.name}`),
  );
  return made.flatMap((thing: NamedThing) => {
    const statement = statements.find((one) => mentions(one, thing.name));
    return statement ? [{ statement, words: `the ${thing.kind} ${named(thing)}` }] : [];
  });
}

/** Other letters than those of ASCII need no quotes; pg_dump writes them all the same, as sqlName does. */
function isQuoted({ name }: { readonly name: string }): boolean {
  const plain = name.replace(/[\u0080-\u{10ffff}]/gu, "x");
  return sqlName(plain) !== plain;
}

/** True if a statement makes or renames something of that name. */
function mentions(statement: Parameters<typeof kindOf>[0], name: string): boolean {
  const isDefinition = /^(Create|Alter|Rename|Define)/.test(kindOf(statement) ?? "");
  if (!isDefinition) return false;
  return [...walk(statement.tree)].some(([, fields]) =>
    [fields.sval, fields.newname, at(fields, "sequence", "relname")].includes(name),
  );
}
