import type { CheckRule } from "../check/rule.ts";
import { named, several, sqlName } from "../check/words.ts";
import { alterCommands, at, bodyOf, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import type { NamedThing, Relation, Touch, TracedStatement } from "../trace/trace.ts";

export const hiddenDrop: CheckRule = {
  id: "hidden-drop",
  group: "style",
  isStrict: true,
  title: "Hidden drop",
  why: "CASCADE also drops what depends on the object, and the file does not say what that is. In production it can be more than here.",
  recipe: `DROP VIEW <view>;  -- name what goes, without CASCADE
DROP TABLE <table>;`,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int); CREATE VIEW v AS SELECT n FROM t", sql: "DROP TABLE t CASCADE" },
      {
        given: "CREATE TABLE t (n int, m int); CREATE VIEW v AS SELECT n FROM t",
        sql: "ALTER TABLE t DROP COLUMN n CASCADE",
      },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p int REFERENCES p)",
        sql: "DROP TABLE p CASCADE",
      },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p int REFERENCES p)",
        sql: "TRUNCATE p CASCADE",
      },
      { given: "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (n int, m e)", sql: "DROP TYPE e CASCADE" },
      {
        given: "CREATE TABLE t (n int); CREATE VIEW v AS SELECT n FROM t",
        sql: "DROP TABLE IF EXISTS public.t CASCADE",
      },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "DROP TABLE t CASCADE" },
      { given: "CREATE TABLE t (n int); CREATE VIEW v AS SELECT n FROM t", sql: "DROP VIEW v; DROP TABLE t CASCADE" },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p int REFERENCES p)",
        sql: "TRUNCATE p, t CASCADE",
      },
      { given: "CREATE SCHEMA s; CREATE TABLE s.t (n int)", sql: "DROP SCHEMA s CASCADE" },
      {
        given: "CREATE TABLE t (n int) PARTITION BY LIST (n); CREATE TABLE t0 PARTITION OF t DEFAULT",
        sql: "DROP TABLE t CASCADE",
      },
    ],
  },
  *find({ statements }) {
    for (const statement of statements) {
      if (!isCascade(statement)) continue;
      const written = writtenIn(statement);
      const lost = [
        ...statement.touches.flatMap((touch) => lostWith(statement, touch, written)),
        ...statement.lost.filter((one) => isHidden(one, written)).map((one) => `the ${one.kind} ${named(one)}`),
      ];
      const verb = kindOf(statement) === "TruncateStmt" ? "empties" : "drops";
      if (lost.length > 0) yield { statement, message: `also ${verb} ${several(lost, "objects")}` };
    }
  },
};

function isCascade(statement: TracedStatement): boolean {
  return [bodyOf(statement), ...alterCommands(statement)].some((part) => at(part, "behavior") === "DROP_CASCADE");
}

/** The objects that a statement names. */
interface Written {
  /** The last parts of names, and those of columns and constraints that it drops. */
  readonly names: ReadonlySet<string>;
  /** The schemas that it drops, with all that they contain. */
  readonly schemas: ReadonlySet<string>;
}

function writtenIn(statement: TracedStatement): Written {
  const body = bodyOf(statement);
  const objects = listAt(body, "objects").map((one) => {
    const parts = at(one, "ObjectWithArgs", "objname") ?? one;
    return String(nodesOf(parts, "String").at(-1)?.sval);
  });
  const isSchema = textAt(body, "removeType") === "OBJECT_SCHEMA";
  return {
    names: new Set([
      ...objects,
      ...nodesOf(body, "RangeVar").map(({ relname }) => String(relname)),
      ...alterCommands(statement).map(({ name }) => String(name)),
    ]),
    schemas: new Set(isSchema ? objects : []),
  };
}

/** True for what the statement does not name, itself or by its schema. A value or attribute goes with its type. */
function isHidden({ kind, name, schema }: NamedThing, { names, schemas }: Written): boolean {
  return kind !== "enum value" && kind !== "attribute" && !names.has(name) && !schemas.has(schema);
}

const KINDS: Readonly<Record<string, string>> = { f: "foreign table", m: "materialized view", v: "view" };

/** The relation that a statement drops or empties without naming it, or the parts that it drops of one. */
function lostWith(
  statement: TracedStatement,
  { before, after, rewritten, lock, held }: Touch,
  { names, schemas }: Written,
): string[] {
  if (before.isPartition || schemas.has(before.schema)) return [];
  const isTaken = lock === "AccessExclusive" && lock !== held;
  const isEmptied = kindOf(statement) === "TruncateStmt" && (rewritten || isTaken);
  if (!after || isEmptied)
    return names.has(before.name) ? [] : [`the ${KINDS[before.kind] ?? "table"} ${named(before)}`];
  return [...lostColumns(before, after), ...lostKeys(before, after)].flatMap(({ name, words }) =>
    names.has(name) ? [] : [`${words} of ${named(before)}`],
  );
}

function lostColumns({ columns }: Relation, after: Relation) {
  const left = new Set(after.columns.map(({ number }) => number));
  return columns
    .filter(({ number }) => !left.has(number))
    .map(({ name }) => ({ name, words: `the column ${sqlName(name)}` }));
}

/** The foreign keys; other constraints go with their columns. */
function lostKeys({ constraints }: Relation, after: Relation) {
  const left = new Set(after.constraints.map(({ oid }) => oid));
  return constraints
    .filter(({ kind, oid }) => kind === "f" && !left.has(oid))
    .map(({ name }) => ({ name, words: `the foreign key ${sqlName(name)}` }));
}
