import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseHeader } from "../../../src/core/migrations/header.ts";
import { type Inspection, inspect } from "../../../src/core/migrations/inspect.ts";
import { scan } from "../../../src/core/scanner/scan.ts";

function inspection(text: string): Inspection {
  return inspect("f.sql", parseHeader(text).header, scan([text]));
}

function rules(text: string): string[] {
  return inspection(text).findings.map(({ rule, severity, place }) => `${rule} ${severity} ${place?.line ?? "-"}`);
}

describe("a file that is looked through", () => {
  test("runs in a transaction unless a statement or the header says otherwise", () => {
    assert.deepEqual(
      [inspection("SELECT 1; SELECT 2").mode, inspection("SELECT 1; SELECT 2").statements],
      ["transaction", 2],
    );
    const alone = inspection("SELECT 1; CREATE INDEX CONCURRENTLY ON t (a); VACUUM;");
    assert.deepEqual([alone.mode, alone.because, alone.statements], ["statements", "CREATE INDEX CONCURRENTLY", 3]);
    const header = inspection("-- Transaction: none\nSELECT 1;");
    assert.deepEqual([header.mode, header.because], ["statements", undefined]);
  });

  test("a \\connect to the database it is for says nothing new, to any other it is a problem", () => {
    const findings = (text: string, database?: string) =>
      inspect("f.sql", parseHeader(text).header, scan([text]), database).findings.map(({ rule }) => rule);
    assert.deepEqual(findings("\\restrict x\n\\connect app\nSELECT 1;\n\\unrestrict x\n", "app"), []);
    assert.deepEqual(findings("\\connect other\nSELECT 1;\n", "app"), ["psql-command"]);
    assert.deepEqual(findings("\\connect app\nSELECT 1;\n"), ["psql-command"]);
  });

  test("words in names, strings, comments and bodies do not matter", () => {
    for (const text of [
      "CREATE TABLE concurrently (commit int, begin int);",
      "SELECT 'COMMIT;'; -- COMMIT;\n/* VACUUM; */",
      "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;",
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;",
      "DO $$ BEGIN ROLLBACK; END $$;",
      "COMMENT ON TABLE t IS 'DISCARD ALL';",
    ]) {
      const { mode, findings, skippedStatements } = inspection(text);
      assert.deepEqual([mode, findings, skippedStatements.size], ["transaction", [], 0], text);
    }
  });

  test("its own transaction around everything is taken for pgstep's", () => {
    const wrapped = inspection(
      "-- c\nBEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE;\nSELECT 1;\nSAVEPOINT a;\nRELEASE a;\nEND",
    );
    assert.deepEqual(
      [[...wrapped.skippedStatements], wrapped.statements, wrapped.isolation, wrapped.findings],
      [[0, 4], 3, "SERIALIZABLE", []],
    );
    assert.equal(inspection("BEGIN READ WRITE; SELECT 1; COMMIT;").skippedStatements.size, 2);
    assert.equal(
      inspection("start transaction isolation level repeatable read; select 1; commit;").isolation,
      "REPEATABLE READ",
    );
  });

  test("the level of a SET TRANSACTION that comes first is taken over", () => {
    const taken = (text: string) => {
      const { isolation, statements, skippedStatements, findings } = inspection(text);
      return [isolation, statements, [...skippedStatements].sort(), findings.map(({ rule }) => rule)];
    };
    assert.deepEqual(taken("BEGIN;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nSELECT 1;\nCOMMIT;"), [
      "SERIALIZABLE",
      1,
      [0, 1, 3],
      [],
    ]);
    assert.deepEqual(taken("set local transaction isolation level repeatable read, read write;\nSELECT 1;"), [
      "REPEATABLE READ",
      1,
      [0],
      [],
    ]);
    assert.deepEqual(
      taken("BEGIN ISOLATION LEVEL SERIALIZABLE; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SELECT 1; COMMIT"),
      ["READ COMMITTED", 1, [0, 1, 3], []],
    );
    // Left to the server: what comes later, what asks for something else, what runs without a transaction.
    assert.deepEqual(taken("SELECT 1; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;"), ["READ COMMITTED", 2, [], []]);
    assert.deepEqual(taken("SET TRANSACTION READ ONLY; SELECT 1;"), ["READ COMMITTED", 2, [], []]);
    assert.deepEqual(taken("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; VACUUM;"), ["READ COMMITTED", 2, [], []]);
  });

  test("pg_dump's transactions around the content of large objects are taken for pgstep's", () => {
    const group =
      "BEGIN;\nSELECT pg_catalog.lo_open('1', 131072);\nSELECT pg_catalog.lowrite(0, '\\x00');\nSELECT pg_catalog.lo_close(0);\nCOMMIT;\n";
    const dump = inspection(`SELECT 1;\n${group}${group}SELECT 2;`);
    assert.deepEqual([dump.findings, dump.statements, [...dump.skippedStatements]], [[], 8, [1, 5, 6, 10]]);
    const wrapped = inspection(`BEGIN;\nSELECT 1;\n${group}COMMIT;`);
    assert.deepEqual([wrapped.findings, wrapped.statements, wrapped.skippedStatements.size], [[], 4, 4]);
    const refused = ["transaction-control error 2", "transaction-control error 6"];
    assert.deepEqual(rules(`SELECT 1;\n${group.replace("COMMIT", "ROLLBACK")}`), refused);
  });

  test("several transactions, or statements beside one, are transactions of the file's own", () => {
    const group = "BEGIN;\nSELECT pg_catalog.lo_open('1', 131072);\nCOMMIT;\n";
    const own = (text: string) => {
      const { mode, blocks, statements, findings, skippedStatements } = inspection(text);
      const places = blocks.map(({ begin, commit, isolation }) => `${begin}-${commit} ${isolation}`);
      return [mode, places.join(", "), statements, [...skippedStatements].join(" "), findings.length].join("; ");
    };
    assert.equal(own("BEGIN; SELECT 1; COMMIT; ANALYZE t;"), "statements; 0-2 READ COMMITTED; 2; 0 2; 0");
    assert.equal(
      own("SELECT 1; BEGIN ISOLATION LEVEL SERIALIZABLE; SAVEPOINT a; COMMIT; START TRANSACTION; END;"),
      "statements; 1-3 SERIALIZABLE, 4-5 READ COMMITTED; 2; 1 3 4 5; 0",
    );
    assert.equal(
      own("SELECT 1; BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 2; COMMIT;"),
      "statements; 1-4 SERIALIZABLE; 2; 1 4 2; 0",
    );
    assert.equal(own(`VACUUM;\n${group}`), "statements; 1-3 READ COMMITTED; 2; 1 3; 0");
    assert.equal(own("-- Transaction: none\nBEGIN; SELECT 1; COMMIT;"), "statements; 0-2 READ COMMITTED; 1; 0 2; 0");
    for (const text of [
      "BEGIN; SELECT 1; COMMIT; COMMIT;",
      "BEGIN; BEGIN; SELECT 1; COMMIT; COMMIT;",
      "BEGIN; SELECT 1; ROLLBACK; SELECT 2;",
      "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2;",
      "BEGIN; SELECT 1; COMMIT AND CHAIN; SELECT 2; COMMIT;",
      "BEGIN READ ONLY; SELECT 1; COMMIT; SELECT 2;",
      "SELECT 1; BEGIN; SELECT 2; COMMIT; SAVEPOINT a;",
      "BEGIN; SELECT 1; PREPARE TRANSACTION 'a'; SELECT 2;",
      "SELECT 1; BEGIN; SAVEPOINT a; SET search_path = x; ROLLBACK TO a; COMMIT;",
    ]) {
      assert.ok(rules(text).length > 0, text);
      assert.ok(
        rules(text).every((rule) => rule.startsWith("transaction-control error")),
        text,
      );
    }
    assert.deepEqual(rules("BEGIN;\nVACUUM;\nCOMMIT;\nSELECT 1;"), ["not-in-transaction error 1"]);
    assert.deepEqual(rules("BEGIN;\nVACUUM;\nCOMMIT;\nBEGIN;\nVACUUM;\nCOMMIT;\nCOMMIT;"), [
      "not-in-transaction error 1",
      "not-in-transaction error 4",
      "not-in-transaction error 7",
    ]);
  });

  test("any other transaction control is an error at its line", () => {
    assert.deepEqual(rules("SELECT 1;\nCOMMIT;\nSELECT 2;"), ["transaction-control error 2"]);
    assert.deepEqual(rules("BEGIN READ ONLY;\nSELECT 1;\nCOMMIT;"), [
      "transaction-control error 1",
      "transaction-control error 3",
    ]);
    assert.deepEqual(rules("BEGIN DEFERRABLE;\nCOMMIT;"), [
      "transaction-control error 1",
      "transaction-control error 2",
    ]);
    assert.deepEqual(rules("BEGIN;\nSELECT 1;\nCOMMIT AND CHAIN;"), [
      "transaction-control error 1",
      "transaction-control error 3",
    ]);
    assert.deepEqual(rules("BEGIN;\nSELECT 1;\nCOMMIT AND NO CHAIN;"), []);
    assert.deepEqual(rules("SAVEPOINT a;\nROLLBACK TO a;"), []);
    assert.deepEqual(rules("VACUUM;\nSAVEPOINT a;"), ["not-in-transaction error 2"]);
  });

  test("with nothing between BEGIN and COMMIT it is a warning", () => {
    assert.deepEqual(rules("BEGIN;\nCOMMIT;"), ["empty warning -"]);
  });

  test("a comment that divides the file for another tool is an error that names the tool, once", () => {
    const found = (text: string) =>
      inspection(text).findings.map(({ rule, message, place }) => [rule, message.split(";")[0], place?.line]);
    const divides = (comment: string, tool: string) => `"${comment}" splits a ${tool} file into up and down parts`;
    for (const [comment, tool] of [
      ["-- +goose Up", "goose"],
      ["--+goose down", "goose"],
      ["-- migrate:up transaction:false", "dbmate"],
      ["-- migrate:down", "dbmate"],
      ["-- +migrate Up notransaction", "sql-migrate"],
      ["---- create above / drop below ----", "tern"],
    ] as const) {
      const wanted = [["other-tool", divides(comment, tool), 2]];
      assert.deepEqual(found(`-- a\n${comment}\nSELECT 1;\n-- +goose Down\nSELECT 2;`), wanted, comment);
      assert.deepEqual(found(`SELECT 1\n  ${comment}\nFROM a;`), wanted, comment);
      assert.deepEqual(found(`SELECT 1;\r\n${comment}\r\nSELECT 2;`), wanted, comment);
    }
  });

  test("such words elsewhere are none of another tool's", () => {
    for (const text of [
      "SELECT '\n-- +goose Up\n';",
      "SELECT $$\n-- migrate:down\n$$;",
      "/*\n-- migrate:up\n*/ SELECT 1;",
      "SELECT 1 -- +migrate Up\n;",
      "-- +goose StatementBegin\nSELECT 1;",
      "-- migrate: up\nSELECT 1;",
      "-- the comment -- +goose Up\nSELECT 1;",
      "COPY a FROM stdin;\n-- migrate:up\n\\.\n",
    ]) {
      assert.deepEqual(inspection(text).findings, [], text);
    }
  });

  test("what would harm the session is refused", () => {
    assert.deepEqual(rules("DISCARD ALL;"), ["discard-all error 1"]);
    assert.deepEqual(rules("DISCARD PLANS; DISCARD TEMP;"), []);
    assert.deepEqual(
      rules(
        "SET client_encoding = 'latin1';\nSET NAMES 'sjis';\nSELECT set_config('client_encoding', 'WIN1252', false);",
      ),
      ["client-encoding error 1", "client-encoding error 2", "client-encoding error 3"],
    );
    assert.deepEqual(
      rules("SET client_encoding TO UTF8; SET NAMES 'utf-8'; RESET client_encoding; SET client_encoding = DEFAULT;"),
      [],
    );
  });

  test("problems of its text and commands of psql are told with their places", () => {
    assert.deepEqual(rules("SELECT 1;\nSELECT 'open;"), ["unterminated-quote error 2"]);
    assert.deepEqual(rules("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n"), []);
    assert.deepEqual(rules("SELECT 1;\n\\i other.sql\n"), ["psql-command error 2"]);
  });

  test("relations are counted for the lock table", () => {
    assert.equal(
      inspection(
        "CREATE TABLE a (); CREATE UNIQUE INDEX ON a (x); create materialized view v as select 1; CREATE SEQUENCE s; CREATE OR REPLACE VIEW w AS SELECT 1; DROP TABLE a; INSERT INTO a DEFAULT VALUES;",
      ).relationsCreated,
      5,
    );
  });
});
