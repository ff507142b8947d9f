import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DriftedObject } from "../../../src/core/drift/drift-report.ts";
import { forgive, ignoring, platformOf, type Surroundings } from "../../../src/core/drift/forgive.ts";
import { objectWords } from "../../../src/core/drift/words.ts";

const NOWHERE: Surroundings = { roles: [], extensions: [] };

function object(kind: string, name: string, more: Partial<DriftedObject> = {}): DriftedObject {
  return { state: "added", kind, name, within: null, details: [], database: null, migrations: null, ...more };
}

function left(all: readonly DriftedObject[], surroundings = NOWHERE, patterns: readonly string[] = []) {
  const { differences, ignored, ofPlatform } = forgive(all, ignoring(surroundings, patterns), new Map());
  return { left: differences.map(objectWords), ignored, ofPlatform };
}

describe("differences that do not count", () => {
  test("are those that the user's patterns match", () => {
    const all = [object("table", "public.a"), object("table", "public.b")];
    assert.deepEqual(left(all, NOWHERE, ["table public.b"]), { left: ["table public.a"], ignored: 1, ofPlatform: 0 });
  });

  test("are those of the platform that the database belongs to", () => {
    const all = [
      object("table", "auth.users"),
      object("trigger", "auth.users.mine", { within: "auth.users", state: "missing" }),
      object("event trigger", "issue_pg_net_access"),
      object("table", "public.a"),
    ];
    const supabase = { roles: ["supabase_admin"], extensions: [] };
    assert.equal(platformOf(supabase)?.name, "Supabase");
    const mine = "trigger mine on auth.users";
    assert.deepEqual(left(all, supabase), { left: [mine, "table public.a"], ignored: 0, ofPlatform: 2 });
    assert.deepEqual(left(all).ofPlatform, 0);
    const neon = object("privileges", "of neon_superuser on future tables of cloud_admin in schema public");
    assert.deepEqual(left([neon], { roles: ["neon_superuser"], extensions: [] }).ofPlatform, 1);
    const sql = object("privileges", "of cloudsqlsuperuser on schema public", { within: "public" });
    assert.deepEqual(left([sql], { roles: ["cloudsqlsuperuser"], extensions: [] }).ofPlatform, 1);
    const rds = object("table", "public.rds_heartbeat2");
    assert.deepEqual(left([rds], { roles: ["rds_superuser"], extensions: [] }).ofPlatform, 1);
  });

  test("are what an extension creates outside of itself", () => {
    const chunk = object("table", "_timescaledb_internal._hyper_1_1_chunk");
    assert.deepEqual(left([chunk], { roles: [], extensions: ["timescaledb"] }).ofPlatform, 1);
    assert.deepEqual(left([chunk]).ofPlatform, 0);
  });

  test("are privileges that follow from default privileges which are listed", () => {
    const onFuture = object("privileges", "of anon on future tables of the migrating role in schema public", {
      details: ["SELECT"],
    });
    const onTable = object("privileges", "of anon on table public.a", { within: "public.a", details: ["SELECT"] });
    const more = object("privileges", "of anon on table public.b", { within: "public.b", details: ["INSERT"] });
    const elsewhere = object("privileges", "of anon on table other.c", { within: "other.c", details: ["SELECT"] });
    assert.deepEqual(left([onFuture, onTable, more, elsewhere]).left, [onFuture, more, elsewhere].map(objectWords));
    assert.deepEqual(left([onTable]).left, [objectWords(onTable)]);
  });
});
