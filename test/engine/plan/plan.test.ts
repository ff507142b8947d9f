import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { world } from "../support.ts";
import { foundIn, locksOf, POLICY, planOf, statementsOf } from "./support.ts";

const SHOP = `CREATE TABLE orders (id int PRIMARY KEY, note text, paid boolean, phone text);
INSERT INTO orders SELECT n, 'note', n % 10 > 0, 'phone' FROM generate_series(1, 20000) n;`;

async function shop(files: Readonly<Record<string, string>>, settings = {}) {
  const one = await world({ "001_shop.sql": SHOP, ...files }, settings);
  await one.up({ to: "001" });
  await one.rows("ANALYZE");
  return one;
}

describe("a plan", () => {
  test("has each statement with its locks, the live sizes, the work and the losses", async () => {
    const one = await shop({
      "002_a.sql": `ALTER TABLE orders ADD COLUMN ref uuid DEFAULT gen_random_uuid();
ALTER TABLE orders DROP COLUMN phone;
CREATE TABLE other (a int);`,
    });
    const report = await planOf(one);
    const [rewrite, drop, create, ...more] = statementsOf(report);
    assert.ok(rewrite && drop && create);
    assert.deepEqual(more, []);
    assert.deepEqual(locksOf(rewrite), ["ACCESS EXCLUSIVE orders reads and writes"]);
    const size = Number(await one.value("SELECT pg_total_relation_size('orders')"));
    const [touch] = rewrite.touches;
    assert.deepEqual([touch?.rows, touch?.bytes, touch?.rewritten, touch?.isNew], [20_000, size, true, false]);
    const { kind, relations, rows, bytes, diskBytes } = rewrite.work ?? {};
    assert.deepEqual({ kind, relations, rows }, { kind: "rewrites", relations: ["orders"], rows: 20_000 });
    assert.deepEqual([bytes, diskBytes], [size, size]);
    assert.deepEqual(rewrite.destroys, []);
    assert.deepEqual(drop.destroys, ["drops orders.phone with all values"]);
    assert.equal(drop.breaks.length, 1);
    assert.deepEqual([create.touches, create.work, create.unknown], [[], undefined, undefined]);
    assert.ok(foundIn(report).includes("error rewrites-table"));
    assert.ok(foundIn(report).includes("error destroys-data"));
    assert.deepEqual(
      report.backup?.tables.map(({ name }) => name),
      ["public.orders"],
    );
    assert.deepEqual(await one.history(), ["001"]);
  });

  test("asks the live server about rows, and about nothing that a pending file makes", async () => {
    const one = await shop({
      "002_a.sql": `ALTER TABLE orders ADD COLUMN unused int;
UPDATE orders SET note = 'x' WHERE NOT paid;
DELETE FROM orders WHERE id = 7;
CREATE TABLE totals AS SELECT id FROM orders;
INSERT INTO totals SELECT id FROM orders WHERE id < 11;`,
      "003_b.sql": `ALTER TABLE orders RENAME COLUMN note TO remark;
UPDATE orders SET remark = 'y';`,
      "004_c.sql": "UPDATE totals SET id = 0; UPDATE orders SET paid = true WHERE remark = 'z';",
    });
    const [, update, remove, create, insert, , renamed, made, changed] = statementsOf(await planOf(one));
    const near = (rows: number | undefined, wanted: number) => Math.abs((rows ?? 0) - wanted) < wanted / 5 + 5;
    assert.ok(near(update?.rows?.rows, 2_000), `${update?.rows?.rows}`);
    assert.deepEqual(update?.rows?.scans, ["Seq Scan on orders"]);
    assert.ok(near(update?.work?.rows, 2_000), `${update?.work?.rows}`);
    const { bytes = 0, durationMs = 0 } = update?.work ?? {};
    assert.ok(durationMs > (bytes / 10 / 1024 ** 2) * 1_000 + 3, "the time to read the whole table is missing");
    assert.deepEqual([remove?.rows?.rows, remove?.rows?.scans], [1, ["Index Scan using orders_pkey on orders"]]);
    assert.equal(create?.rows?.rows, 20_000);
    const unknown = [insert, renamed, made, changed].map((statement) => [statement?.rows, statement?.unknown]);
    assert.deepEqual(unknown, [
      [undefined, "not known before 002_a"],
      [undefined, "not known before 003_b"],
      [undefined, "not known before 002_a"],
      [undefined, "not known before 003_b"],
    ]);
  });

  test("shows what runs outside a transaction, and what it waits for", async () => {
    const one = await shop({
      "002_a.sql": "CREATE INDEX CONCURRENTLY orders_note ON orders (note);",
      "003_b.sql": "DROP INDEX CONCURRENTLY orders_note;",
    });
    const { steps } = await planOf(one);
    assert.deepEqual(
      steps.map(({ mode }) => mode),
      ["statements", "statements"],
    );
    const [build, drop] = steps.flatMap(({ statements }) => statements);
    assert.ok(build && drop);
    assert.equal(build.inTransaction, false);
    assert.deepEqual([build, drop].map(locksOf), [
      ["SHARE UPDATE EXCLUSIVE orders nothing"],
      ["SHARE UPDATE EXCLUSIVE orders nothing"],
    ]);
    assert.equal(build.outside, "waits for older transactions, leaves an INVALID index if it fails");
    assert.equal(build.work?.kind, "indexes");
    await one.up({ to: "002" });
    const actual = Number(await one.value("SELECT pg_relation_size('orders_note')"));
    const planned = build.work?.diskBytes ?? 0;
    assert.ok(planned > actual / 4 && planned < actual * 8, `${planned} planned, ${actual} actual`);
  });

  test("leaves out findings on tables that the run itself makes", async () => {
    const one = await shop({
      "002_a.sql": "CREATE TABLE fresh (a int);",
      "003_b.sql": "CREATE INDEX ON fresh (a); ALTER TABLE fresh ALTER COLUMN a TYPE bigint;",
    });
    const report = await planOf(one);
    assert.deepEqual(foundIn(report), []);
    const touches = report.steps[1]?.statements.flatMap((statement) => statement.touches) ?? [];
    assert.deepEqual(
      touches.map(({ isNew, rows }) => [isNew, rows]),
      [
        [true, undefined],
        [true, undefined],
      ],
    );
  });

  test("uses what is applied: with a gap, and without the files that other databases have", async () => {
    const one = await shop({ "003_c.sql": "ALTER TABLE orders ADD COLUMN c int;" });
    await one.up();
    one.write({ "002_b.sql": "ALTER TABLE orders ADD COLUMN b int;", "004_d.sql": "UPDATE orders SET c = b;" });
    const report = await planOf(one, { target: { outOfOrder: true } });
    assert.deepEqual(
      report.steps.map(({ name }) => name),
      ["002_b", "004_d"],
    );
    assert.equal(statementsOf(report)[1]?.unknown, "not known before 002_b");
    const first = await planOf(one, { target: { outOfOrder: true, count: 1 } });
    assert.deepEqual(
      first.steps.map(({ name }) => name),
      ["002_b"],
    );
  });

  test("names hooks and repeatable migrations, and says when a replaced text is not known", async () => {
    const one = await shop({
      "repeatable/v.sql": "CREATE VIEW v AS SELECT id FROM orders;",
      "hooks/after-up.sql": "SELECT 1;",
      "hooks/before-down.sql": "SELECT 1;",
    });
    const settings = { repeatableDirectory: `${one.directory}/repeatable`, hooksDirectory: `${one.directory}/hooks` };
    const here = one.beside(settings);
    await here.up();
    one.write({
      "repeatable/v.sql": "CREATE OR REPLACE VIEW v AS SELECT id FROM orders WHERE paid;",
      "repeatable/w.sql": "CREATE VIEW w AS SELECT id FROM v;",
    });
    const report = await planOf(here);
    assert.deepEqual(
      report.steps.map(({ kind, name }) => [kind, name]),
      [
        ["repeatable", "v"],
        ["repeatable", "w"],
      ],
    );
    assert.deepEqual(
      report.hooks.map(({ moment }) => moment),
      ["after-up"],
    );
    assert.deepEqual(foundIn(report), ["note plan-inexact"]);
  });

  test("reports a statement that fails, and shows the rest from its text", async () => {
    const one = await shop({
      "002_a.sql": "ALTER TABLE orders ADD COLUMN note text;",
      "003_b.sql": "DROP TABLE orders;",
    });
    const report = await planOf(one);
    assert.deepEqual(foundIn(report), ["error replay"]);
    const [, drop] = statementsOf(report);
    assert.deepEqual([drop?.unknown, drop?.destroys], ["not tried", ["DROP TABLE on orders"]]);
  });

  test("says why nothing could be tried", async () => {
    const one = await shop({ "002_a.sql": "ALTER TABLE orders ADD COLUMN a int;" });
    await one.up();
    one.remove("002_a.sql");
    one.write({ "003_b.sql": "DROP TABLE orders;" });
    const report = await planOf(one);
    assert.deepEqual(foundIn(report), ["error plan-untried", "warning missing"]);
    assert.deepEqual(
      statementsOf(report).map(({ destroys }) => destroys),
      [["DROP TABLE on orders"]],
    );
  });

  test("says that a backup would be too large, and that up would refuse", async () => {
    const one = await shop({ "002_a.sql": "-- Transaction: none\nDROP TABLE orders;" });
    const report = await planOf(one, { policy: { ...POLICY, backupLimit: 1 }, singleTransaction: true });
    assert.equal(report.backup, undefined);
    const found = foundIn(report);
    assert.ok(found.includes("warning backup-skipped") && found.includes("error files-unsound"), `${found}`);
  });

  test("takes no lock that blocks, waits for none, and writes nothing", async () => {
    const one = await shop({ "002_a.sql": "UPDATE orders SET note = 'x' WHERE id < 100; DROP TABLE orders;" });
    const held = one.beside();
    const session = await held.database.open();
    await session.execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
    try {
      const [update, drop] = statementsOf(await planOf(one, { policy: { ...POLICY, backup: "never" } }));
      assert.match(update?.unknown ?? "", /^not known: canceling statement due to lock timeout/);
      assert.deepEqual(drop && locksOf(drop), ["ACCESS EXCLUSIVE orders reads and writes"]);
    } finally {
      await session.execute("ROLLBACK");
      await session.close();
      await held.database.close();
    }
    assert.deepEqual(await one.history(), ["001"]);
  });
});
