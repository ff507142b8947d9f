import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { disk } from "../../../src/adapters/files/disk.ts";
import { withParts } from "../../../src/adapters/files/file-parts.ts";
import { git } from "../../../src/adapters/programs/git.ts";
import type { Settings } from "../../../src/core/configuration/settings.ts";
import type { CheckReport } from "../../../src/core/reports/check-report.ts";
import { check } from "../../../src/engine/check/check.ts";
import { inShadow } from "../../../src/engine/shadow/shadow.ts";
import { clone, makeRepository, type Repository } from "../../support/repository.ts";
import { type Files, open, world } from "../support.ts";

const M = "database/migrations";
const ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, total int);";

function below(files: Files): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${M}/${name}`, text]));
}

interface Branched {
  readonly origin: Repository;
  readonly checkout: Repository;
}

/** A clone whose branch has other new files than the branch main that it began with. */
function branched(common: Files, own: Files, theirs: Files): Branched {
  const origin = makeRepository();
  origin.commit(below(common));
  const checkout = clone(origin);
  origin.commit(below(theirs));
  checkout.git("fetch", "--quiet");
  checkout.write(below(own));
  return { origin, checkout };
}

async function checked({ checkout }: Branched, given: Partial<Settings> = {}): Promise<CheckReport> {
  const { context } = await world({});
  const settings = { ...context.settings, ...given, directory: join(checkout.directory, M) };
  const { report } = await check({ ...context, settings, fileSystem: withParts(disk) }, undefined, {
    ...{ choice: { kind: "new", base: undefined }, versionControl: git, limitMs: 0 },
    inShadow: async (work) => {
      const database = open("pglite:memory");
      return await inShadow({ ...context, settings, database }, work).finally(() => database.close());
    },
  });
  return report;
}

/** The outcome, then "003_c.sql:2:8 error merge-fails: message" of each finding about the merge. */
async function merged(branches: Branched, given: Partial<Settings> = {}): Promise<(string | undefined)[]> {
  const { merge, findings } = await checked(branches, given);
  const about = findings.filter(({ rule }) => rule.startsWith("merge-"));
  const words = about.map(({ rule, severity, message, place }) => {
    const where = [place?.path.split("/").at(-1), place?.line, place?.column].filter(Boolean).join(":");
    return `${where} ${severity} ${rule}: ${message.replace(/ at [0-9a-f]{7}/g, "")}`;
  });
  return [
    merge &&
      `${merge.outcome} ${merge.own}:${merge.theirs}${merge.because ? ` ${merge.because.replace(/.*\//, "")}` : ""}`,
    ...words,
  ];
}

describe("a merge", () => {
  test("is sound if both orders make the same schema, whatever the order of columns", async () => {
    const own = {
      "004_d.sql": "ALTER TABLE orders ADD b int;",
      "005_e.sql": "-- Transaction: none\nCREATE INDEX CONCURRENTLY i ON orders (b);",
    };
    const theirs = { "003_c.sql": "ALTER TABLE orders ADD a int; CREATE TABLE items (id int);" };
    const branches = branched({ "001_a.sql": ORDERS }, own, theirs);
    assert.deepEqual(await merged(branches), ["same 2:1"]);
  });

  test("is unsound if a new migration fails after those of the base", async () => {
    const own = { "004_d.sql": "SELECT 1;\nCREATE INDEX ON orders (total);" };
    const theirs = { "003_c.sql": "ALTER TABLE orders RENAME total TO sum;" };
    assert.deepEqual(await merged(branched({ "001_a.sql": ORDERS }, own, theirs)), [
      "fails 1:1",
      '004_d.sql:2:1 error merge-fails: Cannot apply 004_d: column "total" does not exist (42703); it fails only after the migrations that origin/main has got meanwhile',
    ]);
  });

  test("is unsound if a migration of the base fails after the new ones, at its line in git", async () => {
    const theirs = { "004_d.sql": "SELECT 1;\nCREATE INDEX ON orders (total);" };
    const rename = "ALTER TABLE orders RENAME total TO sum;";
    const words =
      'merge-fails: Cannot apply 004_d: column "total" does not exist (42703); it is a migration of origin/main, and fails only after those of this branch';
    const later = branched({ "001_a.sql": ORDERS }, { "005_e.sql": rename }, theirs);
    assert.deepEqual(await merged(later), ["fails 1:1", `004_d.sql:2:1 warning ${words}`]);
    const earlier = branched({ "001_a.sql": ORDERS }, { "003_c.sql": rename }, theirs);
    assert.deepEqual(await merged(earlier), ["fails 1:1", `004_d.sql:2:1 error ${words}`]);
  });

  test("names the objects that differ", async () => {
    const common = { "001_a.sql": `${ORDERS} CREATE TYPE state AS ENUM ('new');` };
    const body = (text: string) => `CREATE OR REPLACE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''${text}''';`;
    const own = { "004_d.sql": `ALTER TYPE state ADD VALUE 'mine'; ${body("mine")} DROP TABLE IF EXISTS parts;` };
    const theirs = {
      "003_c.sql": `ALTER TYPE state ADD VALUE 'theirs'; ${body("theirs")} CREATE TABLE parts (id int);`,
    };
    assert.deepEqual(await merged(branched(common, own, theirs)), [
      "different 1:1",
      "004_d.sql warning merge-differs: the schema depends on the order: if the migrations of this branch run after those of origin/main and not before them, it lacks table public.parts; changes enum public.state (labels new, theirs, mine instead of new, mine, theirs), function public.f() (another definition)",
    ]);
  });

  test("is not tested if only one branch has migrations of its own, or a version is taken", async () => {
    const common = { "001_a.sql": ORDERS };
    const file = { "003_c.sql": "SELECT 3;" };
    assert.deepEqual(await merged(branched(common, file, {})), [undefined]);
    assert.deepEqual(await merged(branched(common, {}, file)), [undefined]);
    // The same file on both branches.
    assert.deepEqual(await merged(branched(common, file, file)), [undefined]);
    assert.deepEqual(await merged(branched(common, file, { "003_other.sql": "SELECT 3;" })), [undefined]);
    // Another environment has its migrations for itself.
    const ofProduction = { "production/004_d.sql": "SELECT nothing;" };
    assert.deepEqual(await merged(branched(common, file, ofProduction)), [undefined]);
  });

  test("includes the migrations that both branches have got", async () => {
    const both = { "003_c.sql": "CREATE TABLE parts (id int);" };
    const own = { ...both, "005_e.sql": "ALTER TABLE parts ADD a int;" };
    const theirs = { ...both, "004_d.sql": "ALTER TABLE parts ADD b int;" };
    assert.deepEqual(await merged(branched({ "001_a.sql": ORDERS }, own, theirs)), ["same 1:1"]);
  });

  test("is not tested if the files of the base are unsound, and says why", async () => {
    const common = { "001_a.sql": ORDERS };
    const own = { "004_d.sql": "SELECT 4;" };
    assert.deepEqual(await merged(branched(common, own, { "003_c.sql": "SELECT nothing;" })), [
      'untested 1:1 Cannot apply 003_c: column "nothing" does not exist (42703)',
    ]);
    assert.deepEqual(await merged(branched(common, own, { "003_c.sql": "SELECT 'x;" })), [
      "untested 1:1 the string that starts here is never closed",
    ]);
    const { origin, checkout } = branched(common, own, {});
    origin.git("mv", `${M}/001_a.sql`, `${M}/003_a.sql`);
    origin.commit();
    checkout.git("fetch", "--quiet");
    assert.deepEqual(await merged({ origin, checkout }), ["untested 1:1 001_a.sql was removed there"]);
  });

  test("reads both scripts of a file of another tool", async () => {
    const goose = (up: string, down: string) => `-- +goose Up\n${up}\n\n-- +goose Down\n${down}\n`;
    const common = { "001_a.sql": goose(ORDERS, "DROP TABLE orders;") };
    const own = { "003_c.sql": goose("ALTER TABLE orders ADD a int;", "ALTER TABLE orders DROP a;") };
    const theirs = { "002_b.sql": goose("ALTER TABLE orders ADD b int;", "ALTER TABLE orders DROP b;") };
    assert.deepEqual(await merged(branched(common, own, theirs)), ["same 1:1"]);
  });
});
