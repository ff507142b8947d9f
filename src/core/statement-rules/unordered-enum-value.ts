import type { CheckRule } from "../check/rule.ts";
import { sqlName } from "../check/words.ts";
import { bodyOf, kindOf, listAt, textAt } from "../parse-tree/node.ts";

export const unorderedEnumValue: CheckRule = {
  id: "unordered-enum-value",
  group: "style",
  isStrict: true,
  title: "Enum value without a place",
  why: "Enum values compare in the order of their type. Without BEFORE or AFTER the value becomes the largest one, and no statement moves it later.",
  recipe: "ALTER TYPE <type> ADD VALUE '<value>' AFTER '<value>';  -- or BEFORE",
  examples: {
    bad: [
      { given: "CREATE TYPE e AS ENUM ('a')", sql: "ALTER TYPE e ADD VALUE 'b'" },
      { given: "CREATE TYPE e AS ENUM ('a')", sql: "ALTER TYPE e ADD VALUE IF NOT EXISTS 'b'" },
    ],
    good: [
      { given: "CREATE TYPE e AS ENUM ('a')", sql: "ALTER TYPE e ADD VALUE 'b' AFTER 'a'" },
      { given: "CREATE TYPE e AS ENUM ('a')", sql: "ALTER TYPE e ADD VALUE 'b' BEFORE 'a'" },
      { given: "CREATE TYPE e AS ENUM ('a')", sql: "ALTER TYPE e RENAME VALUE 'a' TO 'b'" },
    ],
  },
  *find({ statements }) {
    for (const statement of statements) {
      const body = bodyOf(statement);
      const [value, type] = [textAt(body, "newVal"), textAt(listAt(body, "typeName").at(-1), "String", "sval")];
      const isPlaced = body.newValNeighbor !== undefined || body.oldVal !== undefined;
      if (kindOf(statement) !== "AlterEnumStmt" || isPlaced || value === undefined) continue;
      yield { statement, message: `'${value.replaceAll("'", "''")}' of ${sqlName(type ?? "")}` };
    }
  },
};
