import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Action, PHASE, type SafeForm } from "../../../src/core/diff/action.ts";
import { safeParts } from "../../../src/core/diff/safe-forms.ts";
import { schemaSide } from "../../../src/core/diff-sides/side.ts";

const from = schemaSide(
  [],
  () => undefined,
  [
    { kind: "table", name: "public.t", facts: {} },
    { kind: "table", name: "public.parted", facts: { "partition key": "RANGE (a)" } },
  ],
  "postgres",
);
const safe = (sql: string, kind: SafeForm["kind"], name: string, table = "public.t"): Action => ({
  ...{ sql, phase: PHASE.check, order: 0, safe: { kind, table, name } },
});
const parts = (...actions: Action[]) =>
  safeParts(actions, from).map(({ words, isOutside, up }) => [words, isOutside, ...up.map(({ sql }) => sql)]);

describe("statements that lock a table only briefly", () => {
  test("add a constraint, and check the rows in another file", () => {
    const sql = "ALTER TABLE public.t ADD CONSTRAINT c CHECK (a > 0)";
    assert.deepEqual(parts(safe(sql, "constraint", "c")), [
      ["", false, `${sql} NOT VALID`],
      ["validation", false, "ALTER TABLE public.t VALIDATE CONSTRAINT c"],
    ]);
  });

  test("prove NOT NULL by a CHECK", () => {
    assert.deepEqual(parts(safe("ALTER TABLE public.t ALTER COLUMN a SET NOT NULL", "not null", "a")), [
      ["", false, "ALTER TABLE public.t ADD CONSTRAINT a_is_set CHECK (a IS NOT NULL) NOT VALID"],
      [
        "validation",
        false,
        "ALTER TABLE public.t VALIDATE CONSTRAINT a_is_set",
        "ALTER TABLE public.t ALTER COLUMN a SET NOT NULL",
        "ALTER TABLE public.t DROP CONSTRAINT a_is_set",
      ],
    ]);
  });

  test("make a UNIQUE constraint of an index, after everything that reads rows", () => {
    const comment: Action = { sql: "COMMENT ON CONSTRAINT u ON public.t IS 'x'", phase: PHASE.comment, order: 0 };
    const unique = safe("ALTER TABLE public.t ADD CONSTRAINT u UNIQUE (a, b)", "unique", "u");
    const check = "ALTER TABLE public.t ADD CONSTRAINT c CHECK (a > 0)";
    assert.deepEqual(parts(unique, comment, safe(check, "constraint", "c")), [
      ["", false, `${check} NOT VALID`],
      ["indexes", true, "CREATE UNIQUE INDEX CONCURRENTLY u ON public.t (a, b)"],
      [
        ...["validation", false, "ALTER TABLE public.t VALIDATE CONSTRAINT c"],
        ...["ALTER TABLE public.t ADD CONSTRAINT u UNIQUE USING INDEX u", comment.sql],
      ],
    ]);
  });

  test("build indexes outside a transaction, with what follows from them", () => {
    const comment: Action = { sql: "COMMENT ON INDEX public.i IS 'x'", phase: PHASE.comment, order: 0 };
    const other: Action = { sql: "COMMENT ON TABLE public.t IS 'x'", phase: PHASE.comment, order: 0 };
    assert.deepEqual(parts(safe("CREATE UNIQUE INDEX i ON public.t (a)", "index", "i"), comment, other), [
      ["", false, other.sql],
      ["indexes", true, "CREATE UNIQUE INDEX CONCURRENTLY i ON public.t (a)", comment.sql],
    ]);
  });

  test("are not needed for new and replaced tables, nor possible for partitioned ones", () => {
    const drop: Action = { sql: "DROP TABLE public.t", phase: PHASE.table, order: 0 };
    const index = "CREATE INDEX i ON public.n (a)";
    const onParted = "CREATE INDEX i ON public.parted (a)";
    assert.deepEqual(parts(safe(index, "index", "i", "public.n")), [["", false, index]]);
    assert.deepEqual(parts(safe(onParted, "index", "i", "public.parted")), [["", false, onParted]]);
    assert.deepEqual(parts(drop, safe("CREATE INDEX i ON public.t (a)", "index", "i")), [
      ["", false, drop.sql, "CREATE INDEX i ON public.t (a)"],
    ]);
  });
});
