import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tidied } from "../../../src/engine/diff/transform.ts";
import { trialPlaces, tryPair } from "../../diff/trial.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { world } from "../support.ts";

const COLUMN = ["column public.t.v"];
const VALUES = ["values of column public.t.v"];

/** A change, and what it announces that it deletes. */
const CHANGES: readonly (readonly [name: string, before: string, after: string, losses: readonly string[]])[] = [
  [
    "an array of composite values whose fields swap places",
    "CREATE TYPE c AS (a text, b text, n int); CREATE TABLE t (v c[]);",
    "CREATE TYPE c AS (b text, a text, n bigint); CREATE TABLE t (v c[]);",
    COLUMN,
  ],
  [
    "an array of composite values with a field more before the others",
    "CREATE TYPE c AS (a text, n int); CREATE TABLE t (v c[]);",
    "CREATE TYPE c AS (z text, a text, n bigint); CREATE TABLE t (v c[]);",
    COLUMN,
  ],
  [
    "an array of composite values whose fields keep their places",
    "CREATE TYPE c AS (a text, n int); CREATE TABLE t (v c[]);",
    "CREATE TYPE c AS (a text, n bigint); CREATE TABLE t (v c[]);",
    [],
  ],
  [
    "a composite value whose fields swap places",
    "CREATE TYPE c AS (a text, b text, n int); CREATE TABLE t (v c);",
    "CREATE TYPE c AS (b text, a text, n bigint); CREATE TABLE t (v c);",
    [],
  ],
  [
    "a composite value in another one",
    "CREATE TYPE c AS (a text, b text, n int); CREATE TYPE d AS (one c, two c); CREATE TABLE t (v d);",
    "CREATE TYPE c AS (b text, a text, n bigint); CREATE TYPE d AS (one c, two c); CREATE TABLE t (v d);",
    COLUMN,
  ],
  [
    "a composite value in a domain",
    "CREATE TYPE c AS (a text, b text, n int); CREATE DOMAIN d AS c; CREATE TABLE t (v d);",
    "CREATE TYPE c AS (b text, a text, n bigint); CREATE DOMAIN d AS c; CREATE TABLE t (v d);",
    COLUMN,
  ],
  [
    "a domain of shorter texts",
    "CREATE DOMAIN d AS text; CREATE TABLE t (v d);",
    "CREATE DOMAIN d AS varchar(3); CREATE TABLE t (v d);",
    VALUES,
  ],
  [
    "a domain of texts without a limit",
    "CREATE DOMAIN d AS varchar(3); CREATE TABLE t (v d);",
    "CREATE DOMAIN d AS text; CREATE TABLE t (v d);",
    [],
  ],
  [
    "a composite value with a shorter text",
    "CREATE TYPE c AS (a text); CREATE TABLE t (v c);",
    "CREATE TYPE c AS (a varchar(3)); CREATE TABLE t (v c);",
    VALUES,
  ],
  [
    "a domain of days instead of times",
    "CREATE DOMAIN d AS timestamptz; CREATE TABLE t (v d);",
    "CREATE DOMAIN d AS date; CREATE TABLE t (v d);",
    VALUES,
  ],
  [
    "a day instead of a domain of times",
    "CREATE DOMAIN d AS timestamptz; CREATE TABLE t (v d);",
    "CREATE DOMAIN d AS timestamptz; CREATE TABLE t (v date);",
    VALUES,
  ],
  ["an array of short texts instead of a text", "CREATE TABLE t (v text);", "CREATE TABLE t (v varchar(2)[]);", VALUES],
  [
    "a number with one digit instead of a text",
    "CREATE TABLE t (v text);",
    "CREATE TABLE t (v numeric(14,1));",
    VALUES,
  ],
  [
    "a time without fractions instead of a text",
    "CREATE TABLE t (v text);",
    "CREATE TABLE t (v timestamp(0));",
    VALUES,
  ],
  ["a number with digits instead of a whole one", "CREATE TABLE t (v int);", "CREATE TABLE t (v numeric(12,2));", []],
  ["a small number instead of a truth value", "CREATE TABLE t (v bool);", "CREATE TABLE t (v smallint);", []],
  ["a truth value instead of a small number", "CREATE TABLE t (v smallint);", "CREATE TABLE t (v bool);", VALUES],
  [
    "a smaller identity that started beyond its new limit",
    "CREATE TABLE t (v int GENERATED ALWAYS AS IDENTITY (START 70000));",
    "CREATE TABLE t (v smallint GENERATED ALWAYS AS IDENTITY);",
    [],
  ],
  [
    "a composite value with a day instead of a time",
    "CREATE TYPE c AS (a timestamptz); CREATE TABLE t (v c);",
    "CREATE TYPE c AS (a date); CREATE TABLE t (v c);",
    VALUES,
  ],
  ["an array of rounder numbers", "CREATE TABLE t (v numeric(12,4)[]);", "CREATE TABLE t (v numeric(12,1)[]);", VALUES],
];

describe("the values of a column are kept, or their loss is announced:", () => {
  for (const [name, before, after, losses] of CHANGES) {
    test(name, async () => {
      const server = await sharedServer(18);
      const found = await tryPair(await trialPlaces(server, server), `values: ${name}`, before, after);
      assert.deepEqual([found.verdict, found.losses], ["equal", losses], found.reasons.join("\n"));
    });
  }
});

/** The statements of a change, in the order that they are written in. */
async function statements(name: string, before: string, after: string, safe?: "1"): Promise<string> {
  const server = await sharedServer(18);
  const { verdict, reasons, sql } = await tryPair(await trialPlaces(server, server), name, before, after, safe);
  assert.equal(verdict, "equal", reasons.join("\n"));
  return sql;
}

describe("a sequence", () => {
  test("with other limits stays where it is if they allow that", async () => {
    const sql = await statements(
      "limits",
      "CREATE SEQUENCE s;",
      "CREATE SEQUENCE s MINVALUE 1000 START 1000 MAXVALUE 5000;",
    );
    assert.match(
      sql,
      /^SELECT setval\('s', LEAST\(GREATEST\(last_value, 1000\), 5000\), is_called AND last_value >= 1000 AND last_value <= 5000\) FROM s;\s+ALTER SEQUENCE s MINVALUE 1000 MAXVALUE 5000 START WITH 1000;/,
    );
    const identity = "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY";
    const again = await statements("identity", `${identity});`, `${identity} (MINVALUE 1000));`);
    assert.match(
      again,
      /^SELECT setval\('t_id_seq', GREATEST\(last_value, 1000\), [^;]*;\s+ALTER TABLE t ALTER COLUMN id SET MINVALUE 1000/,
    );
  });

  test("that has gone on gives the next value after new limits", async () => {
    const next = async (last: number) => {
      const here = await world({}, { before: `CREATE SEQUENCE s; SELECT setval('s', ${last})` });
      await here.rows(
        await statements(`next ${last}`, "CREATE SEQUENCE s;", "CREATE SEQUENCE s MINVALUE 1000 START 1000;"),
      );
      return (await here.rows("SELECT nextval('s')::int AS value"))[0]?.value;
    };
    assert.deepEqual([await next(5000), await next(7)], [5001, 1000]);
  });

  test("of several columns begins after the values of all", async () => {
    const ids = (word: string) => `CREATE TABLE a (id int ${word}); CREATE TABLE b (id int ${word});`;
    const sql = await statements("shared", ids(""), `CREATE SEQUENCE s; ${ids("DEFAULT nextval('s')")}`);
    const values = "INSERT INTO a VALUES (1000); INSERT INTO b VALUES (10);";
    const here = await world({}, { before: `${ids("")} ${values}` });
    await here.rows(sql);
    assert.deepEqual(await here.rows("SELECT nextval('s')::int AS value"), [{ value: 1001 }]);
  });

  test("of a new identity begins after the values, and not before its start", async () => {
    const added = (options: string) =>
      statements(
        `identity${options}`,
        "CREATE TABLE t (id int NOT NULL);",
        `CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY${options});`,
      );
    assert.match(await added(""), /setval\([^;]*, COALESCE\(max\(id\), 0\) \+ 1, false\)/);
    assert.match(
      await added(" (MINVALUE 1000)"),
      /setval\([^;]*, GREATEST\(COALESCE\(max\(id\), 0\) \+ 1, 1000\), false\)/,
    );
    assert.match(
      await added(" (INCREMENT BY -1)"),
      /setval\([^;]*, LEAST\(COALESCE\(min\(id\), 0\) - 1, -1\), false\)/,
    );
  });
});

test("a table gets all new types of its columns at once, and no default that is changed again", async () => {
  const sql = await statements(
    "types",
    "CREATE TABLE t (a int, b int, c text DEFAULT '1');",
    "CREATE TABLE t (a bigint, b text, c int DEFAULT 1);",
  );
  assert.match(sql, /ALTER TABLE t\n {4}ALTER COLUMN a TYPE bigint,\n {4}ALTER COLUMN b TYPE text;\n/);
  assert.equal(sql.match(/SET DEFAULT/g)?.length, 1);
});

test("two types for one column are never in one statement, which PostgreSQL refuses", () => {
  const type = (column: string, name: string) => ({
    sql: `ALTER TABLE public.t ALTER COLUMN ${column} TYPE ${name}`,
    phase: 0,
    order: 0,
  });
  const written = tidied([type("a", "bigint"), type("a", "text"), type("b", "text")]).map(({ sql }) => sql);
  assert.deepEqual(written, [
    "ALTER TABLE public.t ALTER COLUMN a TYPE bigint",
    "ALTER TABLE public.t\n    ALTER COLUMN a TYPE text,\n    ALTER COLUMN b TYPE text",
  ]);
});

test("NOT NULL on a composite value is no check of its fields", async () => {
  const type = "CREATE TYPE c AS (a int, b int); CREATE TABLE t (v c DEFAULT ROW(1, NULL)::c";
  const sql = await statements("composite", `${type});`, `${type} NOT NULL);`, "1");
  assert.equal(sql, "ALTER TABLE t ALTER COLUMN v SET NOT NULL;\n");
});

test("a partition of a table that is referred to is detached before it is dropped", async () => {
  const pay =
    "CREATE TABLE pay (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE pay1 PARTITION OF pay FOR VALUES FROM (0) TO (9);";
  const other = "CREATE TABLE pay2 PARTITION OF pay FOR VALUES FROM (10) TO (99);";
  const refund = "CREATE TABLE refund (pay int REFERENCES pay);";
  const sql = await statements("partition", `${pay} ${other} ${refund}`, `${pay} ${refund}`);
  assert.equal(sql, "ALTER TABLE pay DETACH PARTITION pay2;\n\nDROP TABLE pay2;\n");
  const alone = await statements("alone", `${pay} ${other}`, pay);
  assert.equal(alone, "DROP TABLE pay2;\n");
});

test("the options of a publication change without its subscribers losing it", async () => {
  const publication = "CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t";
  const options = "WITH (publish = 'insert', publish_via_partition_root = true)";
  assert.equal(
    await statements("publication", `${publication};`, `${publication} ${options};`),
    "ALTER PUBLICATION p SET (publish = 'insert', publish_via_partition_root = true);\n",
  );
  assert.equal(
    await statements("publication back", `${publication} ${options};`, `${publication};`),
    "ALTER PUBLICATION p SET (publish = 'insert, update, delete, truncate', publish_via_partition_root = false);\n",
  );
});

test("a type makes room for a new one under a name that is free", async () => {
  const long = `l${"o".repeat(58)}ng_e`;
  const schema = (labels: string) =>
    `CREATE TYPE st AS ENUM (${labels}); CREATE TABLE st_old (v st); CREATE TYPE ${long} AS ENUM (${labels}); CREATE TABLE t (v ${long});`;
  const sql = await statements("names", schema("'a', 'b'"), schema("'b', 'a'"));
  assert.match(sql, /^ALTER TYPE st RENAME TO st_old2;/m);
  assert.match(sql, /^ALTER TYPE lo{58}ng_e RENAME TO lo{58}_old;/m);
});

test("the order of grants does not count", async () => {
  const granted = (...roles: readonly string[]) =>
    `CREATE TABLE t (a int); ${roles.map((role) => `GRANT SELECT ON t TO ${role};`).join(" ")}`;
  assert.equal(await statements("grants", granted("reader", "writer"), granted("writer", "reader")), "");
  assert.equal(
    await statements("one more", granted("reader"), granted("writer", "reader")),
    "GRANT SELECT ON t TO writer;\n",
  );
});
