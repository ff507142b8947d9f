import { alterCommands, at, bodyOf, kindOf, listAt, nodesOf, textAt } from "../parse-tree/node.ts";
import { bodyTexts, hasInOrder } from "../trace/block-work.ts";
import { isRewrite, isTruncating, retypedColumns, wasThere } from "../trace/definition-work.ts";
import { deletedByMerge, emptiedBy, lostValues } from "../trace/lost-rows.ts";
import { inOrder, type RangeVar, type Resolve } from "../trace/resolve.ts";
import { isOpaque } from "../trace/row-work.ts";
import type { Relation, Touch, TracedFile, TracedStatement } from "../trace/trace.ts";
import { typeChange, usingOf } from "../trace/type-change.ts";
import { FOR_DATA } from "./recipes.ts";
import type { CheckRule } from "./rule.ts";
import { named, namedAll, several, sqlName } from "./words.ts";

export const destroysData: CheckRule = {
  id: "destroys-data",
  group: "safety",
  title: "Destroys data",
  why: "The rows or values exist nowhere else: no down script brings them back, only a backup.",
  recipe: FOR_DATA.table,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "DROP TABLE t" },
      { given: "CREATE TABLE t (n int, m int)", sql: "ALTER TABLE t DROP COLUMN m" },
      { given: "CREATE SCHEMA s; CREATE TABLE s.t (n int)", sql: "DROP SCHEMA s CASCADE" },
      { given: "CREATE TABLE t (n int)", sql: "TRUNCATE t" },
      { given: "CREATE TABLE t (n int)", sql: "DELETE FROM t" },
      { given: "CREATE TABLE t (id int PRIMARY KEY)", sql: "DELETE FROM t WHERE id IN (SELECT id FROM t)" },
      { given: "CREATE TABLE t (id int PRIMARY KEY)", sql: "DELETE FROM t WHERE id > 0" },
      { given: "CREATE TABLE t (n int)", sql: "WITH d AS (DELETE FROM t RETURNING n) SELECT count(*) FROM d" },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (n int REFERENCES p)",
        sql: "DELETE FROM t USING p WHERE t.n = p.id",
      },
      {
        given: "CREATE TABLE p (id int); CREATE TABLE t (n int)",
        sql: "MERGE INTO t USING p ON t.n = p.id WHEN MATCHED THEN DELETE",
      },
      { given: "CREATE TYPE c AS (a int, b int); CREATE TABLE t (n c)", sql: "ALTER TYPE c DROP ATTRIBUTE b CASCADE" },
      { given: "CREATE TABLE t (n int)", sql: "UPDATE t SET n = NULL" },
      { given: "CREATE TABLE t (n int NOT NULL)", sql: "UPDATE t SET n = 0" },
      { given: "CREATE TABLE t (n int)", sql: "UPDATE t SET n = 0 WHERE n IS NOT NULL" },
      { given: "CREATE TABLE t (s text)", sql: "UPDATE t SET s = NULL WHERE s <> ''" },
      { given: "CREATE TABLE t (at timestamptz)", sql: "ALTER TABLE t ALTER COLUMN at TYPE date" },
      { given: "CREATE TABLE t (s text)", sql: "ALTER TABLE t ALTER COLUMN s TYPE text USING NULL" },
      { given: "CREATE TABLE t (n int)", sql: "DO $$ BEGIN DROP TABLE t; END $$" },
      { given: "CREATE TABLE t (n int NOT NULL)", sql: "DELETE FROM t WHERE n = n" },
      {
        given:
          "CREATE TABLE t (n int); CREATE PROCEDURE emptied() LANGUAGE plpgsql AS 'BEGIN DELETE FROM t; END'; CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN CALL emptied(); END'",
        sql: "CALL p()",
      },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "DELETE FROM t WHERE n < 0" },
      { given: "CREATE TABLE t (id int PRIMARY KEY)", sql: "DELETE FROM t WHERE id > 1000 AND id <= 2000" },
      {
        given: "CREATE TABLE t (id int PRIMARY KEY, n int)",
        sql: "DELETE FROM t WHERE id IN (SELECT DISTINCT ON (n) id FROM t)",
      },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (n int REFERENCES p)",
        sql: "DELETE FROM t USING p WHERE t.n = p.id AND p.id < 0",
      },
      {
        given: "CREATE TABLE t (n int)",
        sql: "MERGE INTO t USING (VALUES (1), (2)) AS v (n) ON t.n = v.n WHEN MATCHED THEN DELETE",
      },
      { given: "CREATE TABLE t (n int)", sql: "DROP TABLE IF EXISTS u" },
      { given: "CREATE VIEW v AS SELECT 1 AS n", sql: "DROP VIEW v" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE TABLE u (n int); DROP TABLE u" },
      {
        given: "CREATE TABLE t (n int)",
        sql: "ALTER TABLE t RENAME TO old; CREATE TABLE t (n bigint); INSERT INTO t SELECT n FROM old; DROP TABLE old",
      },
      { given: "CREATE TABLE t (n int)", sql: "UPDATE t SET n = n + 1" },
      { given: "CREATE TABLE t (n int)", sql: "UPDATE t SET n = 0" },
      { given: "CREATE TABLE t (n int NOT NULL)", sql: "UPDATE t SET n = 0 WHERE n < 0" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN m int NOT NULL DEFAULT 0; UPDATE t SET m = 1" },
      { given: "CREATE TABLE t (n int NOT NULL, m int)", sql: "UPDATE t SET m = n; UPDATE t SET n = 0" },
      { given: "CREATE TABLE t (at timestamptz NOT NULL)", sql: "UPDATE t SET at = now()" },
    ],
  },
  *find(file) {
    let copied: ReadonlySet<number> | undefined;
    const isCopied = ({ oid }: Relation) => {
      copied ??= copiedTables(file);
      return copied.has(oid);
    };
    for (const { statement, resolve } of inOrder(file)) {
      const losses = [
        ...lossesOf("table", droppedTables(file, statement, isCopied)),
        ...lossesOf("column", droppedColumns(file, statement)),
        ...lossesOf("type", lossyTypes(file, statement)),
        ...lossesOf("rows", [...replacedRows(file, statement), ...changedRows(file, statement, resolve)]),
        ...lossesOf("type", droppedAttributes(file, statement)),
        ...lossesOf("server", lostElsewhere(file, statement)),
      ];
      const [first] = losses;
      const words = losses.map(([, loss]) => loss);
      if (first) yield { statement, message: several(words, "losses"), recipe: FOR_DATA[first[0]] };
    }
  },
};

type Lost = keyof typeof FOR_DATA;

/** What is lost, each with what it is: that decides the safe way. */
function lossesOf(lost: Lost, losses: readonly string[]): [Lost, string][] {
  return losses.map((loss) => [lost, loss]);
}

function hasRows({ before }: Touch): boolean {
  return before.kind === "r" || before.kind === "p";
}

/** Says nothing of the partitions of a table that is dropped with them. */
function isPartOf({ touches }: TracedStatement, { before }: Touch): boolean {
  return (
    before.isPartition &&
    touches.some(({ before: one, after }) => one.kind === "p" && (!after || one.oid !== before.oid))
  );
}

/** True if a block locks or renames a table, and then copies all its rows. */
function isCopiedIn(texts: readonly string[], name: string): boolean {
  return texts.some((text, index) => {
    const isCopy = hasInOrder(text, /\binsert\s+into\b/i, /\bselect\b/i);
    const [, source] = (isCopy && /\bfrom\s+(?:\w+\.)?"?(\w+)"?\s*$/i.exec(text)) || [];
    const names = source === undefined ? [] : [name, source];
    const isLocked = (earlier: string) =>
      /\b(?:alter|lock)\s+table\b/i.test(earlier) && names.every((one) => earlier.includes(one));
    return names.length > 0 && texts.slice(0, index).some(isLocked);
  });
}

/** The oids of tables whose rows the file copied, all of them, while nobody could change any. */
function copiedTables(file: TracedFile): ReadonlySet<number> {
  const copied = new Set<number>();
  const locked = new Map<number, number>();
  for (const { statement, resolve } of inOrder(file)) {
    const select = at(bodyOf(statement), "selectStmt", "SelectStmt");
    const [source, ...others] = listAt(select, "fromClause");
    const table = others.length === 0 ? resolve(at(source, "RangeVar") as RangeVar) : undefined;
    const isWhole = at(select, "whereClause") === undefined && at(select, "limitCount") === undefined;
    if (table && isWhole && locked.get(table.oid) === statement.transaction) copied.add(table.oid);
    const texts = bodyTexts(file, statement);
    for (const { before, lock } of statement.touches) {
      if (isCopiedIn(texts, before.name)) copied.add(before.oid);
      if (lock === "AccessExclusive") locked.set(before.oid, statement.transaction);
    }
  }
  return copied;
}

function droppedTables(
  { before }: TracedFile,
  statement: TracedStatement,
  isCopied: (table: Relation) => boolean,
): string[] {
  const dropped = statement.touches.filter(
    (touch) => !touch.after && hasRows(touch) && before.has(touch.before.oid) && !isCopied(touch.before),
  );
  const parts = dropped.filter((touch) => touch.before.isPartition);
  const whole = dropped.length > parts.length ? dropped.filter((touch) => !touch.before.isPartition) : dropped;
  return whole.length > 0 ? [`drops ${namedAll(whole.map((touch) => touch.before))} with all rows`] : [];
}

function droppedColumns(file: TracedFile, statement: TracedStatement): string[] {
  return statement.touches.flatMap((touch) => {
    const { before, after } = touch;
    if (!after || !hasRows(touch) || isPartOf(statement, touch)) return [];
    const left = new Set(after.columns.map(({ number }) => number));
    const dropped = before.columns.filter(
      ({ number, generated }) => !left.has(number) && !generated && wasThere(file, touch, number),
    );
    return dropped.map(({ name }) => `drops ${named(before)}.${sqlName(name)} with all values`);
  });
}

function lossyTypes(file: TracedFile, statement: TracedStatement): string[] {
  return statement.touches.flatMap((touch) => {
    if (!hasRows(touch) || isPartOf(statement, touch)) return [];
    const retyped = new Map(retypedColumns(touch).map(([before, after]) => [before.number, after]));
    return touch.before.columns.flatMap((before) => {
      if (!wasThere(file, touch, before.number) || before.generated) return [];
      const using = usingOf(statement, before.name);
      const column = `${named(touch.before)}.${sqlName(before.name)}`;
      if (using === "discard") return [`replaces all values of ${column}`];
      const after = retyped.get(before.number);
      if (!after) return [];
      const change = typeChange(before.valueType, after.valueType);
      const loses = change.loses || (using === "shorten" && change.fails);
      return loses ? [`${column} loses what ${after.type} cannot hold of ${before.type}`] : [];
    });
  });
}

function replacedRows({ before }: TracedFile, statement: TracedStatement): string[] {
  if (kindOf(statement) !== "TruncateStmt" && !(isOpaque(statement) && isTruncating(statement))) return [];
  const emptied = statement.touches.filter(
    (touch) => touch.rewritten && hasRows(touch) && before.has(touch.before.oid) && !isRewrite(statement, touch),
  );
  return emptied.length > 0 ? [`deletes all rows of ${namedAll(emptied.map((touch) => touch.before))}`] : [];
}

function changedRows(file: TracedFile, statement: TracedStatement, resolve: Resolve): string[] {
  const body = bodyOf(statement);
  switch (kindOf(statement)) {
    case "DeleteStmt":
      return deleted(emptiedBy(body, resolve));
    case "MergeStmt":
      return deleted(deletedByMerge(body, resolve));
    case "UpdateStmt":
      return lostColumns(file, statement, resolve);
    case "SelectStmt": {
      // An INSERT that takes the deleted rows moves them.
      const parts = nodesOf(body, "DeleteStmt").flatMap((part) => deleted(emptiedBy(part, resolve)));
      return parts.length > 0 ? parts : deletedInBody(file, statement);
    }
  }
  return deletedInBody(file, statement);
}

function deleted(table: Relation | undefined): string[] {
  return table ? [`deletes all rows of ${named(table)}`] : [];
}

function lostColumns(file: TracedFile, statement: TracedStatement, resolve: Resolve): string[] {
  const table = resolve(at(bodyOf(statement), "relation") as RangeVar);
  if (!table) return [];
  return lostValues(file, statement, table, resolve).map(({ column, isErased }) => {
    const title = `${named(table)}.${sqlName(column.name)}`;
    return isErased ? `deletes all values of ${title}` : `overwrites all values of ${title}`;
  });
}

/** A DELETE without condition in a DO block or a function. */
function deletedInBody(file: TracedFile, statement: TracedStatement): string[] {
  const whole = bodyTexts(file, statement).filter(
    (text) => /\bdelete\s+from\b/i.test(text) && !/\bwhere\b/i.test(text),
  );
  const words = new Set(whole.flatMap((text) => text.toLowerCase().split(/[^\w$]+/)));
  const isDynamic = words.has("execute");
  const changed = statement.touches.find(
    (touch) =>
      hasRows(touch) && touch.lock !== "AccessShare" && (isDynamic || words.has(touch.before.name.toLowerCase())),
  );
  return deleted(changed?.before);
}

/** Statements that a trial run cannot show: they work on other databases, or on objects that production has. */
function lostElsewhere(file: TracedFile, statement: TracedStatement): string[] {
  const body = bodyOf(statement);
  const kind = kindOf(statement);
  if (kind === "DropdbStmt") return [`drops the database ${sqlName(textAt(body, "dbname") ?? "")} with all rows`];
  if (kind === "AlterSystemStmt") {
    const name = textAt(body, "setstmt", "name") ?? "";
    const value = listAt(body, "setstmt", "args").map((one) => textAt(one, "A_Const", "sval", "sval"))[0];
    const isRisky = DURABILITY[name]?.test(value ?? "") === true;
    return isRisky ? [`with ${name} = ${value}, the whole server loses committed rows when it crashes`] : [];
  }
  if (kind !== "DropOwnedStmt") return [];
  const made = file.statements.flatMap((one) =>
    kindOf(one) === "CreateRoleStmt" ? (textAt(bodyOf(one), "role") ?? []) : [],
  );
  const roles = listAt(body, "roles").flatMap((one) => textAt(one, "RoleSpec", "rolename") ?? []);
  const old = roles.filter((role) => !made.includes(role));
  return old.length > 0 ? [`drops all tables that ${several(old.map(sqlName), "roles")} owns, with all rows`] : [];
}

/** The values of settings that give up rows for speed. */
const DURABILITY: Readonly<Record<string, RegExp>> = {
  fsync: /^(?:off|false|no|0)$/i,
  full_page_writes: /^(?:off|false|no|0)$/i,
  zero_damaged_pages: /^(?:on|true|yes|1)$/i,
};

/** The attributes that a statement takes from a composite type, if a column has that type. */
function droppedAttributes({ before }: TracedFile, statement: TracedStatement): string[] {
  const isDrop = alterCommands(statement).some((one) => textAt(one, "subtype") === "AT_DropColumn");
  return (isDrop ? statement.lost : []).flatMap((thing) => {
    const tables = [...before.values()].filter(
      (one) => (one.kind === "r" || one.kind === "p") && one.columns.some(({ typeOid }) => typeOid === thing.oid),
    );
    if (thing.kind !== "attribute" || tables.length === 0) return [];
    return [`drops ${named(thing)}.${sqlName(thing.detail)} with all values in ${namedAll(tables)}`];
  });
}
