import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Catalog } from "../../../src/core/catalog/catalog.ts";
import { readCatalog } from "../../../src/engine/catalog/read-catalog.ts";
import type { CatalogChoice } from "../../../src/engine/catalog/types-sql.ts";
import { world } from "../support.ts";

const SCHEMA = `
CREATE TABLE public.schema_migrations (version text PRIMARY KEY);
CREATE EXTENSION tablefunc;
CREATE EXTENSION hstore;
CREATE SCHEMA app;
CREATE TYPE app.pair AS (a int, b text);
CREATE TYPE app.span AS RANGE (subtype = numeric);
CREATE DOMAIN app.code AS varchar(4) NOT NULL;
CREATE TABLE app.plain (id int GENERATED ALWAYS AS IDENTITY, n text NOT NULL, o text DEFAULT 'x', gone int, h public.hstore, c app.code);
ALTER TABLE app.plain DROP COLUMN gone;
COMMENT ON COLUMN app.plain.o IS 'odd';
CREATE TABLE app.parted (k int NOT NULL) PARTITION BY LIST (k);
CREATE TABLE app.part PARTITION OF app.parted FOR VALUES IN (1);
CREATE TABLE public.bare ();
CREATE VIEW public.seen AS SELECT part.k, plain.o, m.version FROM app.part, app.plain, public.schema_migrations m;
CREATE FUNCTION app.first(app.pair) RETURNS int LANGUAGE sql AS 'SELECT $1.a';
`;

const names = (objects: readonly { readonly schema: string; readonly name: string }[]) =>
  objects.map(({ schema, name }) => `${schema}.${name}`);

const columnsOf = ({ relations }: Catalog, table: string) =>
  relations.find(({ name }) => name === table)?.columns ?? [];

for (const major of [15, 18] as const) {
  describe(`the catalog for types on PostgreSQL ${major}`, () => {
    const read = async (choice: Partial<CatalogChoice>, more = ""): Promise<Catalog> => {
      const { database } = await world({}, { major, before: SCHEMA + more });
      const session = await database.open();
      try {
        return await readCatalog(session, { schemas: undefined, hidden: ["'public.schema_migrations'"], ...choice });
      } finally {
        await session.close();
      }
    };

    test("has no members of extensions, no parts of types, no partitions, no tables of pgstep", async () => {
      const catalog = await read({});
      assert.deepEqual(catalog.schemas, ["app", "public"]);
      assert.deepEqual(names(catalog.relations), ["app.parted", "app.plain", "public.bare", "public.seen"]);
      assert.deepEqual(names(catalog.composites), ["app.pair"]);
      assert.deepEqual(names(catalog.domains), ["app.code"]);
      assert.deepEqual(names(catalog.routines), ["app.first"]);
    });

    test("has the objects of the named schemas", async () => {
      const catalog = await read({ schemas: ["public"] });
      assert.deepEqual(catalog.schemas, ["app", "public"]);
      assert.deepEqual(names(catalog.relations), ["public.bare", "public.seen"]);
      assert.deepEqual(names([...catalog.composites, ...catalog.domains, ...catalog.routines]), []);
    });

    test("has the columns in their order, also of a view on tables that it leaves out", async () => {
      const catalog = await read({});
      const facts = (table: string) =>
        columnsOf(catalog, table).map(({ name, number, nullable, given, comment }) =>
          [name, number, nullable ? "NULL" : "NOT NULL", given, comment].filter((fact) => fact !== null).join(" "),
        );
      assert.deepEqual(facts("plain"), [
        "id 1 NOT NULL generated",
        "n 2 NOT NULL required",
        "o 3 NULL defaulted odd",
        "h 5 NULL required",
        "c 6 NOT NULL required",
      ]);
      assert.deepEqual(facts("seen"), ["k 1 NOT NULL required", "o 2 NULL required", "version 3 NOT NULL required"]);
      assert.deepEqual(facts("bare"), []);
      assert.deepEqual(
        catalog.composites[0]?.columns.map(({ name }) => name),
        ["a", "b"],
      );
    });

    test("takes a NOT NULL for granted only if it is valid", { skip: major < 18 }, async () => {
      const catalog = await read({}, "ALTER TABLE app.plain ADD CONSTRAINT later NOT NULL o NOT VALID");
      const nullable = columnsOf(catalog, "plain").filter((column) => column.nullable);
      assert.deepEqual(
        nullable.map(({ name }) => name),
        ["o", "h"],
      );
    });
  });
}
