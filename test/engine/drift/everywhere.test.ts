import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { differenceWords } from "../../../src/core/drift/words.ts";
import { CORPORA, NO_CORPORA, plainCorpora } from "../../support/corpora.ts";
import { type FetchedMajor, fetchPostgres, type Major } from "../../support/postgres-binaries.ts";
import { sharedServer } from "../../support/postgres-server.ts";
import { ZOO } from "../reset/reset-zoo.ts";
import { RICH, VIEWS } from "../schema/rich-schema.ts";
import { CHANGES, NO_CHANGES } from "../schema/schema-changes.ts";
import { succeeded, world } from "../support.ts";
import { copyOf, driftOf, withShadow } from "./support.ts";

/*
 * Databases of each version of PostgreSQL compared with the embedded database: `npm run test:drift` takes all versions,
 * all changes and all migrations of other projects; the suite takes some of them.
 */

const EVERYWHERE = process.env.PGSTEP_EVERYWHERE === "1";
const ALL: readonly Major[] = [14, 15, 16, 17, 18];
/** PGSTEP_SCHEMA_MAJORS=14,16 limits them. */
const CHOSEN = (process.env.PGSTEP_SCHEMA_MAJORS ?? "").split(",").map(Number);
const MAJORS = EVERYWHERE ? ALL.filter((major) => CHOSEN.includes(major) || CHOSEN[0] === 0) : ([15, 18] as const);
const FETCHED = MAJORS.filter((major): major is FetchedMajor => major !== 15 && major !== 18);
const FILES = { "001_rich.sql": RICH, "002_views.sql": VIEWS };

before(async () => {
  for (const major of FETCHED) await fetchPostgres(major);
});

/** Every change, or a few of them: others on each version. */
const some = <One>(all: readonly One[], major: Major) =>
  all.filter((_, index) => EVERYWHERE || index % 20 === major % 20);

const corpora = (major: Major) =>
  (NO_CORPORA ? [] : plainCorpora()).filter(({ name }) => EVERYWHERE || (major === 15 && name === "river"));

for (const major of MAJORS) {
  describe(`drift on PostgreSQL ${major}`, { timeout: 1_800_000 }, () => {
    test("shows each change of a rich schema, and nothing else", async (context) => {
      const server = await sharedServer(major);
      const original = await world(FILES, { server });
      succeeded(await original.up());
      await withShadow(async (shadow) => {
        assert.deepEqual((await driftOf(original, shadow)).differences.map(differenceWords), []);
        const unseen: string[] = [];
        for (const [what, sql] of some(CHANGES, major)) {
          const changed = await copyOf(original, sql);
          const { differences } = await driftOf(changed, shadow);
          const words = differences.map(differenceWords);
          context.diagnostic(`${what}: ${words.join("; ")}`);
          if (words.length === 0) unseen.push(what);
        }
        assert.deepEqual(unseen, []);
        for (const [what, sql] of some(NO_CHANGES, major)) {
          const { differences } = await driftOf(await copyOf(original, sql), shadow);
          assert.deepEqual(differences.map(differenceWords), [], what);
        }
      });
    });

    test("counts who may create in schema public from a new database of the version", async () => {
      const server = await sharedServer(major);
      const [open, close] = ["GRANT ALL ON SCHEMA public TO PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"];
      const isOpen = major < 15;
      const found: Record<string, string[]> = {};
      for (const first of ["SELECT 1", open, close]) {
        const original = await world({ "001_first.sql": first, "002_t.sql": "CREATE TABLE t ()" }, { server });
        succeeded(await original.up());
        await withShadow(async (shadow) => {
          for (const then of ["SELECT 1", open, close]) {
            const { differences } = await driftOf(await copyOf(original, then), shadow);
            found[`${first}; ${then}`] = differences.map(differenceWords);
          }
        });
      }
      const [added, missing] = (
        isOpen
          ? ["are revoked only in the database", "are not revoked in the database"]
          : ["exist only in the database", "are missing in the database"]
      ).map((words) => [`privileges of PUBLIC on schema public ${words}: CREATE`]);
      assert.deepEqual(found, {
        "SELECT 1; SELECT 1": [],
        [`SELECT 1; ${open}`]: isOpen ? [] : added,
        [`SELECT 1; ${close}`]: isOpen ? added : [],
        [`${open}; SELECT 1`]: [],
        [`${open}; ${open}`]: [],
        [`${open}; ${close}`]: isOpen ? added : missing,
        [`${close}; SELECT 1`]: [],
        [`${close}; ${open}`]: isOpen ? missing : added,
        [`${close}; ${close}`]: [],
      });
    });

    test("is none for rare objects", async () => {
      const one = await world({ "001_zoo.sql": ZOO }, { server: await sharedServer(major) });
      succeeded(await one.up());
      await withShadow(async (shadow) => {
        assert.deepEqual((await driftOf(one, shadow)).differences.map(differenceWords), []);
      });
    });

    for (const { name, table } of corpora(major)) {
      test(`is none for the migrations of ${name}`, async () => {
        const prepared = join(CORPORA, name, "before.sql");
        const sql = existsSync(prepared) ? readFileSync(prepared, "utf8") : undefined;
        const directory = join(CORPORA, name, "plain");
        const server = await sharedServer(major);
        const one = await world({}, { server, directory, table, ...(sql && { before: sql }) });
        succeeded(await one.up({ firstRun: true }));
        await withShadow(async (shadow) => {
          if (sql) {
            const session = await shadow.database.open();
            await session.execute(sql).finally(() => session.close());
          }
          assert.deepEqual((await driftOf(one, shadow)).differences.map(differenceWords), []);
        });
      });
    }
  });
}
