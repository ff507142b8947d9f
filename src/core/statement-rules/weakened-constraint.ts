import type { CheckRule } from "../check/rule.ts";
import { matchesOf, named, several, sqlName } from "../check/words.ts";
import type { Fields } from "../parse-tree/node.ts";
import { type ChangedRelation, changedTables, type Origin, originOf } from "../trace/changed-relations.ts";
import type { Constraint, Relation, TracedFile } from "../trace/trace.ts";

export const weakenedConstraint: CheckRule = {
  id: "weakened-constraint",
  group: "style",
  isStrict: true,
  title: "Weakened constraint",
  why: "Rows that the constraint kept out can be written from now on. Programs that rely on it find NULLs, duplicates or references to nothing, and it can only come back after these rows are repaired.",
  recipe: `-- To change a constraint, add the new one first:
ALTER TABLE <table> ADD CONSTRAINT <new> CHECK (<condition>) NOT VALID;
-- in a later file:
ALTER TABLE <table> VALIDATE CONSTRAINT <new>;  -- alone: with another change it would read the rows under its lock
ALTER TABLE <table> DROP CONSTRAINT <old>;`,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int NOT NULL)", sql: "ALTER TABLE t ALTER COLUMN n DROP NOT NULL" },
      { given: "CREATE TABLE t (n int CONSTRAINT c CHECK (n > 0))", sql: "ALTER TABLE t DROP CONSTRAINT c" },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p int CONSTRAINT c REFERENCES p)",
        sql: "ALTER TABLE t DROP CONSTRAINT c",
      },
      { given: "CREATE TABLE t (n int); CREATE UNIQUE INDEX t_n ON t (n)", sql: "DROP INDEX t_n" },
      { given: "CREATE TABLE t (n int); CREATE UNIQUE INDEX t_n ON t (n)", sql: "DROP INDEX CONCURRENTLY t_n" },
      { given: "CREATE TABLE t (n int NOT NULL)", sql: "DO $$ BEGIN ALTER TABLE t ALTER n DROP NOT NULL; END $$" },
    ],
    good: [
      {
        given: "CREATE TABLE t (n int CONSTRAINT c CHECK (n > 0))",
        sql: "ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t ADD CONSTRAINT d CHECK (n > 1) NOT VALID",
      },
      {
        given: "CREATE TABLE t (n int CONSTRAINT c CHECK (n IS NOT NULL))",
        sql: "ALTER TABLE t ALTER COLUMN n SET NOT NULL; ALTER TABLE t DROP CONSTRAINT c",
      },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p int REFERENCES p)",
        sql: "DROP TABLE p CASCADE",
      },
      {
        given: "CREATE TABLE t (n int, m int NOT NULL CONSTRAINT c CHECK (m > 0))",
        sql: "ALTER TABLE t DROP COLUMN m",
      },
      {
        given: "CREATE TABLE t (n int); CREATE UNIQUE INDEX t_n ON t (n)",
        sql: "CREATE UNIQUE INDEX t_m ON t (n); DROP INDEX t_n",
      },
      {
        given: "CREATE TABLE t (n int); CREATE UNIQUE INDEX t_n ON t (n)",
        sql: "ALTER TABLE t ADD CONSTRAINT t_key UNIQUE USING INDEX t_n",
      },
      { given: "CREATE TABLE t (n int); CREATE INDEX t_n ON t (n)", sql: "DROP INDEX t_n" },
      { sql: "CREATE TABLE t (n int NOT NULL); ALTER TABLE t ALTER COLUMN n DROP NOT NULL" },
    ],
  },
  find: (file) =>
    matchesOf(
      changedTables(file).flatMap((changed) => losses(file, changed)),
      (found) => ({
        message: several(
          found.map(({ words }) => words),
          "constraints",
        ),
      }),
    ),
};

const KINDS: Readonly<Record<string, string>> = {
  c: "the CHECK constraint",
  f: "the foreign key",
  u: "the UNIQUE constraint",
  x: "the EXCLUDE constraint",
};

interface Loss extends Origin {
  readonly words: string;
}

/** The requirements that an existing table has lost: NOT NULL and constraints. */
function losses(file: TracedFile, changed: ChangedRelation): Loss[] {
  const { relation, before } = changed;
  if (!before) return [];
  const table = named(relation);
  return [
    ...before.columns
      .filter(({ number, required }) => required && optional(relation, number))
      .map(({ number, name }) => ({
        name,
        words: `${sqlName(name)} of ${table} may be NULL`,
        isLost: (one: Relation) => optional(one, number),
      })),
    ...before.constraints
      .filter((one) => KINDS[one.kind] && file.after.has(one.refersTo?.relation ?? relation.oid))
      .filter((one) => isLost(one, before, relation))
      .map(({ name, kind }) => ({
        name,
        words: `${KINDS[kind]} ${sqlName(name)} of ${table} is dropped`,
        isLost: (one: Relation) => !hasConstraint(one, name),
      })),
    ...lostIndexes(before, relation).map(({ name }) => ({
      name,
      words: `the unique index ${sqlName(name)} of ${table} is dropped`,
      isLost: ({ indexes }: Relation) => !indexes.some((one) => one.name === name),
    })),
  ].flatMap(({ name, words, isLost: has }) => {
    const drops = (kind: string, fields: Fields) => kind === "AlterTableCmd" && fields.name === name;
    const origin = originOf(file, changed, has, drops) ?? naming(file, name);
    return origin ? [{ ...origin, words }] : [];
  });
}

/** A statement outside a transaction is not observed, but names what it drops. */
function naming({ statements }: TracedFile, name: string): Origin | undefined {
  const statement = statements.find((one) => one.statement.text.includes(name));
  return statement && { statement };
}

function optional({ columns }: Relation, number: number): boolean {
  return columns.some((column) => column.number === number && !column.required);
}

function hasConstraint({ constraints }: Relation, name: string): boolean {
  return constraints.some((one) => one.name === name);
}

/** True if no constraint of the same kind replaces it, no NOT NULL does, and it did not go with a column. */
function isLost(constraint: Constraint, before: Relation, after: Relation): boolean {
  const { kind, name, columns } = constraint;
  const isThere = after.constraints.some(({ oid }) => oid === constraint.oid) || hasConstraint(after, name);
  const isReplaced = after.constraints.some((one) => one.kind === kind && !hasConstraint(before, one.name));
  const isRequired = before.columns.some(
    ({ number, required }) => !required && columns.includes(number) && !optional(after, number),
  );
  const hasColumns = columns.every((one) => after.columns.some(({ number }) => number === one));
  const isKept = kind === "u" && newUnique(before, after);
  return !isThere && !isReplaced && hasColumns && !isKept && !(kind === "c" && isRequired);
}

/** The unique indexes that belong to no constraint. */
function lostIndexes(before: Relation, after: Relation) {
  const owned = new Set(before.constraints.map(({ index }) => index));
  const left = new Set(after.indexes.map(({ oid }) => oid));
  const names = new Set(after.indexes.map(({ name }) => name));
  return before.indexes.filter(
    ({ oid, name, unique, columns }) =>
      unique &&
      !owned.has(oid) &&
      !left.has(oid) &&
      !names.has(name) &&
      columns.every((one) => one === 0 || after.columns.some(({ number }) => number === one)) &&
      !newUnique(before, after),
  );
}

function newUnique(before: Relation, after: Relation): boolean {
  const names = new Set(before.indexes.map(({ name }) => name));
  return after.indexes.some(({ name, unique }) => unique && !names.has(name));
}
