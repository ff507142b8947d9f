import { alterCommands, bodyOf, kindOf, textAt } from "../parse-tree/node.ts";
import { isDefaultRead, longScans, newConstraints, newlyRequired, newPlainIndexes } from "../trace/definition-work.ts";
import { blockedBy, stronger } from "../trace/lock-modes.ts";
import { isOpaque } from "../trace/row-work.ts";
import type { Touch, TracedStatement } from "../trace/trace.ts";
import { CHECK_LATER, EXCLUSION, FOR_CLIENTS, INDEX_FIRST, KEY_LATER, REQUIRED_LATER } from "./recipes.ts";
import type { CheckRule } from "./rule.ts";
import { namedAll, until } from "./words.ts";

const RECIPES = {
  constraint: CHECK_LATER,
  required: REQUIRED_LATER,
  unique: INDEX_FIRST,
  key: KEY_LATER,
  exclusion: EXCLUSION,
  validate: `-- VALIDATE CONSTRAINT in a file of its own: a lock of an earlier statement is held until COMMIT.
ALTER TABLE <table> VALIDATE CONSTRAINT <name>;`,
  attach: `ALTER TABLE <partition> ADD CONSTRAINT <name> CHECK (<key> IS NOT NULL AND <bounds>) NOT VALID;
-- in a later file:
ALTER TABLE <partition> VALIDATE CONSTRAINT <name>;
-- in a third file; the constraint is the proof, so that no row is read:
ALTER TABLE <table> ATTACH PARTITION <partition> FOR VALUES <bounds>;`,
  default: `ALTER TABLE <default partition> ADD CONSTRAINT <name> CHECK (NOT (<bounds of the new partition>)) NOT VALID;
-- in a later file:
ALTER TABLE <default partition> VALIDATE CONSTRAINT <name>;
-- in a third file; the constraint is the proof, so that no row is read:
CREATE TABLE <partition> PARTITION OF <table> FOR VALUES <bounds>;`,
  domain: `ALTER DOMAIN <domain> ADD CONSTRAINT <name> CHECK (<condition>) NOT VALID;  -- and leave it so: new values must fit`,
  validateDomain: `-- PostgreSQL cannot do this without keeping writes waiting. Leave the constraint NOT VALID: new values must fit.
-- To have all values checked, give each table a constraint of its own:
${CHECK_LATER}`,
} as const;

export const scansUnderLock: CheckRule = {
  id: "scans-under-lock",
  group: "safety",
  title: "Scans under lock",
  dependsOnSize: true,
  why: "PostgreSQL reads every row of the table to check or index it. Until that has ended, writes to the table wait, and mostly reads too.",
  recipe: RECIPES.constraint,
  examples: {
    bad: [
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ALTER COLUMN n SET NOT NULL" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD CHECK (n > 0)" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD UNIQUE (n)" },
      {
        given: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (n int)",
        sql: "ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES p",
      },
      {
        given: "CREATE TABLE t (n int)",
        sql: "ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c",
      },
      {
        given: "CREATE TABLE t (n int) PARTITION BY LIST (n); CREATE TABLE t0 PARTITION OF t DEFAULT",
        sql: "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)",
      },
      { given: "CREATE DOMAIN d AS int; CREATE TABLE t (n d)", sql: "ALTER DOMAIN d ADD CHECK (VALUE > 0)" },
    ],
    good: [
      { given: "CREATE TABLE t (n int, CHECK (n IS NOT NULL))", sql: "ALTER TABLE t ALTER COLUMN n SET NOT NULL" },
      { given: "CREATE TABLE t (n int)", sql: "ALTER TABLE t ADD CHECK (n > 0) NOT VALID" },
      {
        given: "CREATE TABLE t (n int); ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0) NOT VALID",
        sql: "ALTER TABLE t VALIDATE CONSTRAINT c",
      },
      {
        given: "CREATE TABLE t (n int); CREATE UNIQUE INDEX t_n ON t (n)",
        sql: "ALTER TABLE t ADD CONSTRAINT t_n UNIQUE USING INDEX t_n",
      },
      { given: "CREATE TABLE p (id int PRIMARY KEY)", sql: "CREATE TABLE t (p int REFERENCES p)" },
    ],
  },
  *find(file) {
    for (const statement of file.statements) {
      if (["IndexStmt", "ReindexStmt"].includes(kindOf(statement) ?? "")) continue;
      const scans = longScans(statement).filter((touch) => blockedBy(touch.lock) && !isPlainIndex(statement, touch));
      if (scans.length === 0) continue;
      const message = `${wordsFor(scans)}; ${blockedFor(scans)} wait ${until(file, statement)}`;
      yield { statement, message, recipe: recipeFor(statement, scans) };
    }
  },
};

/** An index that a function or a DO block builds is found by blocks-writes. */
function isPlainIndex(statement: TracedStatement, touch: Touch): boolean {
  const more = newConstraints(touch).length + newlyRequired(touch).length;
  return isOpaque(statement) && newPlainIndexes(touch).length > 0 && more === 0;
}

function wordsFor(scans: readonly Touch[]): string {
  const table = namedAll(scans.map(({ before }) => before));
  const isIndexed = scans.some((touch) =>
    newConstraints(touch).some(({ index }) => index !== 0 && !touch.before.indexes.some(({ oid }) => oid === index)),
  );
  return isIndexed ? `builds an index on all rows of ${table}` : `reads all rows of ${table}`;
}

function blockedFor(scans: readonly Touch[]): string {
  const lock = scans.map(({ lock }) => lock).reduce(stronger, undefined);
  return (lock && blockedBy(lock)) ?? "reads and writes";
}

function recipeFor(statement: TracedStatement, scans: readonly Touch[]): string {
  const kind = kindOf(statement);
  if (kind === "CreateStmt") return RECIPES.default;
  if (kind === "AlterDomainStmt") {
    return textAt(bodyOf(statement), "subtype") === "V" ? RECIPES.validateDomain : RECIPES.domain;
  }
  const subtypes = new Set(alterCommands(statement).map((command) => textAt(command, "subtype")));
  if (subtypes.has("AT_AttachPartition")) return isDefaultRead(statement, scans) ? RECIPES.default : RECIPES.attach;
  if (subtypes.has("AT_ValidateConstraint")) return RECIPES.validate;
  const kinds = new Set(scans.flatMap((touch) => newConstraints(touch).map((constraint) => constraint.kind)));
  // A changed collation builds the indexes of constraints again.
  if (kinds.size > 0 && subtypes.has("AT_AlterColumnType") && !subtypes.has("AT_AddConstraint"))
    return FOR_CLIENTS.type;
  if (kinds.has("p")) return RECIPES.key;
  if (kinds.has("u")) return RECIPES.unique;
  if (kinds.has("x")) return RECIPES.exclusion;
  if (kinds.size === 0 && scans.some((touch) => newlyRequired(touch).length > 0)) return RECIPES.required;
  if (kinds.size === 0 && subtypes.has("AT_AlterColumnType")) return FOR_CLIENTS.type;
  return RECIPES.constraint;
}
