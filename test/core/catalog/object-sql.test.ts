import assert from "node:assert/strict";
import { test } from "node:test";
import { objectSql } from "../../../src/core/catalog/object-sql.ts";

test("an object is shown as SQL, whatever its name", () => {
  const column = (name: string) => objectSql({ kind: "column", name, facts: { type: "integer" } });
  assert.equal(column("public.t.a"), "ALTER TABLE public.t ADD COLUMN a integer;");
  assert.equal(column('public."T.x"."a""b"'), 'ALTER TABLE public."T.x" ADD COLUMN "a""b" integer;');
  assert.equal(column('public.t.""""'), 'ALTER TABLE public.t ADD COLUMN """" integer;');
  const granted = { kind: "revoked privileges", name: "of PUBLIC on type app.mood", facts: { privileges: ["USAGE"] } };
  assert.equal(objectSql(granted), "REVOKE USAGE ON type app.mood FROM PUBLIC;");
  const cast = { kind: "cast", name: "(a AS b)", facts: { context: "i" } };
  assert.equal(objectSql(cast), "-- cast (a AS b)\n-- context: i");
});
