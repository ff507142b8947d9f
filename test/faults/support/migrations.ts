/*
 * A directory with one migration of each kind of execution. Each statement that is marked leaves a trace: a row that
 * is written with it, so that counting the rows tells how often it took effect.
 */

export interface FaultMigration {
  readonly version: string;
  readonly name: string;
  /** Statement by statement, with a journal; else in one transaction. */
  readonly alone: { readonly up: boolean; readonly down: boolean };
  readonly up: string;
  readonly down: string;
  /** Numbers of the statements that leave a trace, 1-based. */
  readonly traced: { readonly up: readonly number[]; readonly down: readonly number[] };
}

/** Stands in a script for a statement that leaves a trace. */
const TRACE = "TRACE;";

/** Stands in a script for the version of its migration. */
const VERSION = "<version>";

interface Draft {
  readonly up: readonly string[];
  readonly down: readonly string[];
  /** Which way runs statement by statement. */
  readonly alone?: "up" | "down" | "both";
  /** Before the first statement. */
  readonly header?: string;
  /** A BEGIN and a COMMIT around everything. */
  readonly wrapped?: boolean;
}

const ROWS = 4_000;
const copied = Array.from({ length: ROWS }, (_, row) => `${row}\tkind ${row % 17}\t${"x".repeat(row % 50)}`).join("\n");

const DRAFTS: Readonly<Record<string, Draft>> = {
  schema: {
    up: [
      TRACE,
      "CREATE SCHEMA app;",
      "CREATE TABLE app.account (id integer PRIMARY KEY, name text NOT NULL UNIQUE);",
      "INSERT INTO app.account SELECT n, 'account ' || n FROM generate_series(1, 500) AS n;",
    ],
    down: ["DROP SCHEMA app CASCADE;", TRACE],
  },
  routines: {
    up: [
      `CREATE FUNCTION app.shout(words text) RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
  RAISE NOTICE 'shouting; %', words;
  RETURN upper(words);
END $body$;`,
      "CREATE VIEW app.loud AS SELECT id, app.shout(name) AS name FROM app.account;",
      TRACE,
    ],
    down: [TRACE, "DROP VIEW app.loud;", "DROP FUNCTION app.shout;"],
  },
  rows: {
    up: [
      "CREATE TABLE app.event (id integer, kind text, payload text);",
      TRACE,
      `COPY app.event (id, kind, payload) FROM STDIN;\n${copied}\n\\.\n`,
      TRACE,
    ],
    down: ["DROP TABLE app.event;", TRACE],
  },
  wrapped: {
    wrapped: true,
    up: ["ALTER TABLE app.event ADD PRIMARY KEY (id);", TRACE],
    down: ["ALTER TABLE app.event DROP CONSTRAINT event_pkey;", TRACE],
  },
  indexes: {
    alone: "both",
    up: [
      TRACE,
      "ALTER TABLE app.event ADD COLUMN seen boolean NOT NULL DEFAULT false;",
      "CREATE INDEX CONCURRENTLY event_kind_idx ON app.event (kind, payload);",
      TRACE,
      "CREATE UNIQUE INDEX CONCURRENTLY event_both_idx ON app.event (kind, id) WHERE NOT seen;",
      TRACE,
    ],
    down: [
      "DROP INDEX CONCURRENTLY app.event_both_idx;",
      TRACE,
      "DROP INDEX CONCURRENTLY app.event_kind_idx;",
      "ALTER TABLE app.event DROP COLUMN seen;",
      TRACE,
    ],
  },
  index: {
    alone: "both",
    up: ["CREATE INDEX CONCURRENTLY event_kind_idx ON app.event (kind, payload);", TRACE],
    down: ["DROP INDEX CONCURRENTLY app.event_kind_idx;", TRACE],
  },
  slow: {
    up: [TRACE, "SELECT pg_sleep(0.05);", "CREATE TABLE app.slow (id integer);", "SELECT pg_sleep(0.05);", TRACE],
    down: [TRACE, "SELECT pg_sleep(0.05);", "DROP TABLE app.slow;"],
  },
  separate: {
    alone: "both",
    header: "-- Transaction: none\n",
    up: [
      TRACE,
      "CREATE TABLE app.separate (id integer PRIMARY KEY, account integer REFERENCES app.account);",
      "VACUUM (ANALYZE) app.event;",
      TRACE,
      "INSERT INTO app.separate SELECT id, id FROM app.account WHERE id <= 50;",
      "REINDEX TABLE CONCURRENTLY app.event;",
      "SELECT pg_sleep(0.03);",
      TRACE,
    ],
    down: [TRACE, "DELETE FROM app.separate;", "VACUUM app.event;", "DROP TABLE app.separate;", TRACE],
  },
  maintenance: {
    alone: "both",
    header: "-- Transaction: none\n",
    up: ["VACUUM (ANALYZE) app.event;", "REINDEX TABLE CONCURRENTLY app.event;", TRACE],
    down: [TRACE],
  },
  itself: {
    up: [
      "CREATE TABLE app.itself (id integer);",
      `INSERT INTO schema_migrations (version, description) VALUES ('${VERSION}', 'itself') ON CONFLICT (version) DO NOTHING;`,
      TRACE,
    ],
    down: [`DELETE FROM schema_migrations WHERE version = '${VERSION}';`, "DROP TABLE app.itself;", TRACE],
  },
  settings: {
    up: [
      "SET search_path TO app;",
      "SET standard_conforming_strings = off;",
      "CREATE TABLE settings (word text DEFAULT 'it''s');",
      TRACE,
    ],
    down: ["SET search_path TO app;", "DROP TABLE settings;", TRACE],
  },
  deferred: {
    up: [
      "CREATE TABLE app.node (id integer PRIMARY KEY, next integer REFERENCES app.node DEFERRABLE INITIALLY DEFERRED);",
      "INSERT INTO app.node SELECT n, n % 5000 + 1 FROM generate_series(1, 5000) AS n;",
      TRACE,
    ],
    down: [TRACE, "DROP TABLE app.node;"],
  },
  replaced: {
    alone: "up",
    up: [
      "DROP INDEX CONCURRENTLY app.event_kind_idx;",
      TRACE,
      "CREATE INDEX CONCURRENTLY event_kind_idx ON app.event (kind);",
    ],
    down: ["DROP INDEX app.event_kind_idx;", TRACE, "CREATE INDEX event_kind_idx ON app.event (kind, payload);"],
  },
  last: {
    up: ["CREATE TABLE app.last (id integer);", "SELECT pg_sleep(0.02);", TRACE],
    down: [TRACE, "DROP TABLE app.last;"],
  },
};

/** A directory with all of them, lowest version first; what the others have in short is left out. */
export const MIGRATIONS: readonly FaultMigration[] = chosenMigrations([
  ...["schema", "routines", "rows", "wrapped", "indexes", "slow", "separate"],
  ...["itself", "settings", "deferred", "replaced", "last"],
]);

/** Those of these names with versions from 001 on, in the order given; each must find what it builds on before it. */
export function chosenMigrations(names: readonly string[]): readonly FaultMigration[] {
  return names.map((name, index) => {
    const draft = DRAFTS[name];
    if (!draft) throw new Error(`There is no migration ${name}`);
    const version = `${index + 1}`.padStart(3, "0");
    const numbers = (statements: readonly string[]) =>
      statements.flatMap((statement, at) => (statement === TRACE ? [at + 1] : []));
    return {
      version,
      name: `${version}_${name}`,
      alone: {
        up: draft.alone === "up" || draft.alone === "both",
        down: draft.alone === "down" || draft.alone === "both",
      },
      up: script(draft, version, "up"),
      down: script(draft, version, "down"),
      traced: { up: numbers(draft.up), down: numbers(draft.down) },
    };
  });
}

function script(draft: Draft, version: string, direction: "up" | "down"): string {
  const statements = draft[direction].map((statement, index) =>
    statement === TRACE
      ? `INSERT INTO faults.trace (version, direction, statement) VALUES ('${version}', '${direction}', ${index + 1});`
      : statement.replaceAll(VERSION, version),
  );
  const body = draft.wrapped ? ["BEGIN;", ...statements, "COMMIT;"] : statements;
  return `${draft.header ?? ""}${body.join("\n")}\n`;
}
