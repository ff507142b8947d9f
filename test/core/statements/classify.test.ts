import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { classify } from "../../../src/core/statements/classify.ts";

const kind = (text: string, standardConformingStrings = true) => classify({ text, standardConformingStrings });

/** Each statement with the one member expected of it; `{}` means that it is nothing special. */
function check(cases: Readonly<Record<string, object>>): void {
  for (const [text, expected] of Object.entries(cases)) {
    test(text.replaceAll("\n", " "), () => assert.deepEqual(kind(text), expected));
  }
}

/** Statements that this rule keeps out of a transaction, in every spelling. */
function outside(rule: string, ...texts: string[]): void {
  check(Object.fromEntries(texts.map((text) => [text, { outsideTransaction: rule }])));
}

const ordinary = (...texts: string[]) => check(Object.fromEntries(texts.map((text) => [text, {}])));

describe("transaction control", () => {
  check({
    "BEGIN;": { transaction: "begin" },
    "begin work": { transaction: "begin" },
    "BEGIN /* x */ TRANSACTION ISOLATION LEVEL\n SERIALIZABLE, READ ONLY;": {
      transaction: "begin",
      modes: "ISOLATION LEVEL SERIALIZABLE, READ ONLY",
    },
    "START TRANSACTION NOT DEFERRABLE;": { transaction: "begin", modes: "NOT DEFERRABLE" },
    "COMMIT;": { transaction: "commit" },
    "END TRANSACTION;": { transaction: "commit" },
    "COMMIT AND NO CHAIN;": { transaction: "commit" },
    "COMMIT WORK AND CHAIN;": { transaction: "commit", chain: true },
    "END AND CHAIN;": { transaction: "commit", chain: true },
    "COMMIT PREPARED 'x';": { transaction: "commit-prepared" },
    "ROLLBACK;": { transaction: "rollback" },
    "ABORT;": { transaction: "rollback" },
    "ROLLBACK AND CHAIN;": { transaction: "rollback", chain: true },
    "ROLLBACK TO s;": { transaction: "rollback-to" },
    "ROLLBACK WORK TO SAVEPOINT s;": { transaction: "rollback-to" },
    "ROLLBACK PREPARED 'x';": { transaction: "rollback-prepared" },
    "SAVEPOINT s;": { transaction: "savepoint" },
    "RELEASE s;": { transaction: "release" },
    "PREPARE TRANSACTION 'x';": { transaction: "prepare" },
  });
  ordinary("PREPARE transaction AS SELECT 1;", "PREPARE p AS SELECT 1;", "SELECT 1 AS begin;", '"begin";', "'BEGIN';");
});

describe("what cannot run in a transaction", () => {
  outside(
    "CREATE INDEX CONCURRENTLY",
    "CREATE INDEX CONCURRENTLY i ON t (a);",
    "create unique /* x */ index concurrently on t (a)",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);",
  );
  outside("DROP INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY IF EXISTS i;");
  outside(
    "REINDEX CONCURRENTLY",
    "REINDEX TABLE CONCURRENTLY t;",
    "REINDEX (VERBOSE) INDEX CONCURRENTLY i;",
    "REINDEX (CONCURRENTLY, VERBOSE) TABLE t;",
    "REINDEX (TABLESPACE ts, CONCURRENTLY on) TABLE t;",
    "REINDEX (concurrently 1) INDEX i;",
  );
  outside("REINDEX SCHEMA", "REINDEX SCHEMA s;", "REINDEX SCHEMA CONCURRENTLY s;");
  outside("REINDEX DATABASE", "REINDEX DATABASE d;", "REINDEX (VERBOSE) DATABASE;");
  outside("REINDEX SYSTEM", "REINDEX SYSTEM d;");
  outside("VACUUM", "VACUUM;", "VACUUM (FULL, ANALYZE) t;", "vacuum full t");
  outside("CREATE DATABASE", "CREATE DATABASE d;");
  outside("DROP DATABASE", "DROP DATABASE IF EXISTS d WITH (FORCE);");
  outside("CREATE TABLESPACE", "CREATE TABLESPACE t LOCATION '/x';");
  outside("DROP TABLESPACE", "DROP TABLESPACE t;");
  outside(
    "CREATE SUBSCRIPTION",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION a, b;",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION a WITH (copy_data = false);",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION a WITH (create_slot);",
  );
  outside("DROP SUBSCRIPTION", "DROP SUBSCRIPTION s;");
  outside("ALTER SUBSCRIPTION ... REFRESH", "ALTER SUBSCRIPTION s REFRESH PUBLICATION;");
  outside("ALTER SUBSCRIPTION ... SET PUBLICATION with refresh", "ALTER SUBSCRIPTION s SET PUBLICATION a, b;");
  outside(
    "ALTER SUBSCRIPTION ... ADD PUBLICATION with refresh",
    "ALTER SUBSCRIPTION s ADD PUBLICATION a WITH (refresh = true);",
  );
  outside("ALTER SUBSCRIPTION ... SET (failover)", "ALTER SUBSCRIPTION s SET (failover = true);");
  outside("ALTER SYSTEM", "ALTER SYSTEM SET work_mem = '1MB';", "ALTER SYSTEM RESET ALL;");
  outside("ALTER DATABASE ... SET TABLESPACE", "ALTER DATABASE set SET TABLESPACE t;");
  outside(
    "ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY",
    "ALTER TABLE t DETACH PARTITION p CONCURRENTLY;",
    'ALTER TABLE IF EXISTS ONLY s."t;" DETACH PARTITION s.p CONCURRENTLY;',
    "ALTER TABLE s.t * DETACH PARTITION p CONCURRENTLY;",
  );
  outside("CLUSTER without a table", "CLUSTER;", "CLUSTER VERBOSE;", "CLUSTER (VERBOSE)");

  ordinary(
    "CREATE INDEX i ON t (a);",
    'CREATE INDEX "concurrently" ON t (a);',
    'DROP INDEX "concurrently";',
    "DROP INDEX vacuum;",
    "DROP TABLE database;",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY m;",
    "REINDEX TABLE t;",
    "REINDEX (CONCURRENTLY false) TABLE t;",
    "REINDEX (CONCURRENTLY off, VERBOSE) TABLE t;",
    'REINDEX INDEX "concurrently";',
    "CREATE TABLE vacuum (tablespace int);",
    "CREATE TABLE t (a int) TABLESPACE ts;",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION a WITH (connect = false);",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION a WITH (create_slot = 'off', slot_name = NONE);",
    "ALTER SUBSCRIPTION s SET PUBLICATION a WITH (refresh = false);",
    "ALTER SUBSCRIPTION s DISABLE;",
    "ALTER SUBSCRIPTION refresh SET (slot_name = NONE);",
    "ALTER DATABASE d SET default_tablespace TO t;",
    "ALTER TABLE t SET TABLESPACE ts;",
    "ALTER TABLE t DETACH PARTITION p;",
    "ALTER TABLE t DETACH PARTITION p FINALIZE;",
    'ALTER TABLE t DETACH PARTITION "concurrently";',
    "CLUSTER t;",
    "CLUSTER VERBOSE t USING i;",
    "ANALYZE;",
    "SELECT 'VACUUM';",
    "COMMENT ON DATABASE d IS 'x';",
  );
});

describe("COPY ... FROM STDIN", () => {
  check({
    "COPY t FROM STDIN;": { copyFromStdin: "text" },
    'copy s."from" (a, "b c") from stdin': { copyFromStdin: "text" },
    "COPY t FROM STDOUT;": { copyFromStdin: "text" },
    "COPY t FROM STDIN WITH (FORMAT csv, HEADER);": { copyFromStdin: "csv" },
    "COPY t FROM STDIN (DELIMITER ',', FORMAT 'binary');": { copyFromStdin: "binary" },
    "COPY t FROM STDIN (FORCE_NULL (format, csv));": { copyFromStdin: "text" },
    "COPY t FROM STDIN WITH CSV HEADER;": { copyFromStdin: "csv" },
    "COPY BINARY t FROM STDIN;": { copyFromStdin: "binary" },
    "COPY t FROM STDIN DELIMITER ';' WHERE csv;": { copyFromStdin: "text" },
  });
  ordinary(
    "COPY t TO STDOUT;",
    "COPY (SELECT 1 FROM stdin) TO STDOUT;",
    "COPY t FROM 'stdin';",
    "COPY t FROM PROGRAM 'stdin';",
    "COPY t (a) TO '/x';",
  );
});

describe("settings", () => {
  const setting = (name: string, value: string | undefined, local = false) => ({ setting: { name, value, local } });
  check({
    "SET client_encoding = 'LATIN1';": { ...setting("client_encoding", "LATIN1"), clientEncoding: "LATIN1" },
    "SET client_encoding TO utf8;": { ...setting("client_encoding", "utf8"), clientEncoding: "utf8" },
    "SET LOCAL NAMES 'SJIS';": { ...setting("client_encoding", "SJIS", true), clientEncoding: "SJIS" },
    "SET NAMES DEFAULT;": setting("client_encoding", undefined),
    "SET NAMES;": setting("client_encoding", undefined),
    "RESET client_encoding;": setting("client_encoding", undefined),
    "SELECT pg_catalog.set_config('client_encoding', 'EUC_JP', true);": {
      ...setting("client_encoding", "EUC_JP", true),
      clientEncoding: "EUC_JP",
    },
    'set session "Client_Encoding" to $$x$$': { ...setting("client_encoding", "x"), clientEncoding: "x" },
    "SET search_path TO a, b;": setting("search_path", "a"),
    "SET LOCAL lock_timeout = 0;": setting("lock_timeout", "0", true),
    "RESET ALL;": setting("all", undefined),
    "DISCARD ALL;": { ...setting("all", undefined), discardAll: true },
  });
  ordinary("DISCARD TEMP;", "SET ROLE x;", "SET TRANSACTION READ ONLY;", "SELECT set_config(a, b, c);", "SELECT 1;");
});

test("a body of 10 MB is not read to classify its function", () => {
  const text = `CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$${"VACUUM; ".repeat(1_300_000)}$$;`;
  assert.deepEqual(kind(text), {});
});
