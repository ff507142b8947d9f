import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { findRuntime, ROOT } from "../../build/runtimes.ts";
import { openDatabase } from "../../src/adapters/target/open-database.ts";
import { resolveTarget } from "../../src/adapters/target/resolve-target.ts";
import { declareTypes } from "../../src/core/types/declare.ts";
import { DRIVERS, type Driver } from "../../src/core/types/driver-types.ts";
import { manyFiles, oneFile } from "../../src/core/types/files.ts";
import { interfaces } from "../../src/core/types/interfaces.ts";
import { kysely } from "../../src/core/types/kysely.ts";
import { zod } from "../../src/core/types/zod.ts";
import { readCatalog } from "../../src/engine/catalog/read-catalog.ts";
import { sharedServer } from "../support/postgres-server.ts";
import { EVERY_TYPE, SHOP } from "./schema.ts";

const execute = promisify(execFile);

// Below the checkout, so that what is written finds the installed packages.
mkdirSync(join(ROOT, "dist"), { recursive: true });
const directory = mkdtempSync(join(ROOT, "dist", "test-types-"));
after(() => rmSync(directory, { recursive: true, force: true }));

let url = "";
before(async () => {
  const server = await sharedServer(18);
  url = (await server.createDatabase(`${EVERY_TYPE};${SHOP}`)).url;
  const catalog = await catalogOf(url);
  for (const driver of DRIVERS) {
    const declarations = declareTypes(catalog, { driver, overrides: new Map(), mainSchema: "public" });
    put(`${driver}-interfaces.ts`, oneFile(declarations, interfaces));
    put(`${driver}-kysely.ts`, oneFile(declarations, kysely));
    put(`${driver}-zod.ts`, oneFile(declarations, zod));
    for (const [name, format] of Object.entries({ interfaces, kysely, zod })) {
      const files = manyFiles(declarations, format, { extension: "ts", isWanted: () => true, isThere: () => false });
      for (const file of files) put(join(`${driver}-${name}`, file.name), file.text);
    }
  }
});

describe("written types", () => {
  test("pass the strictest checks", async () => {
    put("uses.ts", USES);
    put(
      "tsconfig.json",
      JSON.stringify({
        extends: "../../tsconfig.json",
        compilerOptions: { noUncheckedSideEffectImports: true },
        include: ["."],
      }),
    );
    await checkTypes();
  });

  test("refuse what the database would", async () => {
    put("misuses.ts", MISUSES);
    await checkTypes();
  });

  for (const driver of DRIVERS) {
    test(`are what ${driver} gives for every built-in type, alone and in arrays`, async () => {
      put(`read-${driver}.ts`, READERS[driver]);
      const command = driver === "bun" ? [findRuntime("bun")] : [process.execPath, "--import", "tsx"];
      const { stdout } = await execute(command[0] ?? "", [...command.slice(1), `read-${driver}.ts`, url], {
        cwd: directory,
        timeout: 60_000,
      });
      assert.match(stdout, /^read [1-9][0-9]* rows$/m);
    });
  }

  test("carry real rows through kysely, postgres and zod", async () => {
    put("shop.ts", THROUGH_ALL);
    const { stdout } = await execute(process.execPath, ["--import", "tsx", "shop.ts", url], {
      cwd: directory,
      timeout: 60_000,
    });
    assert.equal(stdout.trim(), "kysely, postgres and zod agree");
  });
});

async function catalogOf(of: string) {
  const target = resolveTarget({ url: of, environment: {} });
  assert.ok(target);
  const database = openDatabase(target);
  const session = await database.open();
  try {
    return await readCatalog(session, { schemas: undefined, hidden: [] });
  } finally {
    await session.close();
    await database.close();
  }
}

function put(name: string, text: string): void {
  mkdirSync(join(directory, name, ".."), { recursive: true });
  writeFileSync(join(directory, name), text);
}

async function checkTypes(): Promise<void> {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const checked = await execute(process.execPath, [compiler, "-p", directory], { timeout: 120_000 }).catch(
    (error: { stdout: string }) => error,
  );
  assert.equal(checked.stdout, "");
}

/** Rows of both tables, each checked by the schema that was written for the driver. */
const check = (driver: Driver, query: string) => `
import { z } from "zod";
import { everyType, everyArray } from "./${driver}-zod.ts";
const url = process.argv[2] ?? "";
${query}
let read = 0;
for (const [name, schema] of [["every_type", everyType], ["every_array", everyArray]] as const) {
  for (const row of await rows("SELECT * FROM " + name)) {
    const result = z.strictObject(schema.shape).safeParse({ ...row });
    if (!result.success) throw new Error(name + ": " + JSON.stringify(result.error.issues) + JSON.stringify(row));
    read++;
  }
}
await end();
console.log("read " + read + " rows");
`;

const READERS: Readonly<Record<Driver, string>> = {
  postgres: check(
    "postgres",
    `import postgres from "postgres";
const sql = postgres(url, { max: 1, onnotice() {} });
const rows = async (text: string): Promise<object[]> => [...await sql.unsafe(text)];
const end = () => sql.end();`,
  ),
  pg: check(
    "pg",
    `import pg from "pg";
const client = new pg.Client(url);
await client.connect();
const rows = async (text: string): Promise<object[]> => (await client.query(text)).rows;
const end = () => client.end();`,
  ),
  // With and without parameters: the two protocols give arrays in two ways.
  bun: check(
    "bun",
    `declare const Bun: {
  SQL: new (url: string, options: object) => { unsafe(text: string, values?: unknown[]): Promise<object[]>; end(): Promise<void> };
};
const sql = new Bun.SQL(url, { max: 1 });
const rows = async (text: string): Promise<object[]> => [...await sql.unsafe(text), ...await sql.unsafe(text + " WHERE $1::int = 1", [1])];
const end = () => sql.end();`,
  ),
};

const USES = `
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Customers, CustomersInsert, OrderTotals, TotalOfArguments, TotalOfResult } from "./pg-interfaces.ts";
import type { Database } from "./pg-kysely/index.ts";
import type { CustomersUpdate as Update } from "./postgres-zod/index.ts";
const customer: Customers = { id: "1", email: "a@b", state: "new", states: null, joined_at: new Date(), note: null, "odd name": 1, label: "x" };
const fresh: CustomersInsert = { email: "a@b" };
const update: Update = { note: null };
const total: OrderTotals = { customer: "1", email: customer.email, orders: "2", total: null, first: new Date() };
const takes: TotalOfArguments = { customer: 1n, since: null };
const gives: TotalOfResult = "1.50";
const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: new pg.Pool() }) });
export const queries = [
  db.insertInto("customers").values(fresh).compile(),
  db.updateTable("customers").set({ state: "gone" }).where("id", "=", "1").compile(),
  db.selectFrom("order_totals").select(["orders", "total"]).compile(),
  db.selectFrom("stock.items").selectAll().compile(),
];
export { update, total, takes, gives };
`;

const MISUSES = `
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Customers, CustomersInsert, CustomersUpdate } from "./pg-interfaces.ts";
import type { Database } from "./pg-kysely.ts";
import type { CustomersInsert as Checked } from "./postgres-zod.ts";
// @ts-expect-error a range's constructor comes with its type
import type { SpanArguments } from "./pg-interfaces.ts";
const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: new pg.Pool() }) });
// @ts-expect-error a required column is missing
const one: CustomersInsert = { note: "x" };
// @ts-expect-error the database gives the identity
const two: CustomersUpdate = { id: "1" };
// @ts-expect-error no label of the enum
const three: Customers["state"] = "old";
// @ts-expect-error a view is not written to
const four = db.updateTable("order_totals").set({ orders: "1" });
// @ts-expect-error generated always
const five = db.insertInto("customers").values({ email: "a@b", id: "1" });
// @ts-expect-error not nullable
const six: Checked = { email: null };
export { one, two, three, four, five, six, type SpanArguments };
`;

const THROUGH_ALL = `
import assert from "node:assert/strict";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import postgres from "postgres";
import type { Customers } from "./postgres-interfaces.ts";
import type { Database } from "./pg-kysely.ts";
import { customers, customersInsert } from "./postgres-zod.ts";
const url = process.argv[2] ?? "";
const sql = postgres(url, { max: 1, onnotice() {} });
const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) }) });
const wanted = customersInsert.parse({ email: "one@example.org", states: ["new", "gone"], "odd name": 7 });
await sql\`INSERT INTO customers \${sql(wanted as Record<string, never>)}\`;
await db.insertInto("customers").values({ email: "two@example.org", joined_at: "2020-01-02T00:00:00Z", state: "gone" }).execute();
const viaPostgres = await sql<Customers[]>\`SELECT * FROM customers ORDER BY id\`;
const viaKysely = await db.selectFrom("customers").selectAll().orderBy("id").execute();
assert.equal(viaPostgres.length, 2);
assert.deepEqual(viaPostgres.map(({ email, state }) => [email, state]), viaKysely.map(({ email, state }) => [email, state]));
for (const row of viaPostgres) customers.parse(row);
assert.throws(() => customersInsert.parse({ email: "x".repeat(41) }), /40/);
await assert.rejects(sql\`INSERT INTO customers (email) VALUES (\${"x".repeat(41)})\`, /too long/);
await sql.end();
await db.destroy();
console.log("kysely, postgres and zod agree");
`;
