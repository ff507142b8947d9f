import type { CheckRule } from "../check/rule.ts";
import { matchesOf, namedAll } from "../check/words.ts";
import { at, bodyOf, type Fields, kindOf, listAt, textAt } from "../parse-tree/node.ts";
import { changedRelations } from "../trace/changed-relations.ts";
import type { TracedStatement } from "../trace/trace.ts";

export const selectStar: CheckRule = {
  id: "select-star",
  group: "style",
  isStrict: true,
  title: "SELECT *",
  why: "PostgreSQL replaces the * by the columns of that moment. Later ones are missing, and where the columns have another order, as in a database that was changed by hand, the result differs.",
  recipe: "CREATE VIEW <view> AS SELECT <column>, <column> FROM <table>;",
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "CREATE VIEW v AS SELECT * FROM t" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE MATERIALIZED VIEW v AS SELECT x.*, 1 AS one FROM t AS x" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE TABLE u AS SELECT n FROM t UNION ALL SELECT * FROM t" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE VIEW v AS SELECT * FROM (SELECT * FROM t) AS x" },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "CREATE VIEW v AS SELECT n, count(*) FROM t GROUP BY n" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE VIEW v AS WITH c AS (SELECT n FROM t) SELECT * FROM c" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE VIEW v AS SELECT n FROM t WHERE EXISTS (SELECT * FROM t)" },
      { given: "CREATE TABLE t (n int)", sql: "CREATE VIEW v AS SELECT * FROM t; DROP VIEW v" },
    ],
  },
  find: (file) =>
    matchesOf(
      changedRelations(file).flatMap(({ relation, statements }) =>
        statements.flatMap((statement) => {
          const offset = starAt(queryOf(statement), new Map());
          return offset === undefined ? [] : [{ statement, at: offset, relation }];
        }),
      ),
      (found) => ({ message: `the columns of ${namedAll(found.map(({ relation }) => relation))} are not listed` }),
    ),
};

/** The query whose columns become those of a relation, as bare fields. */
function queryOf(statement: TracedStatement): unknown {
  const body = bodyOf(statement);
  return kindOf(statement) === "SelectStmt" ? body : at(body, "query", "SelectStmt");
}

/** The queries that a name in FROM may mean. */
type Names = ReadonlyMap<string, unknown>;

/** The place of a * that means the columns of a table, not those of a query that lists them; undefined for none. */
function starAt(query: unknown, outer: Names): number | undefined {
  const names = new Map([
    ...outer,
    ...listAt(query, "withClause", "ctes").map((one): [string, unknown] => [
      textAt(one, "CommonTableExpr", "ctename") ?? "",
      at(one, "CommonTableExpr", "ctequery", "SelectStmt"),
    ]),
  ]);
  for (const side of ["larg", "rarg"]) {
    const found = at(query, side) ? starAt(at(query, side), names) : undefined;
    if (found !== undefined) return found;
  }
  const sources = listAt(query, "fromClause").flatMap(sourcesOf);
  for (const target of listAt(query, "targetList")) {
    const column = at(target, "ResTarget", "val", "ColumnRef");
    const fields = listAt(column, "fields");
    if (!at(fields.at(-1), "A_Star")) continue;
    const qualifier = textAt(fields.at(-2), "String", "sval");
    const meant = sources.filter(({ name }) => qualifier === undefined || name === qualifier);
    if (meant.some((source) => isOpen(source, names))) return Number(at(column, "location") ?? 0);
  }
  return undefined;
}

/** A table or query in FROM. */
interface Source {
  readonly name: string | undefined;
  /** The name of a table or WITH query. */
  readonly table?: string | undefined;
  /** A query in parentheses. */
  readonly query?: unknown;
}

function sourcesOf(item: unknown): Source[] {
  const join = at(item, "JoinExpr");
  if (join) return [at(join, "larg"), at(join, "rarg")].flatMap(sourcesOf);
  const [table, query] = [at(item, "RangeVar"), at(item, "RangeSubselect")] as (Fields | undefined)[];
  const name = textAt(table ?? query, "alias", "aliasname");
  if (table) return [{ name: name ?? textAt(table, "relname"), table: textAt(table, "relname") }];
  return query ? [{ name, query: at(query, "subquery", "SelectStmt") }] : [];
}

/** True if the columns of a source are those of a table. */
function isOpen({ table, query }: Source, names: Names): boolean {
  if (table === undefined) return starAt(query, names) !== undefined;
  if (!names.has(table)) return true;
  // A WITH query may name itself.
  const others = new Map([...names].filter(([name]) => name !== table));
  return starAt(names.get(table), others.set(table, undefined)) !== undefined;
}
