import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { makeRows, readShapes } from "../../../src/engine/rows/make-rows.ts";
import { RowTests } from "../../../src/engine/rows/row-tests.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import type { StatementWatch } from "../../../src/engine/session/statement-watch.ts";
import { type Files, succeeded, world } from "../support.ts";

const OWN = ["public.schema_migrations"];

/** A trial run has a watch. */
const WATCH: StatementWatch = {
  began: () => ({ ended: Promise.resolve(), overlaps: true }),
  sending: async () => ({ begin: async () => {}, overlaps: false }),
  willRunOutside: async () => {},
  ranOutside: async () => {},
};

function pathsAfter001({ directory }: { directory: string }, files: Files): string[] {
  return Object.keys(files)
    .slice(1)
    .map((name) => `${directory}/${name}`);
}

/** The misfits of the files after 001, "file:line message", and the tables without a row. */
async function tested(files: Files): Promise<{ misfits: string[]; without: string[]; rows: string }> {
  const here = await world(files);
  const rows = new RowTests(pathsAfter001(here, files), OWN);
  succeeded(await migrate({ ...here.context, watch: WATCH }, {}, { beforeStep: rows.beforeStep }));
  const misfits = rows.misfits.map(
    ({ path, statement, server }) => `${path.split("/").at(-1)}:${statement.position.line} ${server.code}`,
  );
  const left = await Promise.all((await here.tables()).map((name) => here.value(`SELECT count(*) FROM "${name}"`)));
  return { misfits, without: [...rows.without].sort(), rows: left.join(" ") };
}

const ALL_KINDS = `
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN positive AS int CHECK (VALUE > 0 AND VALUE < 5);
CREATE TYPE pair AS (a int, b positive);
CREATE TABLE parents (id uuid PRIMARY KEY, code char(3) NOT NULL UNIQUE);
CREATE TABLE everything (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, serial serial, parent uuid NOT NULL REFERENCES parents,
  code char(3) NOT NULL REFERENCES parents (code), own bigint REFERENCES everything, m mood NOT NULL, d positive NOT NULL,
  p pair NOT NULL, r int4range NOT NULL, mr int4multirange NOT NULL, a int[] NOT NULL, ma mood[] NOT NULL, n numeric(3,2) NOT NULL,
  v varchar(2) NOT NULL, j jsonb NOT NULL CHECK (jsonb_typeof(j) = 'array'), t time NOT NULL, i inet NOT NULL, b bit(3) NOT NULL,
  x bytea NOT NULL, kind text NOT NULL CHECK (kind IN ('one', 'two')), percent int NOT NULL CHECK (percent BETWEEN 0 AND 100),
  mail text NOT NULL CHECK (mail LIKE '%@%'), country text NOT NULL CHECK (char_length(country) = 2),
  g int GENERATED ALWAYS AS (percent * 2) STORED, one int, other int, CHECK (num_nonnulls(one, other) = 1),
  span tstzrange NOT NULL, EXCLUDE USING gist (span WITH &&)
);
CREATE TABLE parts (at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE listed (kind text) PARTITION BY LIST (kind);
CREATE TABLE listed_1 PARTITION OF listed FOR VALUES IN ('a', 'b');
CREATE TABLE hidden (secret text NOT NULL CHECK (md5(secret) = 'x'));
CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL);
CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED;
`;

describe("a row is made up", () => {
  test("for tables of all kinds, with values that obey their constraints", async () => {
    const here = await world({ "001_all.sql": ALL_KINDS });
    await here.up();
    const session = await here.database.open();
    try {
      await session.execute("BEGIN READ WRITE");
      const names = ["parents", "everything", "parts", "listed", "hidden", "a", "b"];
      const shapes = await readShapes(session, names, OWN);
      const { filled, empty } = await makeRows(session, shapes, new Set());
      assert.deepEqual([filled.size, empty.map(({ name }) => name)], [6, ["public.hidden"]]);
      const [row] = await session.query(
        "SELECT (e.parent = p.id AND e.code = p.code AND e.kind = 'one')::text AS fits FROM everything e, parents p",
      );
      assert.equal(row?.fits, "true");
      assert.equal((await session.query("SELECT FROM parts")).length, 1);
      assert.equal((await session.query("SELECT FROM listed")).length, 1);
    } finally {
      await session.execute("ROLLBACK");
      await session.close();
    }
  });
});

describe("a file on tables with rows", () => {
  const given = `CREATE TABLE t (id int PRIMARY KEY, n int, s text);
CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t DEFERRABLE INITIALLY DEFERRED);`;

  test("shows the statements that a row does not fit, one after the other", async () => {
    const { misfits, rows } = await tested({
      "001_given.sql": given,
      "002_a.sql": "ALTER TABLE t ADD m int NOT NULL;\nSELECT 1;\nALTER TABLE u ADD m int NOT NULL;",
      "003_b.sql": "DO $$ BEGIN EXECUTE 'ALTER TABLE t ADD CHECK (n < 5)'; END $$;",
      "004_c.sql": "INSERT INTO u VALUES (1, NULL, 2);",
    });
    assert.deepEqual(misfits, ["002_a.sql:1 23502", "002_a.sql:3 23502", "003_b.sql:1 23514"]);
    assert.equal(rows, "0 1");
  });

  test("shows an ALTER TABLE that waits for its own triggers", async () => {
    const { misfits } = await tested({
      "001_given.sql": `${given} CREATE TABLE log (id int);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER later AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();`,
      "002_a.sql": "UPDATE t SET n = 5; ALTER TABLE t ADD m int;",
    });
    assert.deepEqual(misfits, ["002_a.sql:1 55006"]);
  });

  test("shows nothing for what only a value that was made up does not fit", async () => {
    const { misfits, rows } = await tested({
      "001_given.sql": given,
      "002_a.sql": "ALTER TABLE t ALTER s TYPE int USING regexp_replace(s, '^x', '')::int;",
      "003_b.sql": "INSERT INTO u SELECT id, 99 FROM t;",
      "004_c.sql": "DO $$ BEGIN IF EXISTS (SELECT FROM t) THEN RAISE 'rows'; END IF; END $$;",
      "005_d.sql": "ALTER TABLE t ADD z int REFERENCES u DEFAULT 3;",
      "006_e.sql": "UPDATE t SET n = 1 WHERE n IS NULL; ALTER TABLE t ALTER n SET NOT NULL;",
      "007_f.sql": "-- Transaction: none\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (n);",
    });
    assert.deepEqual([misfits, rows], [[], "0 0"]);
  });

  test("finds values that several constraints demand together", async () => {
    const { misfits, without } = await tested({
      "001_a.sql": `CREATE TYPE state AS ENUM ('open', 'it''s closed');
CREATE TABLE rates (id int PRIMARY KEY, mode text NOT NULL CHECK (mode IN ('moving', 'fixed')), code varchar(3) NOT NULL,
  rate numeric, pinned int, at timestamptz, state state NOT NULL, ended date CHECK (rate IS NULL OR rate > 0),
  CONSTRAINT by_mode CHECK (mode = 'moving' AND rate IS NULL AND pinned IS NULL AND ((at IS NULL) = (code = 'abc'))
    OR mode = 'fixed' AND pinned = 7 AND rate IS NOT NULL AND at IS NOT NULL AND code = 'x'),
  fixed boolean NOT NULL DEFAULT true, since int NOT NULL DEFAULT 5, CHECK (fixed = false AND since = 7),
  CONSTRAINT by_state CHECK ((state = 'it''s closed'::state) = (ended IS NULL)), CHECK (ended <> DATE '2001-02-03'));`,
      "002_b.sql": "DO $$ BEGIN ALTER TABLE rates ADD n int NOT NULL; END $$;",
    });
    assert.deepEqual([misfits, without], [["002_b.sql:1 23502"], []]);
  });

  test("leaves sequences and tables as they are, and names the tables without a row", async () => {
    const files = {
      "001_given.sql":
        "CREATE TABLE t (id serial, n int NOT NULL); CREATE TABLE h (s text NOT NULL CHECK (md5(s) = 'x'));",
      "002_a.sql": "ALTER TABLE t ADD m int; ALTER TABLE h ADD m int; INSERT INTO t (n) VALUES (1);",
    };
    const here = await world(files);
    const rows = new RowTests(pathsAfter001(here, files), OWN);
    succeeded(await migrate({ ...here.context, watch: WATCH }, {}, { beforeStep: rows.beforeStep }));
    assert.deepEqual(await here.rows("SELECT id, n FROM t"), [{ id: 1, n: 1 }]);
    assert.deepEqual(rows.report, { tables: 1, without: ["h"] });
  });
});
