import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DumpEntry } from "../../../src/core/backup/dump-entries.ts";
import { asOnServer } from "../../../src/core/diff-sides/older-server.ts";
import { schemaSide } from "../../../src/core/diff-sides/side.ts";

const entry = (type: string, ...statements: string[]): DumpEntry => ({
  ...{ id: 1, catalog: "0", oid: "0", needs: [], name: `${type} ${statements[0]}`, type, schema: "public", statements },
});
const on = (major: number, entries: DumpEntry[]) => {
  const side = asOnServer(
    schemaSide(entries, () => undefined, [], "postgres"),
    major,
  );
  return [...side.entries.values()].map(({ statements }) => statements.join(" "));
};

describe("a schema as an older server has it", () => {
  test("has no names of NOT NULL before PostgreSQL 18", () => {
    const create = `CREATE TABLE public.t (\n    a integer CONSTRAINT "Must be" NOT NULL,\n    b text DEFAULT ' CONSTRAINT x NOT NULL'::text\n);`;
    const without = create.replace(' CONSTRAINT "Must be" NOT NULL', " NOT NULL");
    assert.deepEqual(on(17, [entry("TABLE", create)]), [without]);
    assert.deepEqual(on(18, [entry("TABLE", create)]), [create]);
  });

  test("has no unlogged sequences before PostgreSQL 15", () => {
    const create = "CREATE UNLOGGED SEQUENCE public.s\n    START WITH 1;";
    const entries = [entry("SEQUENCE", create, "ALTER SEQUENCE public.s SET LOGGED;")];
    assert.deepEqual(on(14, entries), ["CREATE SEQUENCE public.s\n    START WITH 1;"]);
    assert.deepEqual(on(15, entries), [`${create} ALTER SEQUENCE public.s SET LOGGED;`]);
  });

  test("has no privilege MAINTAIN before PostgreSQL 17", () => {
    const grants = [
      entry("ACL", "GRANT SELECT,MAINTAIN ON TABLE public.t TO reader;"),
      entry("ACL", "GRANT MAINTAIN ON TABLE public.t TO reader;"),
      entry("ACL", "GRANT SELECT,INSERT,REFERENCES,DELETE,TRIGGER,TRUNCATE,UPDATE ON TABLE public.t TO reader;"),
    ];
    assert.deepEqual(on(16, grants), [
      "GRANT SELECT ON TABLE public.t TO reader;",
      "GRANT ALL ON TABLE public.t TO reader;",
    ]);
    assert.deepEqual(on(17, grants).length, 3);
  });
});
