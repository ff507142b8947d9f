import { alterCommands, at, bodyOf, kindOf, listAt, textAt } from "../parse-tree/node.ts";
import {
  definitionScans,
  isDefaultRead,
  keepsNullOut,
  newConstraints,
  newlyRequired,
  newPlainIndexes,
  newWithoutValues,
  retypedColumns,
  wasAddedFilled,
  wasThere,
} from "../trace/definition-work.ts";
import { isWithoutNull } from "../trace/lost-rows.ts";
import type { Relation, Touch, TracedFile, TracedStatement } from "../trace/trace.ts";
import { canFail, isSatisfied, mergedKeys } from "./existing-rows.ts";
import { EXCLUSION, REQUIRED_LATER } from "./recipes.ts";
import type { CheckRule } from "./rule.ts";
import { named, several, sqlName } from "./words.ts";

const RECIPES = {
  column: `ALTER TABLE <table> ADD COLUMN <column> <type> NOT NULL DEFAULT <value>;
-- or without a value that fits all rows: add the column without NOT NULL, fill it in batches, then SET NOT NULL`,
  constraint: `ALTER TABLE <table> ADD CONSTRAINT <name> <constraint> NOT VALID;  -- new rows must fit from now on
-- in a later file: fix the rows that do not fit; then
ALTER TABLE <table> VALIDATE CONSTRAINT <name>;`,
  default: `ALTER TABLE <table> ADD COLUMN <column> <type> DEFAULT <value that fits>;
-- or without a value that fits all rows: add the column without a default, and fill it in batches`,
  unique: `-- Remove the duplicates first. This fails without blocking anybody if some are left:
CREATE UNIQUE INDEX CONCURRENTLY <index> ON <table> (<columns>);`,
  pending: `SET CONSTRAINTS ALL IMMEDIATE;  -- in the same file, before the table is altered: checks the rows then
ALTER TABLE <table> <change>;`,
  type: `SELECT <key> FROM <table> WHERE <column> does not fit the new type;  -- must find nothing
-- then add a column of the new type, fill it in batches, and exchange the two columns`,
} as const;

export const failsOnExistingRows: CheckRule = {
  id: "fails-on-existing-rows",
  group: "safety",
  title: "Fails on existing rows",
  why: "It works on an empty table, but on production it fails if a single row does not fit, and the deployment stops there.",
  recipe: RECIPES.constraint,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int NOT NULL" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ALTER COLUMN n SET NOT NULL" },
      {
        given: "CREATE TABLE t (n int, m int)",
        sql: "ALTER TABLE t ALTER n SET DEFAULT 0; UPDATE t SET n = m WHERE n IS NULL; ALTER TABLE t ALTER n SET NOT NULL",
      },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD CHECK (n > 0)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int DEFAULT 0 CHECK (m > 0)" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE UNIQUE INDEX ON t (n)" },
      { given: "CREATE TABLE t (s varchar(20))", sql: "ALTER TABLE t ALTER COLUMN s TYPE varchar(10)" },
      { given: "CREATE TABLE t (s text)", sql: "ALTER TABLE t ALTER COLUMN s TYPE int USING s::int" },
      {
        given: "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (n e)",
        sql: "CREATE TYPE f AS ENUM ('a'); ALTER TABLE t ALTER COLUMN n TYPE f USING n::text::f",
      },
      { given: "CREATE DOMAIN d AS int; CREATE TABLE t (n d)", sql: "ALTER DOMAIN d ADD CHECK (VALUE > 0)" },
      {
        given: "CREATE TABLE t (at timestamptz PRIMARY KEY)",
        sql: "ALTER TABLE t ALTER COLUMN at TYPE date",
      },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int NOT NULL DEFAULT 0" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int CHECK (m > 0)" },
      {
        given: "CREATE TABLE t (n int)",
        sql: "ALTER TABLE t ADD COLUMN m int DEFAULT 3; ALTER TABLE t ALTER COLUMN m SET NOT NULL",
      },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int DEFAULT 1 CHECK (m > 0)" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE UNIQUE INDEX CONCURRENTLY t_n ON t (n)" },
      { given: "CREATE TABLE t (n int, CHECK (n IS NOT NULL))", sql: "ALTER TABLE t ALTER COLUMN n SET NOT NULL" },
      { given: "CREATE TABLE t (s varchar(10))", sql: "ALTER TABLE t ALTER COLUMN s TYPE varchar(20)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ALTER COLUMN n TYPE bigint" },
      {
        given: "CREATE TABLE t (n int)",
        sql: "ALTER TABLE t ALTER n SET DEFAULT 0; UPDATE t SET n = 0 WHERE n IS NULL; ALTER TABLE t ALTER n SET NOT NULL",
      },
      {
        given: "CREATE TABLE t (n int, CONSTRAINT c CHECK (n IS NOT NULL))",
        sql: "ALTER TABLE t ALTER COLUMN n SET NOT NULL, DROP CONSTRAINT c",
      },
      { given: "CREATE TABLE t (n boolean)", sql: "ALTER TABLE t ALTER COLUMN n TYPE int USING n::int" },
      {
        given: "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (s text)",
        sql: "ALTER TABLE t ALTER COLUMN s TYPE e USING CASE s WHEN 'x' THEN 'a'::e ELSE 'b'::e END",
      },
      { given: "CREATE TABLE t (s text[])", sql: "ALTER TABLE t ALTER COLUMN s TYPE jsonb USING to_jsonb(s)" },
      {
        given: "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (n e)",
        sql: "CREATE TYPE f AS ENUM ('b', 'a'); ALTER TABLE t ALTER COLUMN n TYPE f USING n::text::f",
      },
    ],
  },
  *find(file) {
    for (const [index, statement] of file.statements.entries()) {
      const updated = updatedBefore(file, index);
      const scanned = new Set(definitionScans(statement));
      const isRead = scanned.size > 0 || statement.touches.some(({ rewritten }) => rewritten);
      const found = statement.touches.flatMap((touch) => {
        if (touch.before.isPartition && statement.touches.some(({ before }) => before.kind === "p")) return [];
        if (!isRead) return [];
        return causesOf(file, statement, touch, updated);
      });
      const possible = [...misfits(statement, updated), ...found, ...fromTree(statement, scanned)];
      const known = withRejection(statement, possible);
      const causes = known.length > 0 ? known : rowMisfit(statement, updated);
      const [first] = causes;
      if (first)
        yield {
          statement,
          message: several(
            causes.map(({ cause }) => cause),
            "causes",
          ),
          recipe: first.recipe,
        };
    }
  },
};

interface Cause {
  readonly cause: string;
  readonly recipe: string;
}

/**
 * The causes, with the server's message if the rows of earlier migrations are enough to make the statement fail. That says
 * more than a single cause, but not how to avoid the failure.
 */
function withRejection({ rejection: message }: TracedStatement, causes: readonly Cause[]): readonly Cause[] {
  if (message === undefined) return causes;
  const recipe = causes[0]?.recipe ?? RECIPES.constraint;
  const rejection = { cause: `even the rows of earlier migrations do not fit (${message})`, recipe };
  return causes.length > 1 ? [rejection, ...causes] : [rejection];
}

/** A trial with a row has shown it. Whether an earlier UPDATE reaches all rows depends on values of production. */
function rowMisfit({ rowMisfit: found, touches }: TracedStatement, updated: ReadonlySet<string>): Cause[] {
  const isPending = found?.code === PENDING_EVENTS;
  if (!found || (!isPending && touches.some(({ before }) => updated.has(before.name)))) return [];
  return [
    {
      cause: isPending
        ? `it fails if the statements before it changed a row whose foreign key is checked at COMMIT (${found.message})`
        : `it fails if the table has a single row that fits it now (${found.message})`,
      recipe: isPending ? RECIPES.pending : RECIPES.constraint,
    },
  ];
}

/** Events of triggers and deferred constraints wait for COMMIT, and keep the table from being altered. */
const PENDING_EVENTS = "55006";

/** The value that the rows get does not fit, unless an earlier statement of the file has given them another one. */
function misfits({ misfits: names = [], touches }: TracedStatement, updated: ReadonlySet<string>): Cause[] {
  if (touches.some(({ before }) => updated.has(before.name))) return [];
  return names.map((name) => ({
    cause: `the value that existing rows get violates ${name}`,
    recipe: RECIPES.default,
  }));
}

/** The relations, by name, that earlier statements of the file updated: their new columns are filled. */
function updatedBefore({ statements }: TracedFile, index: number): ReadonlySet<string> {
  const updates = statements.slice(0, index).filter((one) => kindOf(one) === "UpdateStmt");
  return new Set(updates.map((one) => textAt(bodyOf(one), "relation", "relname") ?? ""));
}

function causesOf(file: TracedFile, statement: TracedStatement, touch: Touch, updated: ReadonlySet<string>): Cause[] {
  const table = named(touch.before);
  const isFilled = updated.has(touch.before.name);
  const old = (number: number) => wasThere(file, touch, number);
  const required = newlyRequired(touch).filter(
    ({ number, name }) =>
      !keepsNullOut(touch.before, number) &&
      !isWithoutNull(file, statement, touch.before, name) &&
      (old(number) || !(isFilled || wasAddedFilled(file, touch, number))),
  );
  const constraints = newConstraints(touch).filter((one) => {
    const isKnown = touch.before.indexes.some(({ oid }) => oid === one.index);
    const added = statement.alone ? touch.before : atBegin(file, statement, touch);
    const isLater = added?.constraints.some(({ oid }) => oid === one.oid);
    // Rows without a value do not get as far as the constraint.
    const isEmpty = newWithoutValues(touch).some(({ number }) => one.columns.includes(number));
    return !isKnown && !isLater && !isEmpty && !isSatisfied(file, touch, one.kind, one.columns, isFilled);
  });
  const indexes = newPlainIndexes(touch).filter(
    ({ unique, columns }) =>
      unique && retypedColumns(touch).length === 0 && !isSatisfied(file, touch, "u", columns, isFilled),
  );
  const retyped = retypedColumns(touch).filter(
    ([before, after]) => old(before.number) && canFail(file, statement, touch, before, after),
  );
  const merged = mergedKeys(statement, touch);
  const keys = new Set(constraints.filter(({ kind }) => kind === "p").flatMap(({ columns }) => columns));
  return [
    ...newWithoutValues(touch).map(({ name }) => ({
      cause: `existing rows of ${table} have no value for ${sqlName(name)}, which is NOT NULL and has no default`,
      recipe: RECIPES.column,
    })),
    ...required
      .filter(({ number }) => !keys.has(number))
      .map(({ name }) => ({
        cause: `a row of ${table} may have NULL in ${sqlName(name)}`,
        recipe: REQUIRED_LATER,
      })),
    ...constraints.map(({ name, kind, refersTo }) => ({
      cause:
        kind === "f"
          ? `a row of ${table} may have no matching row in ${parentOf(file, refersTo?.relation)} (${sqlName(name)})`
          : `${MISFITS[kind] ?? "a row"} in ${table} may violate ${sqlName(name)}`,
      recipe: kind === "c" || kind === "f" ? RECIPES.constraint : kind === "x" ? EXCLUSION : RECIPES.unique,
    })),
    ...[...indexes, ...merged].map(({ name }) => ({
      cause: `rows of ${table} may be duplicates for ${sqlName(name)}`,
      recipe: RECIPES.unique,
    })),
    ...retyped.map(([before, after]) => ({
      cause: `a value in ${table}.${sqlName(before.name)} may not fit ${after.type}`,
      recipe: RECIPES.type,
    })),
  ];
}

/** The relation at the begin of the statement's transaction. */
function atBegin(file: TracedFile, { transaction }: TracedStatement, { before }: Touch): Relation {
  const own = file.statements.filter((one) => one.transaction === transaction);
  return own.flatMap(({ touches }) => touches).find((one) => one.before.oid === before.oid)?.before ?? before;
}

const MISFITS: Readonly<Record<string, string>> = {
  p: "NULL or duplicate values",
  u: "duplicate values",
  x: "conflicting rows",
};

function parentOf({ before, after }: TracedFile, oid = 0): string {
  const parent = before.get(oid) ?? after.get(oid);
  return parent ? named(parent) : "the other table";
}

/** Statements whose checks leave no trace in the definition of a table that existed before. */
function fromTree(statement: TracedStatement, scanned: ReadonlySet<Touch>): Cause[] {
  const [touch] = scanned;
  if (!touch) return [];
  const table = named(touch.before);
  if (alterCommands(statement).some((command) => textAt(command, "subtype") === "AT_AttachPartition")) {
    return isDefaultRead(statement, [touch])
      ? [{ cause: `a row of ${table} may belong to the new partition`, recipe: RECIPES.constraint }]
      : [{ cause: `a row of ${table} may not belong to the bounds of the partition`, recipe: RECIPES.constraint }];
  }
  if (kindOf(statement) === "CreateStmt" && at(bodyOf(statement), "partbound")) {
    return [{ cause: `a row of ${table} may belong to the new partition`, recipe: RECIPES.constraint }];
  }
  const isDomain = kindOf(statement) === "AlterDomainStmt" && textAt(bodyOf(statement), "subtype") !== "V";
  return isDomain
    ? [
        {
          cause: `a value in ${table} may violate the constraint of the domain ${domainOf(statement)}`,
          recipe: RECIPES.constraint,
        },
      ]
    : [];
}

function domainOf(statement: TracedStatement): string {
  const [name = "", schema = "public"] = listAt(bodyOf(statement), "typeName")
    .map((one) => textAt(one, "String", "sval"))
    .reverse();
  return named({ schema, name });
}
