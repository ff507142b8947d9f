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
  const server = await sharedServer(18);
  const { shadow } = await trialPlaces(server, server);
  const [from, to] = named("public", "", "REVOKE CREATE ON SCHEMA public FROM PUBLIC;");
  const statementsFor = async (major: number) => {
    const request = { from: source(from), to: source(to), renames: [], wants: "statements", major } as const;
    const { files } = await diffSchemas(inNewDatabase(shadow), request);
    return files.map(({ up }) => up);
  };
  assert.deepEqual(await statementsFor(14), ["REVOKE CREATE ON SCHEMA public FROM PUBLIC;\n"]);
  assert.deepEqual(await statementsFor(15), []);
});

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
