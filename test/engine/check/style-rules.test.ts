import assert from "node:assert/strict";
import { test } from "node:test";
import { STYLE_RULES } from "../../../src/core/findings/check-rules.ts";
import { embeddedWorld } from "../support.ts";
import { trial, trialRolledBack } from "./traced.ts";

/*
 * The place and the words of findings of style: each at the statement that made the part that exists after the file,
 * whatever names it had in between. The examples of the rules are tested elsewhere.
 */

interface Case {
  readonly name: string;
  readonly given?: string;
  readonly sql: string;
  readonly found: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "each part of a table is found at its own place",
    sql: `CREATE TABLE users (id serial PRIMARY KEY, name varchar(40), "createdAt" timestamp, kind char, CHECK (name <> ''))`,
    found: [
      `1:20 narrow-key id of users is integer`,
      `1:20 serial-column id of users`,
      `1:61 timestamp-without-time-zone "createdAt" of users`,
      `1:43 limited-text name (character varying(40)) and kind (character(1)) of users`,
      `1:95 missing-name a CHECK constraint of users`,
      `1:61 quoted-name "createdAt" of users`,
    ],
  },
  {
    name: "later statements of the file count, under the new name of the table",
    sql: `CREATE TABLE orders (id int, at timestamp, sent timestamp); ALTER TABLE orders RENAME TO sales;
ALTER TABLE sales ADD PRIMARY KEY (id); ALTER TABLE sales ALTER COLUMN at TYPE timestamptz, ADD COLUMN done timestamp`,
    found: [
      "3:22 narrow-key id of sales is integer",
      "1:43 timestamp-without-time-zone sent of sales",
      "4:63 timestamp-without-time-zone done of sales",
    ],
  },
  {
    name: "a name that changed hands within the file means both tables",
    given: "CREATE TABLE notes (id int PRIMARY KEY, at timestamp)",
    sql: "ALTER TABLE notes RENAME TO old_notes; CREATE TABLE notes (id int PRIMARY KEY); ALTER TABLE notes ADD COLUMN at timestamp",
    found: ["2:20 narrow-key id of notes is integer", "3:29 timestamp-without-time-zone at of notes"],
  },
  {
    name: "a table that is dropped and made again is judged as it is in the end",
    given: "CREATE TABLE notes (id int PRIMARY KEY)",
    sql: "DROP TABLE notes; CREATE TABLE notes (at timestamp); DROP TABLE notes; CREATE TABLE notes (id bigint PRIMARY KEY)",
    found: [],
  },
  {
    name: "a table that is made again is found where it is made last",
    sql: "CREATE TABLE notes (at timestamp); DROP TABLE notes; CREATE TABLE notes (n int)",
    found: ["3:0 no-primary-key notes"],
  },
  {
    name: "a name that changed hands in a DO block means both tables",
    given: "CREATE TABLE notes (id bigint PRIMARY KEY)",
    sql: `ALTER TABLE notes ADD COLUMN n serial; DO $$ BEGIN ALTER TABLE notes RENAME TO old_notes; END $$;
CREATE TABLE notes (id bigint PRIMARY KEY)`,
    found: ["1:29 serial-column n of old_notes"],
  },
  {
    name: "a table in another schema of the search path",
    given: "CREATE SCHEMA app; CREATE TABLE notes (id bigint PRIMARY KEY)",
    sql: "SET search_path = app; CREATE TABLE notes (at timestamp)",
    found: ["2:20 timestamp-without-time-zone at of app.notes", "2:0 no-primary-key app.notes"],
  },
  {
    name: "tables that got another schema",
    given: "CREATE SCHEMA app; CREATE SCHEMA old",
    sql: `CREATE TABLE old.t (id int PRIMARY KEY); ALTER TABLE old.t SET SCHEMA app; ALTER TABLE app.t ADD COLUMN at timestamp;
CREATE TABLE public.u (id int PRIMARY KEY); ALTER TABLE u SET SCHEMA app`,
    found: [
      "1:20 narrow-key id of app.t is integer",
      "4:23 narrow-key id of app.u is integer",
      "3:29 timestamp-without-time-zone at of app.t",
    ],
  },
  {
    name: "tables of DO blocks and of CREATE SCHEMA",
    sql: "DO $$ BEGIN CREATE TABLE hidden (at timestamp); END $$; CREATE SCHEMA app CREATE TABLE notes (id int PRIMARY KEY)",
    found: [
      "2:0 narrow-key id of app.notes is integer",
      "1:0 timestamp-without-time-zone at of hidden",
      "1:0 no-primary-key hidden",
    ],
  },
  {
    name: "partitions follow their table, copied columns do not",
    given: "CREATE TABLE events (id bigint, at timestamp)",
    sql: `CREATE TABLE parts (id bigint PRIMARY KEY, at timestamp) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (1) TO (10); CREATE TABLE copies (LIKE events)`,
    found: [
      "1:43 timestamp-without-time-zone at of parts",
      "3:0 timestamp-without-time-zone at of copies",
      "3:0 no-primary-key copies",
    ],
  },
  {
    name: "an index that another one makes redundant, at the one that the file makes",
    given: "CREATE TABLE t (a int, b int); CREATE INDEX t_a ON t (a)",
    sql: "ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (a, b)",
    found: ["1:18 redundant-index t_a of t, beside t_pkey"],
  },
  {
    name: "of two equal indexes the newer one is redundant",
    sql: "CREATE TABLE t (a int PRIMARY KEY, b int); CREATE INDEX one ON t USING hash (b); CREATE INDEX two ON t USING hash (b)",
    found: ["1:16 narrow-key a of t is integer", "3:0 redundant-index two of t, beside one"],
  },
  {
    name: "names of functions, sequences and types",
    sql: `CREATE FUNCTION "F"() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE SEQUENCE "S"; CREATE DOMAIN "D" AS int; ALTER DOMAIN "D" RENAME TO d`,
    found: [
      '1:0 quoted-name the function "F"',
      '2:0 quoted-name the sequence "S"',
      '1:0 unsafe-search-path "F" uses the search path of its caller',
    ],
  },
  {
    name: "a * in a join, in a query in parentheses, and into a table",
    given: "CREATE TABLE t (id bigint PRIMARY KEY); CREATE TABLE u (id bigint PRIMARY KEY)",
    sql: `CREATE VIEW v AS SELECT 1 AS one, u.* FROM (SELECT id FROM t) AS x JOIN u USING (id);
CREATE VIEW w AS SELECT x.* FROM (SELECT id FROM t) AS x JOIN u USING (id); SELECT * INTO z FROM t`,
    found: [
      "3:0 no-primary-key z",
      "1:34 select-star the columns of v are not listed",
      "3:7 select-star the columns of z are not listed",
    ],
  },
];

for (const { name, given, sql, found } of CASES) {
  test(name, async () => {
    const session = await (await embeddedWorld({})).database.open();
    try {
      const { files, failed } = await trialRolledBack(session, sql, given);
      assert.equal(failed, undefined);
      assert.deepEqual(words(files), found);
    } finally {
      await session.close();
    }
  });
}

test("an index that is built outside a transaction, and statements that cannot run twice", async () => {
  const { files } = await trial(
    await embeddedWorld({
      "001_given.sql": "CREATE TABLE t (a int, b int); CREATE INDEX t_a ON t (a)",
      "002_index.sql":
        "CREATE INDEX CONCURRENTLY t_a_b ON t (a, b);\nCREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE IF NOT EXISTS 'b'; DROP TYPE e",
    }),
  );
  assert.deepEqual(words(files), [
    "1:0 redundant-index t_a of t, beside t_a_b",
    "1:0 cannot-run-twice IF NOT EXISTS is missing",
    "4:0 cannot-run-twice IF EXISTS is missing",
    "3:0 unordered-enum-value 'b' of e",
  ]);
});

/** The rules of names without a schema and of small integers: most cases have some, and are about other rules. */
const EVERYWHERE: ReadonlySet<string> = new Set(["missing-schema", "narrow-integer"]);

/** The findings in the last file: "statement:offset rule message". */
function words(files: Awaited<ReturnType<typeof trial>>["files"]): string[] {
  const [last] = files.slice(-1);
  assert.ok(last);
  return STYLE_RULES.filter(({ id }) => !EVERYWHERE.has(id)).flatMap(({ id, find }) =>
    [...find(last)].map(({ statement, at = 0, message }) => `${statement.number}:${at} ${id} ${message}`),
  );
}
