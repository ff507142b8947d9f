import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { diffSchemas } from "../../../src/engine/diff/diff.ts";
import { ALL_PAIRS } from "../../diff/all-pairs.ts";
import { inNewDatabase, named, source, trialPlaces, tryPair } from "../../diff/trial.ts";
import { sharedServer } from "../../support/postgres-server.ts";

/** A few of the pairs of `npm run test:diff`, each with many kinds of objects. */
const CHOSEN = [
  "type under a view, with a new partial index",
  "enum value removed",
  "a little of everything",
  "view under views",
  "user mappings",
];

/** Changes that lost values, or were refused, although statements keep all columns. */
const KEPT = [
  "types of a key and a foreign key, with a policy and a view",
  "locale of a collation that columns, indexes and views use",
  "bounds and the type of a column, with an index and a view",
  "attributes of the type of a table",
  "another parent",
];

describe("a schema is changed into another", () => {
  for (const [name, before, after] of ALL_PAIRS.filter(([name]) => CHOSEN.includes(name))) {
    test(name, async () => {
      for (const sql of await inBothDirections(name, before, after)) {
        // Something that is created and dropped again may be in two files.
        const created = [...sql.matchAll(/^CREATE (?:INDEX|VIEW) (\w+)/gm)].map(([, one]) => one);
        assert.deepEqual(created, [...new Set(created)]);
      }
    });
  }
});

describe("a schema is changed into another, and keeps the columns:", () => {
  for (const [name, before, after] of ALL_PAIRS.filter(([name]) => KEPT.includes(name))) {
    test(name, async () => {
      for (const sql of await inBothDirections(name, before, after)) assert.doesNotMatch(sql, /DROP COLUMN/);
    });
  }
});

test("for PostgreSQL 14 everyone may create in schema public until that is revoked", async () => {
  const revoke = ["", "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"] as const;
  assert.deepEqual((await between(...revoke, 14)).files, ["REVOKE CREATE ON SCHEMA public FROM PUBLIC;\n"]);
  assert.deepEqual((await between(...revoke, 15)).files, []);
});

test("a NOT NULL constraint that kept the name of a former table is renamed, from PostgreSQL 18 on", async () => {
  const renamed = [
    "CREATE TABLE q (a int NOT NULL); ALTER TABLE q RENAME TO r;",
    "CREATE TABLE r (a int NOT NULL);",
  ] as const;
  assert.deepEqual(await between(...renamed, 18), {
    changes: [
      {
        change: "changed",
        object: "column public.r.a",
        details: ["own name of NOT NULL none instead of q_a_not_null"],
      },
    ],
    files: ["ALTER TABLE r RENAME CONSTRAINT q_a_not_null TO r_a_not_null;\n"],
  });
  assert.deepEqual(await between(...renamed, 17), { changes: [], files: [] });
});

for (const name of [
  "NOT NULL of a partition moves to its parent",
  "NOT NULL of a parent and its partition, each with a name of its own",
  "NOT NULL constraints that exchange their names",
]) {
  test(name, async () => {
    const [, before = "", after = ""] = ALL_PAIRS.find(([one]) => one === name) ?? [];
    await inBothDirections(name, before, after);
  });
}

/** The differences of two schemas, and the statements between them for a major version of PostgreSQL. */
async function between(before: string, after: string, major: number) {
  const server = await sharedServer(18);
  const { shadow } = await trialPlaces(server, server);
  const [from, to] = named("between", before, after);
  const request = { from: source(from), to: source(to), renames: [], wants: "statements", major } as const;
  const { changes, files } = await diffSchemas(inNewDatabase(shadow), request);
  return { changes, files: files.map(({ up }) => up) };
}

/** The statements there and back; both give an equal schema. */
async function inBothDirections(name: string, before: string, after: string): Promise<string[]> {
  const server = await sharedServer(18);
  const places = await trialPlaces(server, server);
  const statements: string[] = [];
  for (const [from, to] of [
    [before, after],
    [after, before],
  ] as const) {
    const { verdict, reasons, sql } = await tryPair(places, name, from, to);
    assert.equal(verdict, "equal", reasons.join("\n"));
    statements.push(sql);
  }
  return statements;
}
