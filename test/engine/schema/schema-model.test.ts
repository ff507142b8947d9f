import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { loadModule, parseSync } from "libpg-query";
import { fingerprint, sameFacts } from "../../../src/core/catalog/fingerprint.ts";
import { byKey, compareSchemas } from "../../../src/core/catalog/schema-comparison.ts";
import { keyOf, type ObjectFacts, type SchemaObject } from "../../../src/core/catalog/schema-object.ts";
import { readFacts, readPortableSchema, readSchema } from "../../../src/engine/schema/read-schema.ts";
import type { OwnObjects } from "../../../src/engine/schema/schema-sql.ts";
import type { Session } from "../../../src/ports/session.ts";
import { type FetchedMajor, fetchPostgres, type Major } from "../../support/postgres-binaries.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { ZOO } from "../reset/reset-zoo.ts";
import { open } from "../support.ts";
import { RICH, VIEWS } from "./rich-schema.ts";
import { CHANGES, NO_CHANGES } from "./schema-changes.ts";

const OWN: OwnObjects = { tables: ["'public.schema_migrations'"], schema: undefined };

/** PGSTEP_SCHEMA_MAJORS=14,16,17 adds versions that are fetched from npm. */
const MORE = (process.env.PGSTEP_SCHEMA_MAJORS ?? "").split(",").filter(Boolean).map(Number) as FetchedMajor[];
const MAJORS: readonly Major[] = [15, 18, ...MORE];

before(async () => {
  await loadModule();
  for (const major of MORE) await fetchPostgres(major);
});

/** Runs `work` in a session of a new database on a server. */
async function onServer<Result>(
  major: Major,
  sql: string,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { url } = await (await sharedServer(major)).createDatabase(sql);
  return await inSession(url, work);
}

async function onEmbedded<Result>(sql: string, work: (session: Session) => Promise<Result>): Promise<Result> {
  return await inSession("pglite:memory", async (session) => {
    await session.execute(sql);
    return await work(session);
  });
}

async function inSession<Result>(url: string, work: (session: Session) => Promise<Result>): Promise<Result> {
  const database = open(url);
  const session = await database.open();
  try {
    return await work(session);
  } finally {
    await session.close();
    await database.close();
  }
}

interface Model {
  readonly objects: readonly SchemaObject[];
  readonly facts: readonly ObjectFacts[];
}

async function model(session: Session): Promise<Model> {
  return {
    objects: await readPortableSchema(session, OWN, async () => parseSync),
    facts: await readFacts(session, OWN, undefined, {}),
  };
}

/** Objects that differ, with the facts of both. */
function differences(left: Model, right: Model): unknown[] {
  const { added, removed, changed } = compareSchemas(byKey(left.objects), byKey(right.objects));
  const facts = (of: Model, object: SchemaObject) => of.facts.find((one) => keyOf(one) === keyOf(object))?.facts;
  return [
    ...added.map((object) => ["only right", keyOf(object), facts(right, object)]),
    ...removed.map((object) => ["only left", keyOf(object), facts(left, object)]),
    ...changed.map((object) => [keyOf(object), facts(left, object), facts(right, object)]),
  ];
}

describe("the model of a schema", () => {
  for (const [what, sql] of [
    ["a rich schema", RICH],
    ["views", VIEWS],
    ["rare objects", ZOO],
    ["an empty database", "SELECT 1"],
  ] as const) {
    test(`is equal for ${what} on PostgreSQL ${MAJORS.join(", ")} and the embedded database`, {
      timeout: 300_000,
    }, async () => {
      const reference = await onEmbedded(sql, model);
      for (const major of MAJORS) {
        const found = await onServer(major, sql, model);
        assert.deepEqual(differences(reference, found), [], `PostgreSQL ${major}`);
        assert.equal(fingerprint(found.objects), fingerprint(reference.objects));
        const expected = byKey(reference.facts);
        const unequal = found.facts.filter((object) => {
          const other = expected.get(keyOf(object));
          return !other || !sameFacts(other, object, parseSync);
        });
        assert.deepEqual(unequal, [], `facts on PostgreSQL ${major}`);
      }
    });
  }

  for (const major of MAJORS) {
    test(`shows each change on PostgreSQL ${major}`, { timeout: 300_000 }, async () => {
      await onServer(major, RICH, async (session) => {
        const former = fingerprint(await readSchema(session, OWN));
        const [unseen, refused]: [string[], string[]] = [[], []];
        for (const [what, sql] of CHANGES) {
          await session.execute("BEGIN");
          const error = await session.execute(sql).then(
            () => undefined,
            (reason: Error) => reason,
          );
          if (error) refused.push(`${what}: ${error.message}`);
          else if (fingerprint(await readSchema(session, OWN)) === former) unseen.push(what);
          await session.execute("ROLLBACK");
        }
        assert.deepEqual({ unseen, refused }, { unseen: [], refused: [] });
        assert.equal(fingerprint(await readSchema(session, OWN)), former);
      });
    });

    test(`does not contain rows, owners and the like on PostgreSQL ${major}`, { timeout: 120_000 }, async () => {
      await onServer(major, RICH, async (session) => {
        const former = byKey(await readSchema(session, OWN));
        for (const [what, sql] of NO_CHANGES) {
          await session.execute("BEGIN");
          await session.execute(sql).catch((error: Error) => assert.fail(`${what}: ${error.message}`));
          const { added, removed, changed } = compareSchemas(former, byKey(await readSchema(session, OWN)));
          assert.deepEqual([...added, ...removed, ...changed].map(keyOf), [], what);
          await session.execute("ROLLBACK");
        }
        await session.execute("VACUUM FULL");
        assert.deepEqual(byKey(await readSchema(session, OWN)), former);
      });
    });

    test(`has an extension in place of its members on PostgreSQL ${major}`, async () => {
      // Members are functions and composite types (tablefunc), and types with operators (hstore).
      const added = "CREATE SCHEMA more; CREATE EXTENSION tablefunc; CREATE EXTENSION hstore SCHEMA more";
      const found = await onServer(major, added, (session) => readSchema(session, OWN));
      const names = found.map(keyOf).filter((name) => name !== "extension plpgsql");
      assert.deepEqual(names.sort(), ["extension hstore", "extension tablefunc", "schema more", "schema public"]);
    });
  }
});
