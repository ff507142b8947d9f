import { blockedBy } from "../trace/lock-modes.ts";
import type { CheckRule } from "./rule.ts";
import { kindOf, named } from "./words.ts";

/** Statements that are meant to replace all rows; other rules judge them. */
const REPLACING = new Set(["TruncateStmt", "RefreshMatViewStmt"]);

export const rewritesTable: CheckRule = {
  id: "rewrites-table",
  group: "safety",
  title: "Rewrites table",
  why: "Every row is written anew while nobody can read or write the table, and the disk needs room for a second copy of it.",
  recipe: `ALTER TABLE <table> ADD COLUMN <new> <type>;
-- keep it current with a trigger, fill it in batches, then in a later migration:
ALTER TABLE <table> RENAME COLUMN <old> TO <unused>;
ALTER TABLE <table> RENAME COLUMN <new> TO <old>;`,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ALTER COLUMN n TYPE bigint" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid()" },
      { given: "CREATE TABLE t (n int)", sql: "DO $$ BEGIN ALTER TABLE t ALTER n TYPE bigint; END $$" },
    ],
    good: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD COLUMN at timestamptz DEFAULT now()" },
      { given: "CREATE TABLE t (v varchar(10))", sql: "ALTER TABLE t ALTER COLUMN v TYPE text" },
      { sql: "CREATE TABLE t (n int); ALTER TABLE t ALTER COLUMN n TYPE bigint" },
    ],
  },
  *find({ statements }) {
    for (const statement of statements) {
      if (REPLACING.has(kindOf(statement) ?? "")) continue;
      for (const { rewritten, before, lock } of statement.touches) {
        if (rewritten) yield { statement, message: `all of ${named(before)}; blocks ${blockedBy(lock)} until COMMIT` };
      }
    }
  },
};
