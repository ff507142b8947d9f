import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readCatalog } from "../../src/engine/catalog/read-catalog.ts";
import { world } from "../engine/support.ts";

const TABLES = `
CREATE TABLE author (id int PRIMARY KEY, name text NOT NULL, born date);
CREATE TABLE book (id int PRIMARY KEY, author_id int REFERENCES author, title text NOT NULL, meta jsonb NOT NULL DEFAULT '{}');
INSERT INTO author VALUES (1, 'Ada', '1815-12-10'), (2, 'Bo', NULL);
INSERT INTO book VALUES (1, 1, 'Notes'), (2, NULL, 'Anonymous');
CREATE DOMAIN label AS text NOT NULL;
CREATE TABLE tag (label label, other text);
CREATE TABLE shape (id int NOT NULL, r int4range NOT NULL, box box NOT NULL, path path NOT NULL);
INSERT INTO tag VALUES ('a', NULL);
`;

/** A view's query, and which of its columns can be NULL. */
const VIEWS: Readonly<Record<string, readonly [query: string, nullable: string]>> = {
  "columns of a table": ["SELECT id, name, born FROM author", "born"],
  "a domain that forbids NULL": ["SELECT label, other FROM tag", "other"],
  "an inner join": ["SELECT b.title, a.name FROM book b JOIN author a ON a.id = b.author_id", ""],
  "a left join fills up its right side": [
    "SELECT b.title, a.name FROM book b LEFT JOIN author a ON a.id = b.author_id",
    "name",
  ],
  "a right join fills up its left side": [
    "SELECT b.title, a.name FROM book b RIGHT JOIN author a ON a.id = b.author_id",
    "title",
  ],
  "a full join fills up both": [
    "SELECT b.title, a.name FROM book b FULL JOIN author a ON a.id = b.author_id",
    "title name",
  ],
  "a join inside what an outer join fills up": [
    "SELECT b.id, c.title, a.name FROM book b LEFT JOIN (book c JOIN author a ON a.id = c.author_id) ON c.id = b.id",
    "title name",
  ],
  USING: ["SELECT id, title, name FROM book LEFT JOIN author USING (id)", "name"],
  "a condition that only rows with a value pass": [
    "SELECT a.name, a.born FROM book b LEFT JOIN author a ON a.id = b.author_id WHERE a.id = 1 AND a.born IS NOT NULL",
    "name",
  ],
  IN: ["SELECT born, author_id FROM author, book WHERE author_id IN (1, 2)", "born"],
  "OR proves nothing": ["SELECT born FROM author WHERE born IS NOT NULL OR name = 'Bo'", "born"],
  "the condition of an outer join proves nothing": [
    "SELECT b.author_id FROM book b LEFT JOIN author a ON a.id = b.author_id",
    "author_id",
  ],
  "constants and operators": [
    "SELECT 1 AS one, NULL::int AS none, name || '!' AS loud, born + 1 AS next FROM author",
    "none next",
  ],
  "an operator that finds nothing": ["SELECT meta -> 'x' AS x FROM book", "x"],
  "COALESCE, NULLIF, CASE": [
    "SELECT COALESCE(born, now()::date) AS a, COALESCE(born, NULL) AS b, NULLIF(name, '') AS c, " +
      "CASE WHEN id = 1 THEN name ELSE 'x' END AS d, CASE WHEN id = 1 THEN name END AS e FROM author",
    "b c e",
  ],
  functions: [
    "SELECT lower(name) AS a, upper(born::text) AS b, array_length('{}'::int[], 1) AS c, now() AS d FROM author",
    "b c",
  ],
  "functions of ranges that have no end": [
    "SELECT lower(r) AS a, upper(r) AS b, isempty(r) AS c, r * r AS d FROM shape",
    "a b c",
  ],
  "operators of shapes that do not meet": [
    "SELECT box # box AS a, path + path AS b, id # id AS c, box = box AS d FROM shape",
    "a b d",
  ],
  "aggregates over everything": ["SELECT count(*) AS n, max(name) AS m FROM author", "m"],
  "aggregates over groups": [
    "SELECT name, count(*) AS n, max(id) AS m, max(born) AS b, max(id) FILTER (WHERE id > 1) AS f FROM author GROUP BY name",
    "b f",
  ],
  "grouping sets": ["SELECT name, count(*) AS n FROM author GROUP BY ROLLUP (name)", "name n"],
  "window functions": ["SELECT row_number() OVER () AS r, lag(id) OVER () AS l FROM author", "l"],
  subqueries: [
    "SELECT (SELECT 1) AS a, EXISTS (SELECT 1) AS b, ARRAY(SELECT 1) AS c, id IN (SELECT author_id FROM book) AS d FROM author",
    "a d",
  ],
  "a query in FROM": ["SELECT name, born FROM (SELECT name, born FROM author) AS q", "born"],
  WITH: ["WITH q AS (SELECT name, born FROM author) SELECT name, born FROM q", "born"],
  "WITH RECURSIVE, its own rows proved": [
    "WITH RECURSIVE q AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM q WHERE n < 3) SELECT n FROM q",
    "",
  ],
  "WITH RECURSIVE": [
    "WITH RECURSIVE q AS (SELECT 1 AS n, 0 AS turn UNION ALL SELECT n + 1, turn + 1 FROM q WHERE turn < 3) SELECT n FROM q",
    "n",
  ],
  UNION: ["SELECT name, id FROM author UNION ALL SELECT NULL, 1", "name"],
  VALUES: ["SELECT a, b FROM (VALUES (1, 'x'), (2, NULL)) AS v(a, b)", "b"],
  "a function in FROM": ["SELECT n FROM generate_series(1, 2) AS n", "n"],
  "a correlated subquery's view of the row outside": [
    "SELECT b.title, s.name, s.born FROM book b CROSS JOIN LATERAL (SELECT a.name, b.author_id AS born FROM author a) AS s",
    "born",
  ],
};

for (const major of [15, 18] as const) {
  describe(`nullability of view columns on PostgreSQL ${major}`, () => {
    for (const [name, [query, nullable]] of Object.entries(VIEWS)) {
      test(name, async () => {
        const { database } = await world({}, { major, before: `${TABLES} CREATE VIEW v AS ${query}` });
        assert.deepEqual(await nullableColumns(database, "v"), nullable.split(" ").filter(Boolean));
      });
    }

    test("a view of a view, and a materialized one", async () => {
      const before = `${TABLES} CREATE VIEW a AS SELECT name, born FROM author; CREATE VIEW v AS SELECT name, born FROM a;
        CREATE MATERIALIZED VIEW m AS SELECT born, name FROM v`;
      const { database } = await world({}, { major, before });
      assert.deepEqual(await nullableColumns(database, "v"), ["born"]);
      assert.deepEqual(await nullableColumns(database, "m"), ["born"]);
    });
  });
}

async function nullableColumns(
  database: Awaited<ReturnType<typeof world>>["database"],
  view: string,
): Promise<string[]> {
  const session = await database.open();
  try {
    const { relations } = await readCatalog(session, { schemas: undefined, hidden: [] });
    const columns = relations.find(({ name }) => name === view)?.columns ?? [];
    assert.ok(columns.length > 0, `${view} was read`);
    return columns.filter((column) => column.nullable).map((column) => column.name);
  } finally {
    await session.close();
  }
}
