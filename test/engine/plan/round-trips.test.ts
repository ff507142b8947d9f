import assert from "node:assert/strict";
import { test } from "node:test";
import type { Database, Session } from "../../../src/ports/session.ts";
import { world } from "../support.ts";
import { planOf } from "./support.ts";

const MOST_ROUND_TRIPS = 20;
const TABLES = 40;
const PENDING = 10;

/** The database, with a count of round trips: a message begins one if an answer has come since the message before it. */
function counted(database: Database): {
  readonly database: Database;
  readonly count: { opened: number; trips: number };
} {
  const count = { opened: 0, trips: 0 };
  const wrapped = (session: Session): Session => {
    let hasAnswer = true;
    const counting =
      <Args extends unknown[], Result>(call: (...given: Args) => Promise<Result>) =>
      async (...given: Args): Promise<Result> => {
        if (hasAnswer) count.trips++;
        hasAnswer = false;
        try {
          return await call(...given);
        } finally {
          hasAnswer = true;
        }
      };
    return new Proxy(session, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        const bound = value.bind(target) as (...given: unknown[]) => Promise<unknown>;
        return ["execute", "query", "single", "copyOut", "relay"].includes(String(name)) ? counting(bound) : bound;
      },
    });
  };
  const open: Database["open"] = async (signal) => {
    count.opened++;
    return wrapped(await database.open(signal));
  };
  const { description, embedded } = database;
  return { count, database: { description, embedded, open, close: () => database.close() } };
}

test("a plan needs one session and a few round trips, whatever the number of tables, files and statements", async () => {
  const tables = Array.from({ length: TABLES }, (_, index) => `CREATE TABLE t${index} (id int PRIMARY KEY, a int);`);
  const pending = Array.from({ length: PENDING }, (_, index) => [
    `${String(index + 2).padStart(3, "0")}_p.sql`,
    `ALTER TABLE t${index} ADD COLUMN b int; UPDATE t${index} SET a = 1 WHERE id < 7; DELETE FROM t${index + 10};
CREATE INDEX ON t${index} (a);`,
  ]);
  const one = await world({ "001_a.sql": tables.join("\n"), ...Object.fromEntries(pending) });
  await one.up({ to: "001" });
  await one.rows("INSERT INTO t10 VALUES (1)");
  const { database, count } = counted(one.database);
  let shadows = 0;
  const report = await planOf(one, {
    context: { ...one.context, database },
    kept: { path: `${one.directory}/plan.json`, validForMs: 1_000, settings: {} },
    onShadow: () => shadows++,
  });
  assert.equal(report.steps.length, PENDING);
  assert.equal(
    report.steps.flatMap(({ statements }) => statements.flatMap(({ rows }) => rows ?? [])).length,
    2 * PENDING,
  );
  assert.notEqual(report.backup, undefined);
  assert.deepEqual([count.opened, shadows], [1, 1]);
  assert.ok(count.trips < MOST_ROUND_TRIPS, `${count.trips} round trips`);
});
