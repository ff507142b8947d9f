import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kindOf, walk } from "../../../src/core/parse-tree/node.ts";
import { builtParser } from "../../support/sql-parser.ts";

const parser = await builtParser();

describe("a parse tree", () => {
  test("is walked from the outside in, in the order of the text", async () => {
    const parsed = await parser.parse("ALTER TABLE s.t ADD a int NOT NULL DEFAULT 1, DROP b");
    assert.equal(parsed.kind, "parsed");
    const [tree] = parsed.trees();
    assert.ok(tree);
    assert.equal(kindOf({ tree }), "AlterTableStmt");
    assert.deepEqual(
      [...walk(tree)].map(([kind]) => kind),
      [
        ...["AlterTableStmt", "AlterTableCmd", "ColumnDef", "String", "String", "Constraint", "Constraint"],
        ...["A_Const", "AlterTableCmd"],
      ],
    );
    const commands = [...walk(tree)].filter(([kind]) => kind === "AlterTableCmd");
    assert.deepEqual(
      commands.map(([, { subtype, name }]) => [subtype, name]),
      [
        ["AT_AddColumn", undefined],
        ["AT_DropColumn", "b"],
      ],
    );
  });

  test("may be deeper than calls can be", async () => {
    let tree: object = { Leaf: {} };
    for (let depth = 0; depth < 100_000; depth++) tree = { Level: { next: tree } };
    assert.equal([...walk(tree)].length, 100_001);
  });
});
