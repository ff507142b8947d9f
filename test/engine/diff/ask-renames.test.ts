import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObjectFacts } from "../../../src/core/catalog/schema-object.ts";
import { schemaSide } from "../../../src/core/diff-sides/side.ts";
import { askRenames } from "../../../src/engine/diff/ask-renames.ts";

const side = (...columns: string[]) => {
  const objects: ObjectFacts[] = [
    { kind: "table", name: "public.t", facts: {} },
    ...columns.map((column) => ({ kind: "column", name: `public.t.${column}`, facts: { type: "text" } })),
  ];
  return schemaSide([], () => undefined, objects, "postgres");
};

test("each name is asked about until it is part of a rename", async () => {
  const asked: string[] = [];
  const consent = {
    isRenamed: async ({ old, now }: { old: string; now: string }) => {
      asked.push(`${old} ${now}`);
      return now.endsWith("d");
    },
  };
  const sides = [side("a", "b", "x"), side("c", "d", "y")] as const;
  const renames = await askRenames(consent, sides, [{ old: "t.x", now: "t.y", line: 4 }]);
  assert.deepEqual(renames, [{ old: "public.t.a", now: "public.t.d", line: 0 }]);
  assert.deepEqual(asked, ["public.t.a public.t.c", "public.t.a public.t.d", "public.t.b public.t.c"]);
});
