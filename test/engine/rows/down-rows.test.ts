import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspectAll } from "../../../src/engine/check/validate.ts";
import { DownRows } from "../../../src/engine/rows/down-rows.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import { isReversible } from "../../../src/engine/shadow/prove-downs.ts";
import { type Files, succeeded, world } from "../support.ts";

/** A migration and its down script. */
type Pair = readonly [up: string, down: string];

/** What the down scripts of 002 and later lose, "002:line words", and the counts: tried, untried, left out. */
async function lost(given: string, ...pairs: readonly Pair[]): Promise<{ losses: string[]; counts: string }> {
  const files: Files = Object.fromEntries(
    pairs.flatMap(([up, down], index) => [
      [`00${index + 2}_a.sql`, up],
      [`00${index + 2}_a.down.sql`, down],
    ]),
  );
  const here = await world({ "001_given.sql": given, ...files });
  const { migrations } = await inspectAll(here.context, undefined);
  const rows = new DownRows(migrations.filter(isReversible), ["public.schema_migrations"]);
  succeeded(await migrate(here.context, {}, { beforeStep: rows.beforeStep, afterStep: rows.afterStep }));
  const losses = rows.findings.map(({ message, place }) => {
    const version = place?.path.split("/").at(-1)?.slice(0, 3);
    return `${version}:${place?.line ?? ""} ${message.replace(/^Undoing \S+ /, "")}`;
  });
  const { tried, untried, leftOut } = rows.report;
  return { losses, counts: `${tried} ${untried} ${leftOut}` };
}

const ORDERS = `CREATE TABLE orders (id int PRIMARY KEY, note text, price numeric(10,3), code text, paid boolean DEFAULT true,
  at timestamptz DEFAULT now(), name varchar(50));`;

const NOTHING = "SELECT 1;\n";

describe("a down script loses", () => {
  test("the values of a column that it creates again, also if they have a default", async () => {
    const { losses, counts } = await lost(
      ORDERS,
      ["ALTER TABLE orders DROP note;", `${NOTHING}ALTER TABLE orders ADD note text;`],
      [
        "ALTER TABLE orders DROP paid, DROP at;",
        "ALTER TABLE orders ADD paid boolean DEFAULT true, ADD at timestamptz DEFAULT now();",
      ],
    );
    assert.deepEqual(losses, [
      "002:2 does not restore the values of orders.note: the column is dropped and created again",
      "003:1 does not restore the values of orders.paid: the column is dropped and created again",
      "003:1 does not restore the values of orders.at: the column is dropped and created again",
    ]);
    assert.equal(counts, "2 0 0");
  });

  test("the rows of a table that it creates again, or empties", async () => {
    const { losses } = await lost(
      `CREATE SCHEMA app; CREATE TABLE app."Notes" (id int); CREATE TABLE orders (id int PRIMARY KEY);
CREATE TABLE items ("order" int NOT NULL REFERENCES orders);`,
      [
        'DROP TABLE app."Notes"; CREATE TABLE app."Notes" (id int, n int);',
        'DROP TABLE app."Notes";\nCREATE TABLE app."Notes" (id int);',
      ],
      ["ALTER TABLE orders ADD total int;", `${NOTHING}DELETE FROM items; ALTER TABLE orders DROP total;`],
    );
    assert.deepEqual(losses, [
      '002:2 does not restore rows of app."Notes": the table is dropped and created again',
      "003:2 loses rows of items",
    ]);
  });

  test("what a narrow type cannot hold, before the migration or after it", async () => {
    const { losses, counts } = await lost(
      ORDERS,
      ["ALTER TABLE orders ALTER price TYPE int;", "ALTER TABLE orders ALTER price TYPE numeric(10,3);"],
      ["ALTER TABLE orders ALTER code TYPE int USING code::int;", "ALTER TABLE orders ALTER code TYPE text;"],
      ["ALTER TABLE orders ALTER at TYPE date;", "ALTER TABLE orders ALTER at TYPE timestamptz;"],
      [
        "ALTER TABLE orders ALTER name TYPE text;",
        "ALTER TABLE orders ALTER name TYPE varchar(50) USING left(name, 50);",
      ],
      ["ALTER TABLE orders ALTER name TYPE text;", "ALTER TABLE orders ALTER name TYPE varchar(50);"],
    );
    assert.deepEqual(losses, [
      "002:1 does not restore the values of orders.price: for example, '1111.777' becomes '1112.000'",
      "003:1 does not restore the values of orders.code: for example, '007' becomes '7'",
      "004:1 does not restore the values of orders.at: for example, '2001-02-03 04:05:06.123457+00' becomes '2001-02-03 00:00:00+00'",
      "005:1 loses values of orders.name that were written after the migration: for example, 300 characters become 50",
    ]);
    assert.equal(counts, "5 0 0");
  });

  test("a part of a split column, a merged table, and the numbers of an identity", async () => {
    const { losses } = await lost(
      `CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE TABLE a (id int PRIMARY KEY, n text); CREATE TABLE b (id int PRIMARY KEY, n text);`,
      [
        "ALTER TABLE people ADD first text; UPDATE people SET first = split_part(name, ' ', 1); ALTER TABLE people DROP name;",
        "ALTER TABLE people ADD name text; UPDATE people SET name = first; ALTER TABLE people DROP first;",
      ],
      [
        "ALTER TABLE a ADD kind text DEFAULT 'a'; INSERT INTO a SELECT id + 1, n, 'b' FROM b; DROP TABLE b;",
        "CREATE TABLE b (id int PRIMARY KEY, n text); DELETE FROM a WHERE kind = 'b'; ALTER TABLE a DROP kind;",
      ],
      ["ALTER TABLE people DROP id;", "ALTER TABLE people ADD id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY;"],
    );
    assert.deepEqual(losses, [
      "002:1 does not restore the values of people.name: for example, 300 characters become 6",
      "003:1 does not restore rows of b: the table is dropped and created again",
      "004:1 does not restore the values of people.id: the column is dropped and created again",
    ]);
  });

  test("the values of partitions, new labels of an enum, and rows that only the migration allows", async () => {
    const { losses } = await lost(
      `CREATE TABLE parts (at date, n text) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TYPE state AS ENUM ('open', 'done'); CREATE TABLE orders (id int, state state NOT NULL DEFAULT 'open');
CREATE TABLE limits (id int);`,
      ["ALTER TABLE parts DROP n;", "ALTER TABLE parts ADD n text;"],
      [
        "ALTER TYPE state ADD VALUE 'paused';",
        `ALTER TABLE orders ALTER state DROP DEFAULT;
UPDATE orders SET state = 'open' WHERE state = 'paused';
ALTER TYPE state RENAME TO old; CREATE TYPE state AS ENUM ('open', 'done');
ALTER TABLE orders ALTER state TYPE state USING state::text::state, ALTER state SET DEFAULT 'open'; DROP TYPE old;`,
      ],
      [
        "ALTER TABLE limits ADD kind int NOT NULL DEFAULT 0;",
        "DELETE FROM limits WHERE kind <> 0; ALTER TABLE limits DROP kind;",
      ],
    );
    assert.deepEqual(losses, [
      "002:1 does not restore the values of parts.n: the column is dropped and created again",
      "003:2 loses values of orders.state that were written after the migration: for example, 'paused' becomes 'open'",
      "004:1 loses rows of limits that were written after the migration",
    ]);
  });

  test("values beside the rows of earlier migrations", async () => {
    const { losses } = await lost(`${ORDERS} INSERT INTO orders (id, note) VALUES (1, 'a'), (2, 'b');`, [
      "UPDATE orders SET note = upper(note);",
      "UPDATE orders SET note = lower(note);",
    ]);
    assert.deepEqual(losses, ["002:1 does not restore the values of orders.note"]);
  });
});

describe("a down script loses nothing", () => {
  test("if it drops what the migration has created", async () => {
    const { losses, counts } = await lost(ORDERS, [
      "ALTER TABLE orders ADD state text; CREATE TABLE items (orders int REFERENCES orders);",
      "DROP TABLE items; ALTER TABLE orders DROP state;",
    ]);
    assert.deepEqual([losses, counts], [[], "0 0 0"]);
  });

  test("if it brings the data back", async () => {
    const { losses, counts } = await lost(
      `${ORDERS} CREATE TABLE a (id int PRIMARY KEY, n text); CREATE TABLE b (id int PRIMARY KEY, n text);`,
      [
        "CREATE TABLE notes (o int REFERENCES orders, note text); INSERT INTO notes SELECT id, note FROM orders; ALTER TABLE orders DROP note;",
        "ALTER TABLE orders ADD note text; UPDATE orders SET note = n.note FROM notes n WHERE n.o = orders.id; DROP TABLE notes;",
      ],
      [
        "ALTER TABLE orders ADD first text, ADD rest text; UPDATE orders SET first = split_part(name, ' ', 1), rest = substr(name, strpos(name, ' ')); ALTER TABLE orders DROP name;",
        "ALTER TABLE orders ADD name varchar(50); UPDATE orders SET name = first || rest; ALTER TABLE orders DROP first, DROP rest;",
      ],
      [
        "ALTER TABLE a ADD kind text DEFAULT 'a'; INSERT INTO a SELECT id + 1, n, 'b' FROM b; DROP TABLE b;",
        "CREATE TABLE b (id int PRIMARY KEY, n text); INSERT INTO b SELECT id - 1, n FROM a WHERE kind = 'b'; DELETE FROM a WHERE kind = 'b'; ALTER TABLE a DROP kind;",
      ],
      ["UPDATE orders SET id = id + 100;", "UPDATE orders SET id = id - 100;"],
      [
        "ALTER TABLE orders RENAME code TO mark; ALTER TABLE orders RENAME TO sales;",
        "UPDATE sales SET mark = mark; ALTER TABLE sales RENAME TO orders; ALTER TABLE orders RENAME mark TO code;",
      ],
    );
    assert.deepEqual([losses, counts], [[], "5 0 0"]);
  });

  test("that the server computes, or a trigger", async () => {
    const { losses, counts } = await lost(
      `CREATE TABLE t (id int PRIMARY KEY, n text, d text GENERATED ALWAYS AS (n || 'd') STORED, words tsvector, updated_at timestamptz);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at := now(); NEW.words := NEW.n::tsvector; RETURN NEW; END';
CREATE TRIGGER f BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();`,
      ["ALTER TABLE t DROP d;", "ALTER TABLE t ADD d text GENERATED ALWAYS AS (n || 'd') STORED;"],
      ["ALTER TABLE t ADD c text; UPDATE t SET c = n;", "UPDATE t SET n = c; ALTER TABLE t DROP c;"],
    );
    assert.deepEqual([losses, counts], [[], "1 0 0"]);
  });

  test("of rows that do not exist: the counts name the scripts that could not be tried", async () => {
    const { losses, counts } = await lost(
      `CREATE TABLE hidden (s text NOT NULL CHECK (md5(s) = 'x')); ${ORDERS} INSERT INTO orders VALUES (1);`,
      ["ALTER TABLE hidden DROP s;", "ALTER TABLE hidden ADD s text NOT NULL CHECK (md5(s) = 'x');"],
      [
        "-- Transaction: none\nCREATE INDEX CONCURRENTLY i ON orders (id); ALTER TABLE orders DROP note;",
        "DROP INDEX i; ALTER TABLE orders ADD note text;",
      ],
      ["INSERT INTO orders VALUES (3);", "DELETE FROM orders WHERE id = 3;"],
      ["SELECT 1;", "SELECT 1;"],
      ["ALTER TABLE orders DROP code;", `ALTER TABLE orders ADD code text; --${"x".repeat(256 * 1024)}`],
      ["SELECT 1;", "SELECT 1;"],
    );
    assert.deepEqual([losses, counts], [[], "1 2 1"]);
  });
});
