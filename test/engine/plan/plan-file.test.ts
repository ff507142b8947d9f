import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { Failure } from "../../../src/core/failure/failure.ts";
import { digestOf } from "../../../src/core/plan/plan-file.ts";
import { openPlanFile, usePlan } from "../../../src/engine/plan/use-plan.ts";
import { migrate } from "../../../src/engine/run/migrate.ts";
import type { DatabaseContext } from "../../../src/engine/session/context.ts";
import { holding, type ServerWorld, world } from "../support.ts";
import { planOf } from "./support.ts";

const SETTINGS = { schema: "public", table: "schema_migrations" };
const HOUR_MS = 3_600_000;
const FILES = {
  "001_a.sql": "CREATE TABLE a (id int PRIMARY KEY, note text);",
  "002_b.sql": "ALTER TABLE a ADD COLUMN b int;",
  "003_c.sql": "CREATE INDEX a_b ON a (b);",
};

/** A database with the first migration, and the path of a plan for the others. */
async function planned(settings = {}): Promise<{ one: ServerWorld; path: string }> {
  const one = await world(FILES, settings);
  await one.up({ to: "001" });
  const path = join(one.directory, "plan.json");
  const report = await planOf(one, { kept: { path, validForMs: HOUR_MS, settings: SETTINGS } });
  assert.equal(report.file?.path, path);
  return { one, path };
}

async function run(context: DatabaseContext, path: string, settings: Readonly<Record<string, string>> = SETTINGS) {
  const { target, options } = await usePlan(context, path, openPlanFile(context, path), settings);
  return await migrate(context, target, options);
}

/** The code of the failure, and its findings. */
async function refusal(context: DatabaseContext, path: string, settings = SETTINGS): Promise<string[]> {
  try {
    await run(context, path, settings);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    assert.ok(error.hint, error.code);
    return [error.code, ...error.findings.map(({ message }) => message)];
  }
  return ["none"];
}

/** The plan with another content, and a checksum that fits. */
function rewritten(path: string, change: Readonly<Record<string, unknown>>): void {
  const { checksum: _, ...content } = JSON.parse(readFileSync(path, "utf8"));
  const changed = { ...content, ...change };
  writeFileSync(path, JSON.stringify({ ...changed, checksum: digestOf(changed) }));
}

describe("up --plan", () => {
  test("runs exactly the plan, and only once", async () => {
    const { one, path } = await planned();
    const { steps } = await run(one.context, path);
    assert.deepEqual(
      steps.map(({ name, outcome }) => `${name} ${outcome}`),
      ["002_b applied", "003_c applied"],
    );
    assert.deepEqual(await refusal(one.context, path), [
      "plan-outdated",
      "the history has changed: it had 1 version up to 001, and now has 3 versions up to 003",
      "migration 002_b is planned, and would not run now",
      "migration 003_c is planned, and would not run now",
      "a has another definition, or is missing",
    ]);
  });

  test("accepts other sessions than those of the plan, and the file holds none", async () => {
    const one = await world(FILES);
    await one.up({ to: "001" });
    const path = join(one.directory, "plan.json");
    await holding(one, "BEGIN; SELECT FROM a", async () => {
      const { sessions } = await planOf(one, { kept: { path, validForMs: HOUR_MS, settings: SETTINGS } });
      assert.equal(sessions.length, 1);
    });
    assert.ok(!/pgstep, idle|session-blocks/.test(readFileSync(path, "utf8")));
    assert.deepEqual(await refusal(one.context, path), ["none"]);
  });

  test("holds no value of a placeholder", async () => {
    const placeholders = { token: { value: "s3cret-value", secret: true }, place: "open-value" };
    const { one, path } = await planned({ placeholders });
    const text = readFileSync(path, "utf8");
    assert.ok(!/s3cret|open-value/.test(text), text);
    assert.match(text, /"token"/);
    const other = one.beside({ placeholders: { ...placeholders, place: "changed" } });
    assert.deepEqual(await refusal(other.context, path), [
      "plan-outdated",
      "the names or the values of placeholders have changed",
    ]);
    const secret = one.beside({ placeholders: { ...placeholders, token: { value: "other", secret: true } } });
    assert.deepEqual(await refusal(secret.context, path), ["none"]);
  });
});

describe("up --plan refuses", () => {
  let one: ServerWorld;
  let path: string;
  let text: string;
  before(async () => {
    ({ one, path } = await planned());
    text = readFileSync(path, "utf8");
  });
  const refused = async (context: DatabaseContext = one.context, settings = SETTINGS) => {
    const found = await refusal(context, path, settings);
    writeFileSync(path, text);
    assert.deepEqual(await one.history(), ["001"]);
    return found;
  };

  test("what is no plan, and a plan that was edited", async () => {
    for (const other of ["", "[]", "{}", '{"format":1}', text.slice(1)]) {
      writeFileSync(path, other);
      assert.deepEqual(await refused(), ["plan-unusable"], other);
    }
    writeFileSync(path, text.replace('"applied": 1', '"applied": 2'));
    assert.deepEqual(await refused(), ["plan-unusable"]);
    assert.deepEqual(await refusal(one.context, `${path}.missing`), ["plan-unusable"]);
  });

  test("a plan of a newer pgstep, and of another one", async () => {
    rewritten(path, { format: 2, pgstep: "9.0.0" });
    assert.deepEqual(await refused(), ["plan-newer"]);
    rewritten(path, { pgstep: "0.0.1" });
    assert.deepEqual(await refused(), ["plan-outdated", "pgstep 0.0.1 made the plan, and this is pgstep test"]);
  });

  test("a plan of another database, before it is compared with anything else", async () => {
    const { url } = await one.server.createDatabase();
    rewritten(path, { validUntil: "2000-01-01T00:00:00.000Z" });
    assert.deepEqual(await refused(one.beside({}, { url }).context), ["plan-of-other-database"]);
  });

  test("a plan that has expired", async () => {
    rewritten(path, { validUntil: "2000-01-01T00:00:00.000Z" });
    assert.deepEqual(await refused(), ["plan-expired"]);
  });

  test("a file that was edited, added or removed", async () => {
    one.write({ "003_c.sql": "CREATE INDEX a_note ON a (note);", "004_d.sql": "SELECT 1;" });
    one.remove("002_b.sql");
    assert.deepEqual(await refused(), [
      "plan-outdated",
      "migration 002_b is planned, and would not run now",
      "migration 003_c was edited",
      "migration 004_d is not planned",
    ]);
    one.write(FILES);
    one.remove("004_d.sql");
  });

  test("a setting and a relation that have changed", async () => {
    assert.deepEqual(await refused(one.context, { ...SETTINGS, table: "other" }), [
      "plan-outdated",
      "the setting table was schema_migrations, and is other",
    ]);
    await one.rows("ALTER TABLE a ALTER COLUMN note SET NOT NULL");
    assert.deepEqual(await refused(), ["plan-outdated", "a has another definition, or is missing"]);
    await one.rows("ALTER TABLE a ALTER COLUMN note DROP NOT NULL");
  });

  test("what changes between the first look and the lock", async () => {
    const { target, options } = await usePlan(one.context, path, openPlanFile(one.context, path), SETTINGS);
    const { verify } = options;
    let looks = 0;
    const changing: typeof verify = async (session, plan) => {
      if (++looks === 2) await one.rows("CREATE INDEX aside ON a (note)");
      await verify?.(session, plan);
    };
    await assert.rejects(migrate(one.context, target, { ...options, verify: changing }), { code: "plan-outdated" });
    assert.equal(looks, 2);
    await one.rows("DROP INDEX aside");
    assert.deepEqual(await one.history(), ["001"]);
  });
});
